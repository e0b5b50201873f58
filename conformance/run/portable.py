"""Which requests does every one of several vendors take, and which tell two of them apart, as their simulators bear out?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

from conformance.client.answers import Prepared
from conformance.client.preparing import Attempt, Preparer
from conformance.contract.model import Contract, Field
from conformance.contract.resolution import fields_for, settle
from conformance.judging.outcomes import classify
from conformance.results.cases import Send
from conformance.results.portable import NO_LIMIT, Portable, Request, Spelled, Witness
from conformance.run.requests import wire_request
from conformance.run.targets import Endpoint, embedded_target
from conformance.run.wishes import combined, is_plain, limits_of, wishes
from conformance.wire.exchange import Exchange

__all__ = ["find_portable"]

_KEY = "test-key"
_TIMEOUT_S = 60.0
_BODY_BYTES = 1024 * 1024
_MOST_PAIRS = 20_000

_LONG = 100
"""Characters of a text that is taken by whoever takes anything."""

_Words = Mapping[str, Any]


def find_portable(contracts: Sequence[Contract]) -> Portable:
    """
    The portable subset of at least two vendors: every value that one of them documents is put to all, then pairs.

    What is listed was sent to the embedded simulator of each vendor, which validates by itself.
    """
    vendors = [_Vendor(contract) for contract in contracts]
    singles = wishes(contracts)
    taken = [words for words in singles if all(v.takes(words) for v in vendors)]
    limits = limits_of(taken)
    accepted = [words for words in taken if is_plain(words, limits)]
    pairs = [w for w, _ in zip(combined(accepted), range(_MOST_PAIRS), strict=False)]
    both = [words for words in pairs if all(v.takes(words) for v in vendors)]
    requests = [
        Request(words=w, spelled=tuple(v.spelled(w) for v in vendors)) for w in (*accepted, *both)
    ]
    witnesses = [_witness(one, other, singles) for one, other in permutations(vendors, 2)]
    found = Portable(
        vendors=tuple(c.vendor for c in contracts),
        requests=tuple(requests),
        limits=limits,
        witnesses=tuple(witnesses),
        tried=len(singles) + len(pairs),
    )
    return asyncio.run(_verified(found, {v.contract.vendor: v for v in vendors}))


class _Vendor:
    """One vendor, asked in the words of all its pages, and in those of each."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._any = Preparer(contract)
        self._pages = {
            f"{d.name}={a.name}": Preparer(contract, {d.name: a.name})
            for d in contract.disputes
            for a in d.alternatives
        }
        self._attempts: dict[str, Attempt] = {}

    def attempt(self, words: _Words) -> Attempt:
        """What comes of it in the words of the page that suits it best."""
        name = repr(words)
        if name not in self._attempts:
            self._attempts[name] = self._any.attempt(words)
        return self._attempts[name]

    def _is_bounded(self, prepared: Prepared) -> bool:
        """Whether the documents name a limit for whatever is long: where they name none, nobody knows it."""
        create = settle(self.contract, prepared.dialect).operation("create")
        assert create is not None  # the request is one
        fields = fields_for(create, prepared.model)
        return all(_limited(fields[path], value) for path, value in prepared.request.items())

    def takes(self, words: _Words) -> bool:
        """Whether the documents permit all of it; what they leave open is not portable."""
        return self.attempt(words).standing == "permitted"

    def surely_takes(self, words: _Words) -> bool:
        """Whether they also name a limit for each number in it, that is not exceeded."""
        attempt = self.attempt(words)
        permitted = attempt.standing == "permitted" and attempt.prepared is not None
        return permitted and self._is_bounded(attempt.prepared)  # type: ignore[arg-type]  # it is there

    def spelled(self, words: _Words) -> Spelled:
        """The request, and the pages that would forbid it."""
        attempt = self.attempt(words)
        doubtful = (
            name
            for name, page in self._pages.items()
            if attempt.standing == "permitted" and page.attempt(words).standing != "permitted"
        )
        prepared = attempt.prepared
        unlimited = attempt.standing == "permitted" and not self.surely_takes(words)
        return Spelled(
            vendor=self.contract.vendor,
            standing=attempt.standing,
            body=prepared.body if prepared else {},
            model=prepared.model if prepared else "",
            doubtful_on=(*doubtful, *((NO_LIMIT,) if unlimited else ())),
            clause=attempt.clause,
            why=attempt.why,
        )


