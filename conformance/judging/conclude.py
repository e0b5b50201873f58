"""What does a run conclude about each clause, from all its traces together?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.clauses import LIMITS, Clause, derive_clauses, shown
from conformance.contract.model import Contract, Field, ReplyField
from conformance.judging.acceptance import Accepted, facts_of
from conformance.judging.aside import NOWHERE, asides
from conformance.judging.blaming import Blaming
from conformance.judging.callbacks import absent, uncalled
from conformance.judging.negatives import UNPROVEN, negatives
from conformance.judging.pictures import ALONE
from conformance.judging.repetition import FLAKY, Flaky, flaky, share
from conformance.judging.replies import lies_at
from conformance.judging.sameness import is_of_the_task, sameness
from conformance.judging.several import (
    idempotency,
    named_as_well,
    other_schemes,
    shown_defaults,
    sibling_rows,
    tiers,
    unkeyed,
)
from conformance.results.cases import Case, Feature, Plan, Witness
from conformance.results.verdicts import Observation, Verdict

__all__ = ["UNENDED", "conclude"]

UNENDED = "no task ended in the time that was given to it"
"""The reason for what only a task that has ended would show, where none did."""


def conclude(
    contract: Contract,
    plan: Plan,
    cases: Sequence[Case],
    observations: Sequence[Observation],
    *,
    capped: frozenset[str] = frozenset(),
    unsent: Mapping[str, str] | None = None,
) -> tuple[Verdict, ...]:
    """
    One verdict for every clause, in contract order.

    Args:
        cases: All cases, sent or not, those that narrowed a refusal down included.
        observations: What `observe` said of every trace.
        capped: Cases that the user's own cap kept from being sent.
        unsent: Case id to the reason why another case was not sent.
    """
    run = _Run(contract, plan, cases, observations, capped, unsent or {})
    return tuple(run.verdict(clause) for clause in derive_clauses(contract))


class _Run:
    """The observations of one run, completed by what only several traces can tell, sorted by clause."""

    def __init__(
        self,
        contract: Contract,
        plan: Plan,
        cases: Sequence[Case],
        observations: Sequence[Observation],
        capped: frozenset[str],
        unsent: Mapping[str, str],
    ) -> None:
        self.contract = contract
        self.plan = plan
        self.cases = cases
        self.capped = capped
        self.unsent = unsent
        self.again = {c.id: c.again for c in cases if c.again}
        self.smallest = {c.id for c in cases if c.found}
        self.clauses = {c.id: c for c in derive_clauses(contract)}
        self.facts = facts_of(observations)
        self.same = sameness(contract, cases, self.facts)
        self.facts = self.same.without_ends(self.facts)
        self.accepted = Accepted.sort([c for c in cases if self._in_dialect(c)], self.facts)
        self.about: dict[str, list[Observation]] = {}
        self.masked = self.accepted.masked()
        self.answer = self._answering_clause()
        create = contract.operation("create")
        fields = create.fields if create else ()
        self.model_field = next((f.path for f in fields if f.role == "model"), "")
        self.broken = self._broken_by()
        observations = self.same.cleared([o for o in observations if o.clause], self.clauses)
        of_ids = self.same.about(cases, self.facts)
        blaming = Blaming(
            contract=contract,
            plan=plan,
            clauses=self.clauses,
            facts=self.facts,
            accepted=self.accepted,
            answer=self.answer,
            model_field=self.model_field,
            broken=self.broken,
            unreadable=any(map(self._is_unreadable, cases)),
            capped=bool(capped),
        )
        all_seen = [*observations, *of_ids, *blaming.said(self._features())]
        of_keys = list(idempotency(contract, cases, self.facts))
        refused = negatives(cases, self.facts, self.accepted, all_seen, broken=self.broken)
        all_seen = [*self._by_cause(all_seen, refused), *unkeyed(contract, refused, of_keys)]
        of_asides, refused_paths = asides(contract, cases, self.facts)
        all_seen += of_asides
        all_seen += of_keys
        of_schemes, refused_schemes = other_schemes(contract, cases, self.facts)
        all_seen += of_schemes
        all_seen += tiers(contract, observations)
        all_seen += shown_defaults(contract, observations)
        all_seen = named_as_well(contract, all_seen)
        all_seen = self._with_good_ids(all_seen)
        self.lost = self._lost(all_seen)
        for observation in all_seen:
            if not self._is_lost(observation.clause):
                self.about.setdefault(observation.clause, []).append(observation)
        self.rows = {**sibling_rows(contract, self.about), **refused_schemes, **refused_paths}
        self.silent = absent(contract, self.facts)
        wrong = frozenset(
            c for c, said in self.about.items() if _is_wrong(said) and not self._is_silent(c)
        )
        self.uncalled = uncalled(contract, self.facts, self.clauses, wrong)

    def _is_silent(self, clause_id: str) -> bool:
        """Whether a clause promises callbacks, to which a page that the vendor follows knows no way."""
        clause = self.clauses.get(clause_id)
        return bool(self.silent) and clause is not None and clause.topic == "callback-sent"

    # --- what many requests together say ---

    def _in_dialect(self, case: Case) -> bool:
        """Whether a creation speaks as the plan does. One in the words of another page, refused, accuses nobody."""
        for witness in (f.witness for f in case.features):
            clause = self.clauses.get(witness.clause)
            planned = self.plan.required.get(witness.clause, ())
            if clause is not None and clause.dispute and witness.value not in planned:
                return False
        return True

    def _by_cause(
        self, seen: Sequence[Observation], refused: Sequence[Observation]
    ) -> Iterator[Observation]:
        """
        What was seen, where a status that is tied to a cause counts only if that is what the refusal was for.

        A refusal whose permitted neighbour was not accepted may have another cause: a model that is not there.
        """
        unproven = {o.case: o for o in refused if o.verdict == "inconclusive"}
        for said in seen:
            clause = self.clauses.get(said.clause)
            if said.case in unproven and clause is not None and clause.topic.startswith("row"):
                reason = unproven[said.case].reason
                yield replace(said, verdict="inconclusive", reason=reason, message="", follows="")
            else:
                yield said

    def _with_good_ids(self, seen: Sequence[Observation]) -> list[Observation]:
        """What was seen, without accusations of the status path where no task id is as documented."""
        ids = [c for c in self.clauses.values() if c.topic == "reply" and c.operation == "create"]
        wrong = {o.clause for o in seen if o.verdict == "violates"}
        of_ids = next((c.id for c in ids if c.thing.role == "task_id" and c.id in wrong), "")
        path = f"{self.contract.vendor}.status.path"
        return [
            replace(o, verdict="inconclusive", reason=f"depends on {of_ids}", message="")
            if of_ids and o.clause == path and o.verdict == "violates"
            else o
            for o in seen
        ]

    def _lost(self, seen: Sequence[Observation]) -> dict[str, str]:
        """
        Operations whose documented path does not answer, with the clause that says so.

        Nothing else can be said of them, nor of results where the status query is lost.
        """
        wrong = {o.clause for o in seen if o.verdict == "violates"}
        kept = {o.clause for o in seen if o.verdict == "conforms"}
        found = {}
        for operation in ("status", "upload", "batch", "balance"):
            path = f"{self.contract.vendor}.{operation}.path"
            if path in wrong and path not in kept:
                found[operation] = path
        answers = f"{self.contract.vendor}.status.status."
        never = [c for c in wrong - kept if c.startswith(answers)]
        if never and not any(o.facts.get("polled") for o in self.facts.values()):
            found.setdefault("status", never[0])
        if self.broken.endswith(".create.path"):
            found |= dict.fromkeys(("create", "status"), self.broken)
        if "status" in found:
            found["result"] = found["status"]
        return found

    def _is_lost(self, clause: str) -> bool:
        known = self.clauses.get(clause)
        if known is None:
            return True  # a statement of another contract, by which the record was made
        return self.lost.get(known.operation, clause) != clause

    def _answering_clause(self) -> str:
        """The clause that is broken when a plain creation is not accepted."""
        names = [f"{self.contract.vendor}.create.{n}" for n in ("path",)]
        status = [
            c.id for c in self.clauses.values() if c.topic == "success" and c.operation == "create"
        ]
        return next(iter([*status, *names]), "")

    def _broken_by(self) -> str:
        """The clause that everything else depends on, where no creation at all was accepted."""
        if self.accepted.good or self.accepted.failed or self.accepted.unended:
            return ""
        # A success without a task id tells more than the refusal of what another page may say.
        if not any(self._is_unreadable(c) for c in self.cases):
            refused = self.accepted.refused or self.accepted.denied
            return (self._missing_path() or self.answer) if refused else ""
        ids = [
            c.id for c in self.clauses.values() if c.topic == "reply" and c.operation == "create"
        ]
        id_fields = [i for i in ids if self.clauses[i].thing.role == "task_id"]
        return next(iter(id_fields), self.answer)

    def _is_unreadable(self, case: Case) -> bool:
        """Whether a creation succeeded as far as HTTP tells, and its reply holds no task."""
        told = self.facts.get(case.id)
        is_valid = case.operation == "create" and case.expect == "accepted"
        return is_valid and told is not None and told.facts["outcome"] == "malformed"

    def _missing_path(self) -> str:
        """The clause on the path of creations, where every one met 404 or 405, which no document has them meet."""
        codes = {self.facts[c.id].facts["http"] for c in self.accepted.refused}
        documented = {r.status for r in self.contract.errors if "create" in r.operations}
        path = f"{self.contract.vendor}.create.path"
        nowhere = codes and codes <= NOWHERE - documented and not self.accepted.denied
        return path if nowhere and path in self.clauses else ""

    def _features(self) -> list[Feature]:
        found: dict[Witness, Feature] = {}
        for case in self.cases:
            for feature in case.features if self._in_dialect(case) else ():
                found.setdefault(feature.witness, feature)
        return list(found.values())

    # --- one clause ---

    def verdict(self, clause: Clause) -> Verdict:
        """What all observations of a clause amount to. Any violation wins."""
        seen = self.about.get(clause.id, [])
        wrong, now_and_then = flaky(seen, self.again)
        if wrong and self._is_silent(clause.id):
            return _verdict(clause, "conforms", wrong, follows=self.silent)
        # The smallest request that exploration found says it best.
        wrong.sort(key=lambda o: o.case not in self.smallest)
        if wrong and (other := self._other_page(clause, wrong)):
            return _verdict(clause, "conforms", wrong, follows=other)
        if wrong:
            return _verdict(
                clause,
                "violates",
                wrong,
                message=_first_message(wrong),
                follows=_follows(clause, seen),
            )
        if undecided := self._now_and_then(clause, seen, now_and_then):
            return undecided
        if not seen and (unasked := self._not_followed(clause)):
            return unasked
        kept = [o for o in seen if o.verdict == "conforms"]
        required = self.plan.required.get(clause.id, ())
        shown = {o.value for o in kept} | self.masked.get(clause.id, set())
        missing = [value for value in required if value not in shown]
        if kept and not missing:
            follows = self._dialect(clause) or _follows(clause, kept)
            said = self._left_out(clause, len(required))
            return _verdict(clause, "conforms", kept, message=said, follows=follows)
        if not kept and clause.id in self.plan.unplanned:
            return _verdict(clause, "untested", (), reason=self.plan.unplanned[clause.id])
        return self._unsettled(clause, kept, missing, len(required), seen)

    def _now_and_then(
        self, clause: Clause, seen: Sequence[Observation], mixed: Sequence[Flaky]
    ) -> Verdict | None:
        """The verdict on what the same request shows in one way and in another; None where nothing does."""
        for said in (o for o in seen if o.reason == FLAKY):
            return _verdict(clause, "inconclusive", [said], reason=FLAKY, message=said.message)
        for times, of, said in mixed:
            request = self.again.get(said.case, said.case)
            message = f"the request of {request} violated it {share(times, of)}: {said.message}"
            return _verdict(clause, "inconclusive", [said], reason=FLAKY, message=message)
        return None

    def _left_out(self, clause: Clause, tried: int) -> str:
        """What to say of a clause that is kept as far as it can be tried, which is not all of it; "" for nothing."""
        values = self.plan.left_out.get(clause.id, ())
        if not values:
            return ""
        which = ", ".join(values)
        return f"{tried} of {tried + len(values)} tried: no request that the documents surely permit shows {which}"

    def _not_followed(self, clause: Clause) -> Verdict | None:
        """
        The verdict on what only other pages say than the one that the vendor was seen to follow; None for all else.

        Refused in their words and accepted in those of the page it follows, the vendor has answered as documented.
        Where their words were never sent, nothing is known of this clause but that it is not asked of this vendor.
        """
        dispute = next((d for d in self.contract.disputes if d.name == clause.dispute), None)
        if dispute is None or clause.topic in ("reply", "only", "echo", "unit", "order", "row"):
            return None
        followed = self.plan.dialect.get(dispute.name, dispute.alternatives[0].name)
        if followed in clause.alternatives or not self._was_heard(dispute.name, followed):
            return None
        refused = [
            c for c in self._refused_words() if any(w.clause == clause.id for w in c.witnesses)
        ]
        if refused:
            seen = [self.facts[c.id] for c in refused]
            return _verdict(clause, "conforms", seen, follows=followed)
        says = " and ".join(clause.alternatives)
        message = f"the vendor follows {followed}; only {says} has this, and was not asked for it"
        reason = self.plan.unplanned.get(clause.id) or "not observable"
        return _verdict(clause, "untested", (), reason=reason, message=message, follows=followed)

    def _refused_words(self) -> list[Case]:
        return list(
            Accepted.sort([c for c in self.cases if not self._in_dialect(c)], self.facts).refused
        )

    def _was_heard(self, dispute: str, alternative: str) -> bool:
        """Whether something that this page says of the dispute was accepted."""
        for case in self.accepted.good:
            for witness in (f.witness for f in case.features):
                if self._is_word_of(witness, dispute, alternative):
                    return True
        return False

    def _other_page(self, clause: Clause, wrong: Sequence[Observation]) -> str:
        """
        The alternative that is followed by refusing what another page permits; "" for none.

        A page that says nothing of the kind permits the refusal, and so does one whose list or limit leaves it out;
        but only a page that the vendor speaks, as far as what it accepted tells.
        """
        refused = {_plain_value(o) for o in wrong}
        not_fields = not clause.dispute or clause.topic != "field"
        if not_fields or any(v.startswith("refuses") for v in refused):
            return ""
        dispute = next(d for d in self.contract.disputes if d.name == clause.dispute)
        parts = {p.alternative: p.thing for p in clause.parts}
        for name in (a.name for a in dispute.alternatives):
            leaves_room = all(_may_refuse(parts.get(name), clause.keyword, v) for v in refused)
            if leaves_room and self._is_spoken(dispute.name, name):
                return name
        return ""

    def _is_spoken(self, dispute: str, alternative: str) -> bool:
        """Whether what was accepted of a dispute is what this page permits; a page without lists has no say."""
        lists = [
            c
            for c in self.clauses.values()
            if c.dispute == dispute and c.topic == "field" and c.keyword in ("enum", *LIMITS)
        ]
        own = {c.id: p.thing for c in lists for p in c.parts if p.alternative == alternative}
        accepted = [
            (c, _plain_value(o))
            for c in lists
            for o in self.about.get(c.id, ())
            if o.verdict == "conforms" and not o.value.startswith("refuses")
        ]
        if not own:
            return True
        if self._is_refuted(dispute, alternative):
            return False
        mine = [(c, v) for c, v in accepted if c.id in own]
        return bool(mine) and not any(_may_refuse(own[c.id], c.keyword, v) for c, v in mine)

    def _is_refuted(self, dispute: str, alternative: str) -> bool:
        """Whether a request in this page's own words, and with nothing else that is open, was refused."""
        every = Accepted.sort(self.cases, self.facts)
        accepted = {f.witness for case in every.good for f in case.features}
        for case in every.refused:
            doubtful = [f.witness for f in case.features if f.witness not in accepted]
            if doubtful and all(self._is_word_of(w, dispute, alternative) for w in doubtful):
                return True
        return False

    def _is_word_of(self, witness: Witness, dispute: str, alternative: str) -> bool:
        clause = self.clauses.get(witness.clause)
        if clause is None or clause.dispute != dispute or clause.topic != "field":
            return False
        own = next((p.thing for p in clause.parts if p.alternative == alternative), None)
        value = witness.value.partition(" with ")[0]
        return own is not None and not _may_refuse(own, clause.keyword, value)

    def _dialect(self, clause: Clause) -> str:
        """For what a request says: the alternative in which it was said, and accepted."""
        if not clause.dispute or clause.topic not in ("field", "rule"):
            return ""
        return self.plan.dialect.get(clause.dispute, clause.alternatives[0])

    def _unsettled(
        self,
        clause: Clause,
        kept: Sequence[Observation],
        missing: Sequence[str],
        required: int,
        seen: Sequence[Observation],
    ) -> Verdict:
        """A clause that was not tried, or only in part: why?"""
        open_ = [o for o in seen if o.verdict == "inconclusive"]
        cut = self._cut(clause, open_)
        if kept:
            reason = f"{required - len(missing)} of {required} tried"
            if not cut:
                reason = open_[0].reason if open_ else f"{reason}: {self._why_not(clause)}"
            return _verdict(clause, "inconclusive", kept, reason=reason)
        if cut:
            return _verdict(clause, "untested", (), reason="cap")
        if open_:
            dependent = [o for o in open_ if o.reason.startswith("depends on ")]
            if dependent:
                return _verdict(clause, "untested", dependent, reason=dependent[0].reason)
            return _verdict(
                clause, "inconclusive", open_, reason=open_[0].reason, message=open_[0].message
            )
        if clause.id in self.rows:
            return _verdict(
                clause, "untested", (), reason="not observable", message=self.rows[clause.id]
            )
        if not self.broken and clause.id in self.uncalled:
            reason, message = self.uncalled[clause.id]
            return _verdict(clause, "untested", (), reason=reason, message=message)
        reason = self._why_not(clause)
        # A target that went away in the middle must not look as if it had been checked.
        word = "inconclusive" if reason.startswith(("stopped", UNENDED)) else "untested"
        return _verdict(clause, word, (), reason=reason)

    def _cut(self, clause: Clause, open_: Sequence[Observation]) -> bool:
        """
        Whether it was the user's own cap that left the clause open.

        Under a cap every gap comes from it, but for what was asked and not answered, what follows from a violation,
        and what no plan tries.
        """
        if not self.capped or self.broken or self._is_lost(clause.id) or clause.id in self.rows:
            return False
        return all(o.reason.startswith((UNPROVEN, ALONE)) for o in open_)

    def _why_not(self, clause: Clause) -> str:
        """The reason for a clause that no trace spoke about."""
        if self.broken and clause.id != self.broken:
            return f"depends on {self.broken}"
        reasons = [
            self.unsent[c.id] for c in self.cases if c.id in self.unsent and self._speaks(c, clause)
        ]
        if reasons:
            return reasons[0]
        if self._is_lost(clause.id):
            return f"depends on {self.lost[clause.operation]}"
        if self._awaits_an_end(clause):
            return UNENDED
        broken = next((c.id for c in self._stands_on(clause) if self._is_broken(c)), "")
        broken = broken or (self.same.clause if is_of_the_task(clause) else "")
        if broken:
            return f"depends on {broken}"
        return "no meter" if clause.topic == "refund" else "not observable"

    def _awaits_an_end(self, clause: Clause) -> bool:
        """Whether only a task that has ended shows it, and every task was still running when it was left."""
        phases = {o.facts["final"] for o in self.facts.values() if o.facts.get("polled")}
        if self.same.first or not phases or "succeeded" in phases or not phases - {"failed"}:
            return False
        # The one task that is meant to fail may have ended where all the others were still running.
        awaited = ("succeeded",) if "failed" in phases else ("succeeded", "failed")
        ended = {str(s.value) for s in self.contract.states if s.phase in awaited}
        when = clause.thing.when if clause.topic in ("reply", "only") else ()
        named = {str(v) for condition in when for v in condition.one_of or ()}
        terminal = clause.topic == "terminal" and "failed" not in phases
        return clause.operation == "result" or terminal or bool(named & ended)

    def _stands_on(self, clause: Clause) -> list[Clause]:
        """Clauses without which nothing can be seen of this one: the field itself, the results, the key."""
        every = self.clauses.values()
        if clause.topic in ("echo", "unit", "order", "reply", "refund"):
            thing = clause.thing if isinstance(clause.thing, ReplyField) else None
            same = [c for c in every if c.topic == "reply" and c.operation == clause.operation]
            return [c for c in same if thing is not None and lies_at(thing.path, c.thing.path)]
        if clause.operation == "result":
            return [c for c in every if c.topic == "url" or _gives_results(c)]
        promise = self.contract.idempotency
        of_row = clause.topic in ("row", "row-body")
        if of_row and promise is not None and promise.other_body in clause.thing.causes:
            return [c for c in every if c.topic == "idempotency"]
        return []

    def _is_broken(self, clause: Clause) -> bool:
        return any(o.verdict == "violates" for o in self.about.get(clause.id, ()))

    def _speaks(self, case: Case, clause: Clause) -> bool:
        return any(w.clause == clause.id for w in case.witnesses) or (
            case.expect == "either" and clause.operation == "status"
        )


