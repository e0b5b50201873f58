"""Which form does a refusal have where no page names its cause?"""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.model import Envelope, ErrorRow, Operation, ReplyField
from conformance.simulator.refusals import Refusals
from tests.compilers.toys import contract

PLAIN = Envelope(name="plain", fields=(ReplyField(path="error", types=("string",)),))
FLAG = Envelope(name="flag", fields=(ReplyField(path="message", types=("string",)),))


def test_it_is_the_one_of_the_operations_own_errors_of_that_status() -> None:
    upload = Operation(name="upload", method="POST", path="/up")
    toy = contract()
    own = ErrorRow(status=400, causes=("moderation",), operations=("upload",), envelope="flag")
    vendor = replace(
        toy, operations=(*toy.operations, upload), envelopes=(PLAIN, FLAG), errors=(own,)
    )
    refusal = Refusals(vendor, {}).refuse("upload", "bad-json", "no form", about="form", values={})
    assert refusal.status == 400
    assert set(refusal.document) == {"message"}
