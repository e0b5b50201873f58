"""How is a result fetched, without the key and within a bound?"""

from __future__ import annotations

from urllib.parse import urljoin

from conformance.client.steps import Ask, Flow, Sleep
from conformance.client.terms import Terms
from conformance.errors import DownloadFailed
from conformance.wire.addresses import is_loopback, why_not_fetched
from conformance.wire.exchange import Reply, Request, header

__all__ = ["fetch"]

_ATTEMPTS = 4
_HOPS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


def fetch(
    terms: Terms, url: str, *, deadline_s: float, max_bytes: int, task_id: str = ""
) -> Flow[bytes]:
    """
    The bytes at the URL of a result. Redirects are followed, to public addresses only.

    Raises:
        DownloadFailed: They cannot be had, are too many, or the address is not one to ask.
    """
    here = urljoin(f"{terms.base_url}/", url)
    for _ in range(_HOPS):
        reason = why_not_fetched(here, loopback_target=is_loopback(terms.base_url))
        if reason:
            raise DownloadFailed(f"{url} is not fetched: {reason}", url=url, task_id=task_id)
        reply = yield from _patiently(terms, here, url, deadline_s, max_bytes, task_id)
        location = header(reply.headers, "location") if reply.status in _REDIRECTS else None
        if location is None:
            return _checked(reply, url, max_bytes, task_id)
        here = urljoin(here, location)
    raise DownloadFailed(f"{url}: more than {_HOPS} redirects", url=url, task_id=task_id)


def _patiently(  # one download
    terms: Terms, here: str, url: str, deadline_s: float, max_bytes: int, task_id: str
) -> Flow[Reply]:
    """A GET, repeated when it meets trouble that passes."""
    why, status = "time ran out", None
    for times in range(1, _ATTEMPTS + 1):
        left_s = deadline_s - terms.now()
        if left_s <= 0:
            break
        answer = yield Ask(
            request=Request(method="GET", url=here, headers=(("Accept", "image/*, */*;q=0.5"),)),
            timeout_s=left_s,
            max_body_bytes=max_bytes,
            keyed=False,
        )
        assert answer is not None  # what an `Ask` is answered with
        reply = answer.reply
        if reply is not None and reply.status != 429 and reply.status < 500:
            return reply
        why = answer.failure or f"answered {reply.status}" if reply else answer.failure
        status = reply.status if reply else None
        wait_s = terms.wait_s(reply, times)
        if times == _ATTEMPTS or terms.now() + wait_s >= deadline_s:
            break
        yield Sleep(seconds=wait_s)
    raise DownloadFailed(f"{url} cannot be fetched: {why}", url=url, status=status, task_id=task_id)


def _checked(reply: Reply, url: str, max_bytes: int, task_id: str) -> bytes:
    if reply.status != 200:
        gone = " (it may have expired)" if reply.status in (403, 404, 410) else ""
        raise DownloadFailed(
            f"{url} was answered {reply.status}{gone}",
            url=url,
            status=reply.status,
            task_id=task_id,
        )
    if reply.truncated:
        raise DownloadFailed(
            f"{url} has more than {max_bytes} bytes", url=url, status=200, task_id=task_id
        )
    return reply.body