def _gives_results(clause: Clause) -> bool:
    return clause.topic == "reply" and clause.thing.role == "results"


def _is_wrong(said: Sequence[Observation]) -> bool:
    return any(o.verdict == "violates" for o in said)


def _verdict(
    clause: Clause,
    word: Any,
    seen: Sequence[Observation],
    *,
    reason: str = "",
    message: str = "",
    follows: str = "",
) -> Verdict:
    exchanges = tuple(dict.fromkeys(e for o in seen for e in o.exchanges))[:10]
    return Verdict(
        clause=clause.id,
        verdict=word,
        reason=reason,
        message=message,
        follows=follows,
        exchanges=exchanges,
    )


def _first_message(wrong: Sequence[Observation]) -> str:
    messages = list(dict.fromkeys(o.message for o in wrong if o.message))
    more = f" (and {len(messages) - 1} more like it)" if len(messages) > 1 else ""
    return (messages[0] if messages else "") + more


def _follows(clause: Clause, seen: Sequence[Observation]) -> str:
    """The alternative that a disputed clause follows; `mixed` where traces follow different ones."""
    if not clause.alternatives:
        return ""
    sets = [
        set(o.facts["kept"]) if "kept" in o.facts else {o.follows}
        for o in seen
        if o.verdict == "conforms" and ("kept" in o.facts or o.follows)
    ]
    common = set(clause.alternatives).intersection(*sets) if sets else set()
    if common:
        return next(a for a in clause.alternatives if a in common)
    return "mixed" if sets else ""


def _plain_value(observation: Observation) -> str:
    """The value observed, without the model and the other values it was observed with."""
    return observation.value.partition(" with ")[0].partition(" × ")[0]


def _may_refuse(field: Field | None, keyword: str, value: str) -> bool:
    """Whether a page that describes a field so (None: not at all) leaves room to refuse a value seen refused."""
    if field is None:
        return True
    if keyword == "enum":
        return value not in {shown(v) for v in field.schema.get("enum", ())}
    if keyword in LIMITS and keyword in field.schema:
        number = float(value.rpartition(" ")[2])
        limit = field.schema[keyword]
        return bool(number > limit if keyword.startswith("max") else number < limit)
    return False
