"""
Every kind of clause is silent on the faithful simulator and speaks on the miniature that breaks it.

A miniature is the simulator with one named deviation: it answers wrongly in exactly one way.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.contract.clauses import derive_clauses
from conformance.contract.loading import load_contract
from conformance.contract.model import Contract
from conformance.run.check import run_check
from conformance.run.targets import embedded_target
from tests.hand.checking import accused, unsettled

TOYS = Path(__file__).parent.parent / "suite" / "toys"

# kind, vendor or toy, deviation, the clauses it breaks (several only where operations share what is broken)
MINIATURES = [
    ("required", "gptimage2api", "accept=prompt:required", {"create.prompt.required"}),
    ("type", "aigptimage", "accept=input.prompt:type", {"create.input.prompt.type"}),
    ("enum", "aigptimage", "accept=input.resolution:enum", {"create.input.resolution.enum"}),
    ("enum", "aigptimage", "refuse=input.resolution=2K", {"create.input.resolution.enum"}),
    (
        "limit",
        "gptimage2api",
        "accept=negativePrompt:maxLength",
        {"create.negativePrompt.maxLength"},
    ),
    ("format", "rules", "accept=images:items", {"create.images.items"}),
    ("rule", "aigptimage", "accept-rule=no-4k-square", {"create.rule.no-4k-square"}),
    ("rule", "rules", "accept-rule=not-both", {"create.rule.not-both"}),
    ("rule", "rules", "accept-rule=mask-needs-images", {"create.rule.mask-needs-images"}),
    ("default", "rules", "default=quality=final", {"create.quality.default"}),
    ("alias", "aigptimage", "alias-dead=input.image_urls", {"create.input.image_urls.alias"}),
    ("ignored", "rules", "refuse=style", {"create.style.ignored"}),
    ("passthrough", "gptimage2api", "refuse=providerInput", {"create.providerInput.passthrough"}),
    ("model", "gptimage2api", "refuse=model=nano-banana-2", {"create.model.enum"}),
    ("auth", "aigptimage", "skip-auth=status", {"status.auth"}),
    ("status", "gptimage2api", "status=bad-parameter=418", {"create.error.400"}),
    ("status", "aigptimage", "success=create=201", {"create.status.200"}),
    ("error", "aigptimage", "drop=error:create:msg", {"create.error.msg"}),
    ("reply", "aigptimage", "drop=status:data.createTime", {"status.reply.data.createTime"}),
    ("reply", "integers", "wrong-task-echo", {"status.reply.job.id.echo"}),
    ("reply", "aigptimage", "time-unit", None),
    ("state", "aigptimage", "state-unknown=drawing", {"status.state.enum"}),
    ("state", "aigptimage", "terminal-left", {"status.state.terminal"}),
    ("result", "gptimage2api", "result-404", {"result.url"}),
    ("pixels", "aigptimage", "pixels=swapped", {"result.pixels.ratio"}),
    ("pixels", "aigptimage", "pixels=tier-ignored", {"result.pixels.tier"}),
    ("picture", "aigptimage", "picture-corrupt", {"result.picture"}),
    ("picture", "pixels", "picture-type", {"result.picture"}),
    ("charge", "gptimage2api", "not-refunded", {"status.charge.refund"}),
    ("idempotency", "aigptimage", "idempotency-ignored", {"create.idempotency.same-request"}),
    ("idempotency", "pixels", "other-body=same-task", {"create.idempotency.other-body"}),
    ("idempotency", "pixels", "replay-header-missing", {"create.idempotency.replay-header"}),
    ("callback", "called", "callback-missing", {"callback.callback.sent"}),
    ("callback", "called", "callback-missing=failed", {"callback.callback.sent"}),
    ("callback", "called", "callback-missing=succeeded", {"callback.callback.sent"}),
    ("callback", "called", "callback-method=PUT", {"callback.callback.sent"}),
    ("callback", "called", "callback-early", None),
    ("callback", "called", "callback-other-end", {"callback.reply.state"}),
    ("callback", "called", "callback-garbled", {"callback.contentType"}),
    ("callback", "called", "callback-header=content-type=text/plain", {"callback.contentType"}),
    ("callback", "called", "callback-header=x-toy-event=", {"callback.reply.$headers.X-Toy-Event"}),
    ("callback", "called", "callback-once", {"callback.callback.attempts"}),
    ("callback", "called", "callback-deaf", {"callback.callback.acknowledged"}),
    ("callback", "called", "set=callback:task=x", {"callback.reply.task.echo"}),
    ("callback", "called", "set=callback:style=other", {"callback.reply.style.echo"}),
    ("callback", "called", "set=callback:at=1795000000000", {"callback.reply.at.unit"}),
    ("callback", "called", "drop=callback:urls", {"callback.reply.urls.done"}),
    (
        "callback",
        "called",
        "add=callback:urls=[]",
        {"callback.reply.urls.done", "callback.reply.urls.done.only"},
    ),
    ("callback", "called", "retype=callback:why", {"callback.reply.why.no"}),
    ("type", "called", "refuse=hook", {"create.hook.type"}),
    ("callback", "signed", "callback-unsigned", {"callback.callback.signature"}),
    ("callback", "signed", "callback-secret", {"callback.callback.signature"}),
    ("callback", "signed", "callback-missing", {"callback.callback.sent"}),
    ("callback", "signed", "callback-method=POST", {"callback.callback.sent"}),
    ("callback", "toapis", "callback-unsigned", {"callback.callback.callback-signed"}),
    ("callback", "apipod", "callback-missing=failed", {"callback.callback.sent"}),
    ("expiry", "lasting", "expires-early", {"result.expiry"}),
    ("protocol", "gptimage2api", "path=status", {"status.path"}),
    ("protocol", "gptimage2api", "path=create", {"create.path"}),
]


def contract_named(name: str) -> Contract:
    """A vendor's contract, or a toy's."""
    toy = TOYS / f"{name}.yaml"
    return load_contract(toy if toy.exists() else name)


@pytest.mark.parametrize("toy", sorted(p.stem for p in TOYS.glob("*.yaml")))
def test_each_feature_of_the_format_is_silent_on_its_faithful_simulator(toy: str) -> None:
    contract = contract_named(toy)
    result = run_check(contract, embedded_target(contract))
    assert accused(result) == {}
    assert unsettled(result) == {}
    assert len(result.verdicts) == len(derive_clauses(contract))


@pytest.mark.parametrize(
    ("kind", "name", "deviation", "broken"),
    MINIATURES,
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_miniature_is_blamed_for_what_it_breaks(
    kind: str, name: str, deviation: str, broken: set[str] | None
) -> None:
    contract = contract_named(name)
    result = run_check(contract, embedded_target(contract, deviations=[deviation]))
    found = accused(result)
    kinds = {c.kind for c in derive_clauses(contract) if c.id in found}
    assert kind in kinds, found
    if broken is not None:
        assert {c.split(".", 1)[1] for c in found} == broken, found


def test_every_kind_that_can_be_tried_has_a_miniature() -> None:
    tried = {
        c.kind
        for name in ("aigptimage", "gptimage2api")
        for c in derive_clauses(load_contract(name))
        if not c.untestable
    }
    assert tried <= {kind for kind, *_ in MINIATURES}
