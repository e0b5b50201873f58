"""What does the new edition of a contract say otherwise, and whom does that break?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.comparing.essence import key, plain
from conformance.comparing.promising import promise_changes
from conformance.comparing.requesting import request_changes
from conformance.contract.clauses import clauses_by_id
from conformance.contract.model import Contract, Document
from conformance.results.difference import Change, ContractDifference, Edition

__all__ = ["differences", "says_otherwise"]

_ORDER = {"breaking": 0, "widening": 1, "neutral": 2}


def differences(old: Contract, new: Contract) -> ContractDifference:
    """
    Everything that the new contract says otherwise, what breaks first; nothing for a contract and itself.

    Both are of the same vendor.
    """
    requests = request_changes(old, new)
    told = frozenset(name for change in requests for name in change.clauses)
    changes = [*requests, *promise_changes(old, new, told), *_around(old, new)]
    if not changes and key(plain(old)) != key(plain(new)):
        changes.append(_neutral("contract", "says something else that no clause shows"))
    changes += _resting_elsewhere(old, new)
    return ContractDifference(
        old=_edition(old),
        new=_edition(new),
        same_pages=_pages(old) == _pages(new),
        changes=tuple(sorted(changes, key=lambda c: (_ORDER[c.effect], c.operation))),
    )


def says_otherwise(difference: ContractDifference) -> frozenset[str]:
    """The clauses that the new contract states otherwise, has or has no longer; not those that merely rest elsewhere."""
    return frozenset(name for c in difference.changes for name in c.clauses if c.what != _ELSEWHERE)


def _edition(contract: Contract) -> Edition:
    return Edition(
        vendor=contract.vendor,
        file=contract.file,
        digest=contract.digest,
        documents=contract.documents,
    )


def _pages(contract: Contract) -> set[tuple[str, str, bool]]:
    return {(d.url, d.seen, d.superseded) for d in contract.documents}


def _neutral(subject: str, what: str, old: str = "", new: str = "") -> Change:
    return Change(effect="neutral", operation="", subject=subject, what=what, old=old, new=new)


# --- what stands around the clauses


def _around(old: Contract, new: Contract) -> Iterator[Change]:
    if old.base_url != new.base_url:
        yield Change(
            effect="breaking",
            operation="",
            subject="base_url",
            what="is another address",
            old=old.base_url,
            new=new.base_url,
        )
    yield from _meters(old, new)
    yield from _documents(old, new)
    yield from _listed("dispute", _disputes(old), _disputes(new))
    for word in ("questions", "conflicts", "notes"):
        was, now = ({each.about: key(each) for each in getattr(c, word)} for c in (old, new))
        yield from _listed(word.removesuffix("s"), was, now)


def _meters(old: Contract, new: Contract) -> Iterator[Change]:
    was, now = set(old.charging.meter), set(new.charging.meter)
    for operation, path in sorted(was ^ now):
        gone = (operation, path) in was
        yield Change(
            effect="breaking" if gone else "widening",
            operation=operation,
            subject=path,
            what="no longer shows what was charged" if gone else "shows what was charged",
        )


def _documents(old: Contract, new: Contract) -> Iterator[Change]:
    was, now = ({d.id: d for d in c.documents} for c in (old, new))
    for name in dict.fromkeys([*was, *now]):
        before, after = was.get(name), now.get(name)
        if before is None or after is None:
            yield _neutral(f"document {name}", "is new" if before is None else "is there no longer")
        elif _seen(before) != _seen(after):
            yield _neutral(f"document {name}", "is another edition", _seen(before), _seen(after))


def _seen(document: Document) -> str:
    superseded = ", superseded" if document.superseded else ""
    return f"{document.url}, seen {document.seen}{superseded}"


def _disputes(contract: Contract) -> dict[str, str]:
    return {d.name: key([a.value for a in d.alternatives]) for d in contract.disputes}


def _listed(kind: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            what = (
                "is new" if name not in was else "is settled" if name not in now else "is another"
            )
            yield _neutral(f"{kind} about {name}" if kind != "dispute" else f"dispute {name}", what)


_ELSEWHERE = "on other pages, or in other sections, now"


def _resting_elsewhere(old: Contract, new: Contract) -> Iterator[Change]:
    """The clauses whose statement is the same, and which stand elsewhere now: one change for all of them."""
    before, after = clauses_by_id(old), clauses_by_id(new)
    moved = [n for n in before if n in after and _where(before[n]) != _where(after[n])]
    if moved:
        yield Change(
            effect="neutral",
            operation="",
            subject=f"{len(moved)} clause{'s' if len(moved) > 1 else ''}",
            what=_ELSEWHERE,
            clauses=tuple(moved),
        )


def _where(clause: Any) -> set[tuple[str, str]]:
    return {(s.document, s.section) for s in clause.sources}
