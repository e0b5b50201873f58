"""How is the portable subset of several vendors drawn, in a terminal, in Markdown and as JSON?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.reporting.markdown import code, escaped, table
from conformance.reporting.text import BLANK, Line, Span, line, plural
from conformance.results.portable import Portable, Request, Spelled, Witness, told_words

__all__ = ["PORTABLE_FORMAT", "portable_json", "portable_lines", "portable_markdown"]

PORTABLE_FORMAT = "conformance/portable@1"

_ALONE = 2  # words: the prompt, and one more

_HEAD = "what every one of them takes by its documents, each request borne out by the embedded simulators"


def portable_lines(found: Portable) -> list[Line]:
    """What all take, what all take by some of their pages, and what tells two of them apart."""
    lines = [line(Span(", ".join(found.vendors), "bold"), f": {_HEAD}; no vendor was contacted")]
    sure = [r for r in found.requests if r.is_sure]
    lines += [BLANK, line(Span(f"TAKEN BY ALL ({len(sure)})", "green"), indent=2)]
    lines += _listed(sure)
    doubtful = [r for r in found.requests if not r.is_sure]
    if doubtful:
        heading = f"TAKEN BY ALL, BUT NOT SURELY ON EVERY PAGE ({len(doubtful)})"
        lines += [BLANK, line(Span(heading, "yellow"), indent=2)]
        lines += _listed(doubtful)
    lines += [BLANK, line(Span("AT MOST", "bold"), f"  {_limits(found)}", indent=2), BLANK]
    lines.append(line(Span(f"WHAT TELLS THEM APART ({len(found.witnesses)})", "bold"), indent=2))
    for witness in found.witnesses:
        lines += _witness(witness)
    if found.unverified:
        told = f"{plural(len(found.unverified), 'answer')} of simulators differ from this: a fault of this program"
        lines += [BLANK, line(Span(told, "red"), indent=2)]
    return lines


def _listed(requests: Sequence[Request]) -> Iterator[Line]:
    """What has one word beside the prompt, with its doubts; of two in one request only how many there are."""
    alone = [r for r in requests if len(r.words) <= _ALONE]
    for request in alone:
        doubts = _doubts(request)
        told = Span(f"  {doubts}" if doubts else "", "dim")
        yield line(told_words(request.words), told, indent=4, hang=2)
    if len(requests) > len(alone):
        more = plural(len(requests) - len(alone), "request")
        told = Span(f"and {more} with two of these in one, which --json lists", "dim")
        yield line(told, indent=4, hang=2)


def _doubts(request: Request) -> str:
    return "; ".join(
        f"{s.vendor}: {', '.join(s.doubtful_on)}" for s in request.spelled if s.doubtful_on
    )


def _limits(found: Portable) -> str:
    words = {"prompt": "characters of prompt", "images": "reference images", "count": "pictures"}
    return ", ".join(f"{number} {words[word]}" for word, number in found.limits.items())


def _witness(witness: Witness) -> Iterator[Line]:
    head = f"{witness.taken_by} takes, {witness.refused_by} does not"
    if witness.words is None or witness.refused is None:
        none = f"  none of {witness.tried} requests tells them apart this way"
        yield line(head, Span(none, "dim"), indent=4, hang=2)
        return
    yield line(f"{head}: ", Span(told_words(witness.words), "bold"), indent=4, hang=2)
    yield line(Span(_why_not(witness.refused), "dim"), indent=6, hang=2)


def _why_not(refused: Spelled) -> str:
    if refused.standing == "unsaid":
        return f"cannot be said: {refused.why}"
    return f"{refused.clause}; refused by its simulator as well"


# --- Markdown


def portable_markdown(found: Portable) -> str:
    """The same as tables."""
    names = ", ".join(map(escaped, found.vendors))
    lines = [f"## {names}: what is portable", "", escaped(f"This is {_HEAD}."), ""]
    lines += table(
        ["request", "doubtful"],
        ([escaped(told_words(r.words)), escaped(_doubts(r))] for r in found.requests),
    )
    lines += ["", f"At most {escaped(_limits(found))}.", "", "### What tells them apart", ""]
    lines += table(
        ["takes it", "does not", "request", "why"],
        (_row(witness) for witness in found.witnesses),
    )
    return "\n".join(lines) + "\n"


def _row(witness: Witness) -> list[str]:
    vendors = [escaped(witness.taken_by), escaped(witness.refused_by)]
    if witness.words is None or witness.refused is None:
        return [*vendors, "none found", ""]
    why = escaped(witness.refused.why)
    clause = code(witness.refused.clause) if witness.refused.clause else ""
    return [*vendors, escaped(told_words(witness.words)), f"{clause} {why}".strip()]


# --- JSON


def portable_json(found: Portable) -> dict[str, Any]:
    """What `compare --portable --json` writes; its schema is `schemas/portable.schema.json`."""
    return {
        "format": PORTABLE_FORMAT,
        "vendors": list(found.vendors),
        "tried": found.tried,
        "limits": dict(found.limits),
        "requests": [
            {
                "words": dict(request.words),
                "sure": request.is_sure,
                "vendors": _all_spelled(request.spelled),
            }
            for request in found.requests
        ],
        "witnesses": [
            {
                "taken_by": witness.taken_by,
                "refused_by": witness.refused_by,
                "words": None if witness.words is None else dict(witness.words),
                "vendors": _all_spelled([s for s in (witness.taken, witness.refused) if s]),
                "tried": witness.tried,
            }
            for witness in found.witnesses
        ],
    }


def _all_spelled(spelled: Sequence[Spelled]) -> list[dict[str, Any]]:
    return [
        {
            "vendor": each.vendor,
            "standing": each.standing,
            "model": each.model,
            "body": dict(each.body),
            "doubtful_on": list(each.doubtful_on),
            "clause": each.clause,
            "why": each.why,
            "verified": each.verified,
        }
        for each in spelled
    ]
