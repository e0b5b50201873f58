"""What does a workflow use that neither it nor the documents it names have?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.contract.wording import shown
from conformance.notations.arazzo_sources import (
    Sources,
    check_repeats,
    described_at,
    is_protected,
    keys_of,
    operations_of,
    texts_in,
    value_of,
)
from conformance.notations.expressions import Exchanged, embedded, exchanged, problem_of
from conformance.notations.flaws import Flaws, meant
from conformance.notations.foreign import Foreign, Steps, list_of, mapping_of
from conformance.notations.places import permits
from conformance.notations.schemas import problems_of

__all__ = ["check_arazzo"]

_CONDITION = re.compile(
    r"(?P<expression>\$[A-Za-z][^\s=!<>|&()]*)\s*(?P<operator>==|!=|<=|>=|<|>)\s*"
    r"(?P<literal>'(?:[^']|'')*'|-?\d+(?:\.\d+)?|true|false|null)"
)
_EXPRESSION = re.compile(r"\$[A-Za-z][^\s=!<>|&()]*")
_ENDS = ("end", "retry", "goto")


def check_arazzo(document: Foreign, sources: Mapping[str, Foreign | None], flaws: Flaws) -> None:
    """
    Everything that is wrong with it, into `flaws`.

    Args:
        sources: The documents that it names, by the name they have there; None for one that cannot be read.
    """
    known = operations_of(document, sources, flaws)
    workflows = [w for w in list_of(document.root.get("workflows")) if isinstance(w, dict)]
    check_repeats([w.get("workflowId") for w in workflows], ("workflows",), "workflowId", flaws)
    names = [str(w.get("workflowId")) for w in workflows]
    for index, workflow in enumerate(workflows):
        _Workflow(document, known, flaws, ("workflows", index), workflow, names).check()


class _Workflow:
    """One workflow being looked at: what it may use grows with each step."""

    def __init__(
        self,
        document: Foreign,
        sources: Sources,
        flaws: Flaws,
        path: Steps,
        workflow: dict[str, Any],
        workflows: Sequence[str],
    ) -> None:
        self._document = document
        self._sources = sources
        self._flaws = flaws
        self._path = path
        self._workflow = workflow
        self._workflows = workflows
        self._inputs = mapping_of(
            mapping_of(document.resolved(workflow.get("inputs"))).get("properties")
        )
        self._steps = [s for s in list_of(workflow.get("steps")) if isinstance(s, dict)]
        self._names = [str(s.get("stepId")) for s in self._steps]
        self._done: dict[str, set[str]] = {}

    def check(self) -> None:
        """Every step in turn, then what the workflow gives."""
        check_repeats(self._names, (*self._path, "steps"), "stepId", self._flaws)
        if not self._steps:
            self._flaws.add("no-steps", self._path, "found no steps, expected at least one")
        for each in list_of(self._workflow.get("dependsOn")):
            if str(each) not in self._workflows and not str(each).startswith("$"):
                self._flaws.add(
                    "workflow-unknown",
                    (*self._path, "dependsOn"),
                    f"found {shown(each)}, and no such workflow{meant(each, self._workflows)}",
                )
        for index, step in enumerate(self._steps):
            self._check_step((*self._path, "steps", index), step)
            self._done[str(step.get("stepId"))] = set(mapping_of(step.get("outputs")))
        for name, value in mapping_of(self._workflow.get("outputs")).items():
            self._check_value(value, (*self._path, "outputs", name), None)

    # ------------------------------------------------------------ one step

    def _check_step(self, path: Steps, step: dict[str, Any]) -> None:
        target = self._target(path, step)
        if target is not None:
            self._check_parameters(path, step, target)
            self._check_payload(path, step, target)
        known = exchanged(target[0], target[1], target[2], self._statuses(step)) if target else None
        for index, each in enumerate(list_of(step.get("parameters"))):
            at = (*path, "parameters", index, "value")
            self._check_value(mapping_of(each).get("value"), at, None)
        body = mapping_of(step.get("requestBody")).get("payload")
        for at, value in texts_in(body, (*path, "requestBody", "payload")):
            self._check_value(value, at, None)
        for at, criterion in self._criteria(path, step):
            self._check_criterion(at, criterion, target, known)
        for name, value in mapping_of(step.get("outputs")).items():
            self._check_value(value, (*path, "outputs", name), (target, known))
        for key in ("onSuccess", "onFailure"):
            for index, action in enumerate(list_of(step.get(key))):
                self._check_action((*path, key, index), mapping_of(self._document.resolved(action)))
        if target is not None and known is not None:
            self._check_handled(path, step, target, known)

    def _target(self, path: Steps, step: dict[str, Any]) -> tuple[Foreign, Any, Any] | None:
        ways = [key for key in ("operationId", "operationPath", "workflowId") if key in step]
        if len(ways) != 1:
            self._flaws.add(
                "step-target",
                path,
                f"found {' and '.join(ways) or 'nothing to do'}, expected one of operationId, operationPath, workflowId",
            )
            return None
        if ways[0] == "workflowId":
            if step["workflowId"] not in self._workflows and not str(step["workflowId"]).startswith(
                "$"
            ):
                self._flaws.add(
                    "workflow-unknown",
                    (*path, "workflowId"),
                    f"found {shown(step['workflowId'])}, and no such workflow{meant(step['workflowId'], self._workflows)}",
                )
            return None
        if ways[0] == "operationPath":
            return None
        name = str(step["operationId"])
        known = self._sources.operations
        if name not in known and self._sources.whole:
            plain = [each for each in known if not each.startswith("$")]
            self._flaws.add(
                "operation-unknown",
                (*path, "operationId"),
                f"found {shown(name)}, and no such operation{meant(name, plain)}",
            )
        return known.get(name)

    def _statuses(self, step: dict[str, Any]) -> tuple[str, ...] | None:
        """The statuses that a step is content with; None where it does not say."""
        said = [
            str(mapping_of(c).get("condition", "")) for c in list_of(step.get("successCriteria"))
        ]
        found = [m["literal"] for text in said for m in _CONDITION.finditer(text) if m["expression"] == "$statusCode" and m["operator"] == "=="]  # fmt: skip
        return tuple(found) or None

    def _check_parameters(
        self, path: Steps, step: dict[str, Any], target: tuple[Foreign, Any, Any]
    ) -> None:
        document, item, operation = target
        described = document.parameters(item, operation)
        keys = keys_of(document)
        given = set()
        for index, each in enumerate(list_of(step.get("parameters"))):
            parameter = mapping_of(self._document.resolved(each))
            name, place = str(parameter.get("name")), str(parameter.get("in"))
            given.add((name, place))
            known = {(str(p.get("name")), str(p.get("in"))) for p in described} | keys
            if (name, place) not in known:
                names = [str(n) for n, _ in known]
                self._flaws.add(
                    "parameter-unknown",
                    (*path, "parameters", index),
                    f"found the {place} parameter {shown(name)}, which that operation does not take{meant(name, names)}",
                )
        for parameter in described:
            wanted = (str(parameter.get("name")), str(parameter.get("in")))
            if parameter.get("required") is True and wanted not in given:
                self._flaws.add(
                    "parameter-missing",
                    path,
                    f"found no value for {shown(wanted[0])}, which that operation requires",
                )
        if is_protected(document, operation) and not given & keys:
            self._flaws.add("key-missing", path, "found no key, which that operation requires")

    def _check_payload(
        self, path: Steps, step: dict[str, Any], target: tuple[Foreign, Any, Any]
    ) -> None:
        document, _, operation = target
        described = mapping_of(document.resolved(mapping_of(operation).get("requestBody")))
        given = mapping_of(step.get("requestBody"))
        if described.get("required") is True and not given:
            self._flaws.add(
                "payload-missing", path, "found no requestBody, which that operation requires"
            )
        if not given:
            return
        content = mapping_of(described.get("content"))
        at = (*path, "requestBody")
        media_type = given.get("contentType")
        if not content:
            self._flaws.add(
                "payload-unknown", at, "found a requestBody, and that operation takes none"
            )
        elif media_type is not None and str(media_type) not in content:
            self._flaws.add(
                "content-type-unknown",
                (*at, "contentType"),
                f"found {shown(media_type)}, expected {' or '.join(content)}",
            )
        media = mapping_of(content.get(str(media_type)) or next(iter(content.values()), {}))
        payload = given.get("payload")
        if isinstance(payload, dict) and not any("$" in text for _, text in texts_in(payload, ())):
            for problem in problems_of(document, media.get("schema", {}), payload)[:1]:
                self._flaws.add(
                    "payload-invalid",
                    (*at, "payload"),
                    f"found a payload that the operation's schema refuses: {problem}",
                )

    # ------------------------------------------------------------ conditions, outputs, actions

    def _criteria(self, path: Steps, step: dict[str, Any]) -> Iterator[tuple[Steps, Any]]:
        for index, each in enumerate(list_of(step.get("successCriteria"))):
            yield (*path, "successCriteria", index), each
        for key in ("onSuccess", "onFailure"):
            for number, action in enumerate(list_of(step.get(key))):
                for index, each in enumerate(list_of(mapping_of(action).get("criteria"))):
                    yield (*path, key, number, "criteria", index), each

    def _check_criterion(
        self,
        path: Steps,
        criterion: Any,
        target: tuple[Foreign, Any, Any] | None,
        known: Exchanged | None,
    ) -> None:
        said = mapping_of(criterion)
        text = str(said.get("condition", ""))
        if not text:
            self._flaws.add("criterion-empty", path, "found no condition")
        if said.get("type", "simple") != "simple":
            self._check_value(said.get("context"), (*path, "context"), (target, known))
            return
        for expression in _EXPRESSION.findall(text):
            self._check_value(expression, (*path, "condition"), (target, known))
        if target is None or known is None:
            return
        for each in _CONDITION.finditer(text):
            self._check_comparison((*path, "condition"), each, target, known)

    def _check_comparison(
        self,
        path: Steps,
        said: re.Match[str],
        target: tuple[Foreign, Any, Any],
        known: Exchanged,
    ) -> None:
        expression, literal = said["expression"], said["literal"]
        if expression == "$statusCode":
            responses = mapping_of(mapping_of(target[2]).get("responses"))
            wide = literal[:1] + "XX"
            if said["operator"] == "==" and not {literal, wide, "default"} & set(responses):
                self._flaws.add(
                    "status-undocumented",
                    path,
                    f"found {literal}, and that operation answers {', '.join(responses)}",
                )
            return
        described = described_at(target[0], expression, known)
        value = value_of(literal)
        asked = said["operator"] in ("==", "!=") and value is not None and described
        if asked and not permits(target[0], described, value):
            self._flaws.add(
                "value-impossible",
                path,
                f"found {expression} compared with {literal}, which it can never be",
            )

    def _check_handled(
        self,
        path: Steps,
        step: dict[str, Any],
        target: tuple[Foreign, Any, Any],
        known: Exchanged,
    ) -> None:
        """Where a step is repeated by what a reply says, every documented value is spoken of."""
        if not any(mapping_of(a).get("type") == "retry" for a in list_of(step.get("onFailure"))):
            return
        asked: dict[str, list[Any]] = {}
        for _, criterion in self._criteria(path, step):
            for each in _CONDITION.finditer(str(mapping_of(criterion).get("condition", ""))):
                if each["operator"] == "==" and each["expression"].startswith("$response.body#"):
                    asked.setdefault(each["expression"], []).append(value_of(each["literal"]))
        for expression, values in asked.items():
            if len(values) < 2:
                continue
            for described in described_at(target[0], expression, known):
                for value in list_of(target[0].resolved(described).get("enum")):
                    if value not in values:
                        self._flaws.add(
                            "value-unhandled",
                            path,
                            f"found nothing to do where {expression} is {shown(value)}",
                        )

    def _check_value(
        self,
        value: Any,
        path: Steps,
        about: tuple[tuple[Foreign, Any, Any] | None, Exchanged | None] | None,
    ) -> None:
        """
        Args:
            about: The operation whose request and reply can be spoken of; None where none can.
        """
        for expression in embedded(value) if isinstance(value, str) else ():
            problem = self._problem(expression, about)
            if problem is not None:
                self._flaws.add(
                    "expression-unresolved", path, f"found {shown(expression)}: {problem}"
                )

    def _problem(
        self,
        expression: str,
        about: tuple[tuple[Foreign, Any, Any] | None, Exchanged | None] | None,
    ) -> str | None:
        parts = expression.split(".")
        if parts[0] == "$inputs":
            name = parts[1] if len(parts) > 1 else ""
            return (
                None
                if name in self._inputs
                else f"there is no input {name!r}{meant(name, list(self._inputs))}"
            )
        if parts[0] == "$steps":
            return self._step_problem(parts)
        if parts[0] == "$workflows":
            name = parts[1] if len(parts) > 1 else ""
            return (
                None
                if name in self._workflows
                else f"there is no workflow {name!r}{meant(name, self._workflows)}"
            )
        if parts[0] in ("$request", "$response") and about is None:
            return "no request has been sent yet where it stands"
        target, known = about or (None, None)
        if target is None or known is None:
            return (
                problem_of(self._document, expression, _ANYTHING)
                if parts[0] not in ("$request", "$response")
                else None
            )
        return problem_of(target[0], expression, known)

    def _step_problem(self, parts: Sequence[str]) -> str | None:
        name = parts[1] if len(parts) > 1 else ""
        if name not in self._done:
            later = name in self._names
            return (
                f"step {name!r} comes later"
                if later
                else f"there is no step {name!r}{meant(name, self._names)}"
            )
        if len(parts) > 3 and parts[2] == "outputs":
            output = parts[3].partition("#")[0]
            known = self._done[name]
            return (
                None
                if output in known
                else f"step {name!r} gives no {output!r}{meant(output, sorted(known))}"
            )
        return f"expected $steps.{name}.outputs.NAME"

    def _check_action(self, path: Steps, action: dict[str, Any]) -> None:
        kind = action.get("type")
        if kind not in _ENDS:
            self._flaws.add(
                "action-type",
                (*path, "type"),
                f"found {shown(kind)}, expected end, retry or goto{meant(kind, _ENDS)}",
            )
        step, workflow = action.get("stepId"), action.get("workflowId")
        if step is not None and step not in self._names:
            self._flaws.add(
                "step-unknown",
                (*path, "stepId"),
                f"found {shown(step)}, and no such step{meant(step, self._names)}",
            )
        if (
            workflow is not None
            and workflow not in self._workflows
            and not str(workflow).startswith("$")
        ):
            self._flaws.add(
                "workflow-unknown",
                (*path, "workflowId"),
                f"found {shown(workflow)}, and no such workflow{meant(workflow, self._workflows)}",
            )
        if kind == "goto" and step is None and workflow is None:
            self._flaws.add(
                "action-target", path, "found a goto to nowhere, expected a stepId or a workflowId"
            )
        for key, least in (("retryAfter", 0), ("retryLimit", 1)):
            value = action.get(key)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int | float) or value < least
            ):
                self._flaws.add(
                    "retry-number",
                    (*path, key),
                    f"found {key} {shown(value)}, expected a number of at least {least}",
                )


_ANYTHING = Exchanged(parameters={}, request=({},), responses=({},), headers=frozenset())
