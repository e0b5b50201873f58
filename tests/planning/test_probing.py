from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.loading import contract_names, load_contract
from conformance.contract.model import Contract
from conformance.planning.plan import make_plan
from conformance.planning.probing import Probing, probing_of
from conformance.results.cases import Case
from tests.run.toy import TEXT, toy

ASKING = """
questions:
  - about: size
    question: What does an omitted size mean?
    source: d#x
    probe: {name: size-omitted, leave_out: [size], see: [answer, pixels]}
  - about: tone
    question: What does each tone look like?
    source: d#x
    probe: {name: tones, set: {style: bold}, vary: tone, see: [pixels]}
  - about: body
    question: How is half a body answered?
    source: d#x
    probe: {name: half, raw: "{", refused: true}
  - about: result
    question: What is delivered?
    source: d#x
    probe: {name: type, see: [type]}
  - {about: speed, question: How fast is it?, source: d#x}
"""


def probing(contract: Contract) -> Probing:
    return probing_of(contract, make_plan(contract))


def cases(found: Probing) -> dict[str, Case]:
    return {case.id: case for case in found.plan.cases}


def sent(case: Case) -> Any:
    return case.send.body


@pytest.fixture
def asked() -> Probing:
    return probing(toy(TEXT + ASKING))


def test_what_a_question_sets_and_leaves_out_is_sent(asked: Probing) -> None:
    plain = sent(asked.plan.cases[0])
    omitted = sent(cases(asked)["probe:size-omitted"])
    assert "size" not in omitted
    assert {**plain, "size": None}.keys() - omitted.keys() == {"size"}


def test_a_field_is_varied_over_its_values(asked: Probing) -> None:
    probe = next(p for p in asked.probes if p.id == "tones")
    assert probe.values == ("style bold, tone warm", "style bold, tone cold")
    assert [sent(cases(asked)[name])["tone"] for name in probe.cases] == ["warm", "cold"]
    assert {sent(cases(asked)[name])["style"] for name in probe.cases} == {"bold"}


def test_what_is_expected_to_be_refused_is_free(asked: Probing) -> None:
    half = cases(asked)["probe:half"]
    assert (half.send.raw, half.send.body, half.expect) == (b"{", None, "refused")
    assert cases(asked)["probe:size-omitted"].expect == "either"


def test_what_the_plain_creation_answers_is_not_sent_again(asked: Probing) -> None:
    probe = next(p for p in asked.probes if p.id == "type")
    assert probe.cases == (asked.plan.cases[0].id,)


def test_a_question_without_a_probe_is_not_asked(asked: Probing) -> None:
    assert [p for p in asked.probes if p.about == "speed"] == []


def test_any_contract_is_asked_about_unknown_fields_and_other_spellings() -> None:
    found = cases(probing(toy()))
    assert sent(found["probe:unknown-field"])["x_conformance_unknown"] == "1"
    assert sent(found["probe:case.size"])["size"] == "S"


def test_combinations_that_are_listed_nowhere_are_tried() -> None:
    rule = """    rules:
      pairs: {unsaid: true, says: Only some are permitted., when: {size: {enum: [m, l]}, tone: {present: true}}, source: d#x}
    reply:
      id:"""
    found = probing(toy(**{"    reply:\n      id:": rule}))
    probe = next(p for p in found.probes if p.id == "unsaid.pairs")
    pairs = [(sent(cases(found)[n])["size"], sent(cases(found)[n])["tone"]) for n in probe.cases]
    assert pairs == [("m", "warm"), ("m", "cold"), ("l", "warm"), ("l", "cold")]


def test_which_of_several_statuses_is_used_is_asked_of_a_refusal_of_the_plan() -> None:
    second = '    "422": {means: bad, causes: [bad-parameter], operations: [create], source: d#x}\n    "401":'
    found = probing(toy(**{'    "401":': second}))
    probe = next(p for p in found.probes if p.id == "status.create.bad-parameter")
    assert probe.question.endswith("Documented: HTTP 400 or HTTP 422.")
    assert cases(found)[probe.cases[0]].breaks is not None


@pytest.mark.parametrize("vendor", contract_names())
def test_the_probes_of_every_vendor_are_few_and_plain(vendor: str) -> None:
    contract = load_contract(vendor)
    found = probing(contract)
    ids = [p.id for p in found.probes]
    assert len(ids) == len(set(ids))
    assert {name for p in found.probes for name in p.cases} <= cases(found).keys()
    paid = [c for c in found.plan.cases if c.operation == "create" and c.expect != "refused"]
    assert len(paid) <= 16
    assert json.dumps([sent(c) for c in paid])
    assert all(c.breaks is None and not c.features for c in paid if c.id.startswith("probe:"))
