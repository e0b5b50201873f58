"""Which results are fetched, and how?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from urllib.parse import urljoin, urlsplit

from conformance.results.cases import Case
from conformance.results.replayed import NOT_RECORDED
from conformance.run.asking import NOT_KEPT
from conformance.run.session import Session
from conformance.wire.addresses import why_not_fetched
from conformance.wire.exchange import Exchange, Request, header
from conformance.wire.retrying import backoff_s, retry_after_s

__all__ = ["fetch_missed", "fetch_results"]

_NOT_ASKED = (NOT_RECORDED, NOT_KEPT)
_MOST = 16
_ATTEMPTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_HOPS = 5
_MASK = "[redacted"
_MOST_STILL_MISSED = 3
_SILENT = 2 * _ATTEMPTS
"""Downloads in a row from one host that never came to an end: no more of them are waited for."""


async def fetch_results(session: Session, case: Case, urls: Sequence[str]) -> dict[str, str]:
    """
    Fetch each result once, without the key.

    Returns:
        The URLs that were not fetched (no more of them than would be), with the reason.
    """
    left: dict[str, str] = {}
    for number, url in enumerate(islice(dict.fromkeys(urls), 2 * _MOST)):
        reason = (
            f"more than {_MOST} results" if number >= _MOST else await _fetch(session, case, url)
        )
        if reason:
            left[url] = reason
    return left


async def _fetch(session: Session, case: Case, url: str) -> str:
    for _ in range(_HOPS):
        url, reason = _resolved(session, url)
        if reason:
            return reason
        host = urlsplit(url).netloc
        if host in session.unreachable:
            return f"{host} cannot be reached"
        if session.silent.get(host, 0) >= _SILENT:
            return f"{host} ends none of its answers within our bounds"
        exchange = await _patiently(session, case, url)
        if exchange.failure in _NOT_ASKED:
            return exchange.failure or ""
        if exchange.failure == "connect":
            # Said once: a host that is not there is not waited for again with every picture.
            session.unreachable.add(host)
        if exchange.failure == "private":
            return f"{host} has an address that is not public"
        location = _redirected_to(exchange)
        if location is None:
            if _is_trouble(exchange) and exchange.failure != "connect":
                session.missed.append((case, url))
            return ""
        url = _joined(url, location)
    return f"more than {_HOPS} redirects"


async def fetch_missed(session: Session) -> None:
    """
    Trouble that passes has passed by the end of a run: what met nothing else is fetched once more.

    A few that still do not come tell as much as all of them.
    """
    missed, session.missed = session.missed, []
    session.silent.clear()
    for case, url in missed:
        if len(session.missed) < _MOST_STILL_MISSED:
            await _fetch(session, case, url)


def _resolved(session: Session, url: str) -> tuple[str, str]:
    """The absolute URL, and why it must not be fetched ("" where it may)."""
    whole = _joined(f"{session.endpoint.base_url}/", url)
    if session.past is not None and _MASK in url:
        return whole, "the record has its address without what was secret in it"
    return whole, why_not_fetched(whole, loopback_target=session.endpoint.target.loopback)


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return url


async def _patiently(session: Session, case: Case, url: str) -> Exchange:
    """A GET, which may be repeated when it meets trouble that passes."""
    request = Request(method="GET", url=url, headers=(("Accept", "image/*, */*;q=0.5"),))
    for attempt in range(1, _ATTEMPTS + 1):
        exchange = await session.asker.fetch(case.id, request)
        reply, host = exchange.reply, urlsplit(url).netloc
        session.silent[host] = session.silent.get(host, 0) + 1 if _is_silent(exchange) else 0
        if not _is_trouble(exchange) or exchange.failure in (NOT_RECORDED, "private"):
            break
        if attempt < _ATTEMPTS:
            wait_s = retry_after_s(reply) or backoff_s(attempt, session.rng)
            await session.sleep(wait_s, case.id, "download")
    return exchange


def _is_silent(exchange: Exchange) -> bool:
    beyond = exchange.picture is not None and exchange.picture.bounded
    return beyond or (exchange.reply is None and exchange.failure == "timeout")


def _is_trouble(exchange: Exchange) -> bool:
    reply = exchange.reply
    if exchange.failure == NOT_KEPT:
        return False
    return reply is None or reply.status == 429 or reply.status >= 500


def _redirected_to(exchange: Exchange) -> str | None:
    reply = exchange.reply
    if reply is None or reply.status not in _REDIRECTS:
        return None
    return header(reply.headers, "location")
