"""Money at a target that may misbehave: caps hold, and lines of probing end where money is taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.caps import caps_held
from conformance.results.cases import Cost, Witness
from conformance.results.outcome import Target
from conformance.wire.exchange import Reply, Request
from tests.run.toy import (
    TEXT,
    Done,
    Vendor,
    creation,
    done,
    endpoint,
    on_create,
    prompt_of,
    refusal,
    reply,
    toy,
)

FAR = Target(kind="live", base_url="https://toy.example", loopback=False)

BALANCE = {
    "  status:\n    http": """  balance:
    http: GET /balance
    source: d#x
    success: {status: [200], source: d#x}
    reply:
      left: {type: number, role: balance, source: d#x}
  status:
    http"""
}


def live(vendor: Vendor, *cases: Any, **more: Any) -> Done:
    return done(vendor, *cases, target=endpoint(vendor, target=FAR), **more)


def test_no_cap_is_exceeded_by_a_vendor_that_does_what_it_likes() -> None:
    """A sample of `python -m benchmarks caps`: the vendor's own books are looked into after each request."""
    told = caps_held(1500, seed=3)

    assert told.kills > 15
    assert told.at_the_cap > 10


def about(name: str, clause: str, **changes: Any) -> Any:
    broken = Witness(clause=clause, value=f"refuses {name}")
    return refusal(name, breaks=broken, witnesses=(broken,), **changes)


def test_a_clause_for_which_money_was_taken_is_not_probed_any_further() -> None:
    vendor = Vendor(accepts_all=True)
    size, prompt = "toy.create.size.enum", "toy.create.prompt.maxLength"
    cases = (about("a", size), about("b", size), about("c", prompt), about("d", size))

    run = live(vendor, creation("plain"), *cases)

    assert [prompt_of(r) for r in vendor.creates] == ["plain", "a", "c"]
    assert set(run.record.unsent) == {"b", "d"}
    assert run.verdicts[size].verdict == "violates"
    assert any("a was accepted though it breaks" in note for note in run.record.notes)


def test_on_this_machine_every_line_is_followed_to_its_end() -> None:
    vendor = Vendor(accepts_all=True)
    size = "toy.create.size.enum"

    run = done(vendor, creation("plain"), about("a", size), about("b", size))

    assert len(vendor.creates) == 3
    assert not run.record.unsent


def test_what_fails_later_where_that_is_permitted_ends_no_line() -> None:
    vendor = Vendor(accepts_all=True)
    made = vendor.status
    failing = [reply(200, {"state": "failed"})]
    vendor.status = lambda name: made(name) if name == "t1" else failing[0]  # type: ignore[method-assign]  # a vendor that refuses late
    size = "toy.create.size.enum"
    late = {"expect": "refused-or-failed", "refused_at": "anywhere"}
    cases = [replace(about(name, size), **late) for name in "abcde"]

    run = live(vendor, creation("plain"), *cases)

    assert len(vendor.creates) == 6
    assert not run.record.unsent


def test_a_creation_without_a_price_may_cost_what_the_dearest_does() -> None:
    vendor = Vendor()
    unpriced = [creation(name, cost=Cost(), worst_cost=Cost()) for name in ("first", "second")]

    run = done(vendor, creation("plain"), *unpriced, budget=5)

    assert [prompt_of(r) for r in vendor.creates] == ["plain", "first"]
    assert run.record.capped == {"second"}


def test_the_balance_is_asked_for_before_and_after_what_costs_money() -> None:
    contract = toy(TEXT, **BALANCE)
    left = [100.0, 91.5]

    def before(request: Request) -> Reply | None:
        return reply(200, {"left": left.pop(0)}) if request.url.endswith("/balance") else None

    vendor = Vendor(before=before)
    run = live(vendor, creation("one"), contract=contract)

    assert vendor.seen[0].url.endswith("/balance")
    assert not left
    (note,) = [n for n in run.record.notes if "balance" in n]
    assert note.startswith("the balance was 100 before the run and is 91.5 after it: 8.5 less")
    assert "2 credits" in note


def test_a_balance_on_this_machine_is_nobodys_money() -> None:
    vendor = Vendor()
    done(vendor, creation("one"), contract=toy(TEXT, **BALANCE))
    assert not any(r.url.endswith("/balance") for r in vendor.seen)


def test_an_unlimited_balance_tells_nothing() -> None:
    vendor = Vendor(
        before=lambda r: reply(200, {"left": -1}) if r.url.endswith("/balance") else None
    )
    run = live(vendor, creation("one"), contract=toy(TEXT, **BALANCE))
    assert not [n for n in run.record.notes if "balance" in n]


def test_a_busy_vendor_is_asked_by_fewer_at_a_time() -> None:
    """409 for too many tasks and 429 alike; what they ask for is waited for, within a bound."""
    throttled = reply(429, {"error": "too fast"}, Retry_After="99999")
    vendor = Vendor(before=on_create("one", throttled, None))
    target = endpoint(vendor, target=FAR)

    done(vendor, creation("one"), target=target)

    assert max(target.clock.slept) == 60.0  # type: ignore[attr-defined]  # the tests' own clock