def _limited(field: Field, value: Any) -> bool:
    """Whether a limit is documented for a value that is long, or large."""
    if {"enum", "const"} & set(field.schema):
        return True
    if isinstance(value, str):
        return len(value) <= _LONG or "maxLength" in field.schema
    if isinstance(value, list):
        return len(value) <= 1 or "maxItems" in field.schema
    return field.role != "count" or value == 1 or "maximum" in field.schema


def _witness(taker: _Vendor, other: _Vendor, singles: Sequence[_Words]) -> Witness:
    """The plainest request that tells them apart: one that is refused rather than one that cannot be said."""
    mine = [words for words in singles if taker.surely_takes(words)]
    tried = 0
    unsaid: _Words | None = None
    for words in _plainest_first(mine):
        tried += 1
        standing = other.attempt(words).standing
        if standing == "forbidden":
            return _told_apart(taker, other, words, tried)
        if standing == "unsaid" and unsaid is None:
            unsaid = words
    return _told_apart(taker, other, unsaid, tried)


def _plainest_first(mine: Sequence[_Words]) -> Iterable[_Words]:
    yield from mine
    picture = [w for w in mine if {"aspect_ratio", "resolution", "size", "images"} & set(w)]
    yield from combined(picture)


def _told_apart(taker: _Vendor, other: _Vendor, words: _Words | None, tried: int) -> Witness:
    found = Witness(
        taken_by=taker.contract.vendor, refused_by=other.contract.vendor, words=words, tried=tried
    )
    if words is None:
        return found
    return replace(found, taken=taker.spelled(words), refused=other.spelled(words))


# --- asking the simulators


async def _verified(found: Portable, vendors: Mapping[str, _Vendor]) -> Portable:
    """The same, with what each simulator answers."""
    asker = _Asker(vendors)
    try:
        requests = [
            replace(r, spelled=tuple([await asker.verified(r.words, s) for s in r.spelled]))
            for r in found.requests
        ]
        witnesses = [
            w
            if w.words is None or w.taken is None or w.refused is None
            else replace(
                w,
                taken=await asker.verified(w.words, w.taken),
                refused=await asker.verified(w.words, w.refused),
            )
            for w in found.witnesses
        ]
    finally:
        await asker.aclose()
    return replace(found, requests=tuple(requests), witnesses=tuple(witnesses))


class _Asker:
    """Keeps a simulator of each vendor, in each dialect that a request is said in."""

    def __init__(self, vendors: Mapping[str, _Vendor]) -> None:
        self._vendors = vendors
        self._endpoints: dict[tuple[str, tuple[tuple[str, str], ...]], Endpoint] = {}

    async def verified(self, words: _Words, spelled: Spelled) -> Spelled:
        vendor = self._vendors[spelled.vendor]
        prepared = vendor.attempt(words).prepared
        if prepared is None:
            return spelled
        expected = "accepted" if spelled.standing == "permitted" else "refused"
        return replace(spelled, verified=await self._kind(vendor.contract, prepared) == expected)

    async def _kind(self, contract: Contract, prepared: Prepared) -> str:
        endpoint = self._endpoint(contract, prepared.dialect)
        send = Send(
            operation="create",
            method=prepared.method,
            path=prepared.path,
            headers=prepared.headers,
            body=dict(prepared.body),
        )
        request = wire_request(contract, send, base_url=endpoint.base_url, key=_KEY)
        reply = await endpoint.transport.send(
            request, timeout_s=_TIMEOUT_S, max_body_bytes=_BODY_BYTES
        )
        exchange = Exchange(id="e1", case="portable", phase="create", request=request, reply=reply)
        return classify(contract, "create", exchange).kind

    def _endpoint(self, contract: Contract, dialect: Mapping[str, str]) -> Endpoint:
        name = (contract.vendor, tuple(sorted(dialect.items())))
        if name not in self._endpoints:
            self._endpoints[name] = embedded_target(contract, key=_KEY, choices=dialect)
        return self._endpoints[name]

    async def aclose(self) -> None:
        for endpoint in self._endpoints.values():
            if endpoint.receiver is not None:
                await endpoint.receiver.aclose()
            await endpoint.transport.aclose()
