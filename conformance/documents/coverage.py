"""How much of the documents is in a contract, and how much of a contract in the documents?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from conformance.contract.located import Located
from conformance.documents.archive import Archive, Handling, Problem
from conformance.documents.backward import Claimed, Unclaimed, match_page
from conformance.documents.claims import Citation, Statement
from conformance.documents.findings import Finding
from conformance.documents.forward import Missing, Proof, Sectioned, holds, prove
from conformance.documents.places import Misplaced, check_places
from conformance.documents.transcript import statements

__all__ = ["Coverage", "cover"]

State = Literal["archived", "excerpt", "not archived"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """
    One document, both ways.

    Args:
        proven: Claims of the contract that were found on the page; `missing` those that were not.
        unproven: Claims that cite the page but may stand on another, or on the page where there is only an excerpt.
        claimed: Things on the page that the contract has; `unclaimed` those that it lacks.
        ignored: Things on the page that the contract says are nothing to transcribe.
        handled: What could not be compared as it stands, and how it was read.
    """

    document: str
    state: State
    file: str = ""
    proven: int = 0
    missing: int = 0
    unproven: int = 0
    claimed: int = 0
    unclaimed: tuple[Unclaimed, ...] = ()
    ignored: int = 0
    handled: tuple[Handling, ...] = ()

    @property
    def forward_percent(self) -> float | None:
        """
        How many of the claims on it were found; None where there is nothing to count.

        None for an excerpt, too: what is not in it may stand on the page.
        """
        if self.state != "archived":
            return None
        return _percent(self.proven, self.missing)

    @property
    def backward_percent(self) -> float | None:
        """How much of the page the contract has; None where there is nothing to count."""
        return _percent(self.claimed, len(self.unclaimed))


def _percent(good: int, bad: int) -> float | None:
    """Rounded down, so that 100 means all."""
    return int(1000 * good / (good + bad)) / 10 if good + bad else None


def cover(located: Located, archive: Archive) -> tuple[tuple[Coverage, ...], tuple[Finding, ...]]:
    """
    The coverage of every document, and what is wrong.

    Raises:
        UsageError: A file of the archive cannot be read.
    """
    return _Covering(located, archive).result()


class _Covering:
    def __init__(self, located: Located, archive: Archive) -> None:
        self.located = located
        self.raw: Mapping[str, Any] = located.value
        self.statements = tuple(statements(self.raw))
        self.findings: list[Finding] = []
        self.pages: dict[str, Sectioned] = {}
        self.proofs: list[Proof] = []
        self.missing: list[Missing] = []
        self.check_rows(archive)
        for document, entry in self.raw["documents"].items():
            try:
                page = archive.page(document, entry)
            except Problem as problem:
                self.find("archive-entry", ("documents", document, *problem.path), str(problem))
                continue
            if page is not None:
                cited = [
                    c.section for s in self.statements for c in s.cited if c.document == document
                ]
                self.pages[document] = Sectioned(
                    page=page, spans=page.sections(list(dict.fromkeys(cited)))
                )

    def result(self) -> tuple[tuple[Coverage, ...], tuple[Finding, ...]]:
        self.check_sections()
        for statement in self.statements:
            self.check_forward(statement)
        covered = tuple(self.document(name) for name in self.raw["documents"])
        for sectioned in self.pages.values():
            for misplaced in check_places(sectioned, self.statements):
                self.misplaced(misplaced, sectioned)
        self.check_polling()
        return covered, tuple(dict.fromkeys(self.findings))

    def find(self, rule: str, path: Sequence[str | int], message: str) -> None:
        line, column = self.located.position(path)
        self.findings.append(
            Finding(
                rule=rule,
                fault="contract",
                message=message,
                file=self.located.file,
                line=line,
                column=column,
            )
        )

    def check_rows(self, archive: Archive) -> None:
        """Every row of a part of a file that restates documents is of one of them, or set aside with a reason."""
        said = [
            d["archive"] for d in self.raw["documents"].values() if "rows" in d.get("archive", "")
        ]
        try:
            for file, line, name in archive.unassigned(said, self.raw.get("set_aside", ())):
                self.find(
                    "row-not-assigned",
                    ("documents",),
                    f"{file}:{line} has the row {name[:60]!r}, expected it among the rows of a document, or set aside",
                )
        except Problem as problem:
            where = ("set_aside", *problem.path) if self.raw.get("set_aside") else ("documents",)
            self.find("archive-entry", where, str(problem))

    # --- from the contract to the pages ---

    def check_sections(self) -> None:
        """A cited section is on the page."""
        for citation in self.citations():
            sectioned = self.pages.get(citation.document)
            if sectioned and sectioned.page.whole and citation.section not in sectioned.spans:
                near = sectioned.page.nearest_section(citation.section)
                hint = f" (did you mean {near!r}?)" if near else ""
                self.find(
                    "no-such-section",
                    citation.path,
                    f"found the section {citation.section!r}{hint}, expected one of {sectioned.page.file}",
                )

    def citations(self) -> Iterator[Citation]:
        seen = set()
        for statement in self.statements:
            for citation in statement.cited:
                if citation not in seen:
                    seen.add(citation)
                    yield citation

    def check_forward(self, statement: Statement) -> None:
        for each in prove(statement, self.pages):
            if isinstance(each, Proof):
                self.proofs.append(each)
                continue
            self.missing.append(each)
            if not each.unproven:
                cited = ", ".join(f"{c.document}#{c.section}" for c in statement.cited)
                hint = f" ({each.hint})" if each.hint else ""
                self.find(
                    "not-in-section",
                    each.claim.path,
                    f"found {each.claim.texts[0]!r}{hint}, expected what stands in {cited}",
                )
        self.check_sources(statement)

    def check_sources(self, statement: Statement) -> None:
        """Each source has something of what rests on it; our own sentences may share no word with theirs."""
        if statement.prose or not statement.claims:
            return
        for citation in statement.cited:
            sectioned = self.pages.get(citation.document)
            if sectioned is None or not sectioned.page.whole:
                continue
            if citation.section in sectioned.spans and not holds(statement, citation, sectioned):
                self.find(
                    "source-proves-nothing",
                    citation.path,
                    f"found {citation.document}#{citation.section}, expected a section that holds something of this",
                )

    def check_polling(self) -> None:
        """The times of `polling` have no source of their own: some advice has to say them."""
        said = {
            t
            for s in self.statements
            if s.path[0] == "advice" and self.raw["advice"][s.path[1]]["operation"] == "status"
            for c in s.claims
            if c.kind == "number"
            for t in c.texts
        }
        for name, value in self.raw.get("polling", {}).items():
            for number in value if isinstance(value, list) else [value]:
                spelt = {f"{number:g}", f"{number / 60:g}"}
                if not spelt & said:
                    self.find(
                        "polling-without-advice",
                        ("polling", name),
                        f"found {number:g}, expected a time that some advice says",
                    )

    # --- from the pages to the contract ---

    def document(self, name: str) -> Coverage:
        open_claims = [m for m in self.missing if name in m.documents]
        unproven = sum(m.unproven for m in open_claims)
        sectioned = self.pages.get(name)
        if sectioned is None:
            return Coverage(document=name, state="not archived", unproven=unproven)
        page = sectioned.page
        host = self.raw["base_url"].split("://")[-1].split("/")[0]
        matched = list(
            match_page(
                sectioned,
                self.statements,
                everywhere=[host],
                pages=[s.page for s in self.pages.values()],
            )
        )
        unclaimed = tuple(m for m in matched if isinstance(m, Unclaimed))
        self.report_unclaimed(sectioned, unclaimed)
        handled = [p.handling for p in self.proofs if p.document == name and p.handling]
        handled += [m.handling for m in matched if isinstance(m, Claimed) and m.handling]
        return Coverage(
            document=name,
            state="archived" if page.whole else "excerpt",
            file=page.file,
            proven=sum(p.document == name for p in self.proofs),
            missing=len(open_claims) - unproven,
            unproven=unproven,
            claimed=len(matched) - len(unclaimed),
            unclaimed=unclaimed,
            ignored=sum(page.is_ignored(t.start) for t in page.tokens),
            handled=tuple(
                sorted(dict.fromkeys([*page.handled, *handled]), key=lambda h: (h.line, h.raw))
            ),
        )

    def report_unclaimed(self, sectioned: Sectioned, unclaimed: Sequence[Unclaimed]) -> None:
        """One finding for each line of the page that has something which the contract lacks."""
        page = sectioned.page
        by_line: dict[int, list[Unclaimed]] = {}
        for each in unclaimed:
            by_line.setdefault(each.line, []).append(each)
        for line, there in by_line.items():
            texts = ", ".join(dict.fromkeys(each.token.raw for each in there))
            section = f" under {there[0].section!r}" if there[0].section else ""
            self.find(
                "not-transcribed",
                ("documents", page.document),
                f"{page.file}:{line} has {texts}{section}, expected it in a clause, question, conflict or note,"
                " or ignored with a reason",
            )

    def misplaced(self, each: Misplaced, sectioned: Sectioned) -> None:
        place = f"{sectioned.page.file}:{each.line}"
        self.find(each.rule, each.path, f"{each.message}; see {place}")
