"""Field extraction rules: made and changed by people, run on messages before they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dohyo.base.clock import now_ms
from dohyo.base.ids import hex_id
from dohyo.base.problem import Problem, ProblemError
from dohyo.collect.field_table import FieldTable
from dohyo.collect.refusals import Refused
from dohyo.compile import CompileContext, compile_query
from dohyo.functions.casts import any_to_text
from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.metadata.receiving import ExtractionRule
from dohyo.oracle.run import run_plan
from dohyo.plan import nodes
from dohyo.plan.nodes import Plan
from dohyo.plan.schema import MESSAGE_FIELDS
from dohyo.plan.scope import scope_matches
from dohyo.store.event import Event

MOST_RULES = 50
MOST_NAME, MOST_SCOPE, MOST_EXPRESSION = 256, 2048, 16_384
MOST_VALUE_LETTERS = 16_384
BY_MESSAGE = (nodes.Scan, nodes.Extend, nodes.Filter, nodes.Project, nodes.Capture)
"""Nodes that look at one message at a time; nothing else may stand in a parse expression."""
ALL_TIMES = RunContext(0, -(2**62), 2**62)


@dataclass(frozen=True)
class Ready:
    """A rule that can run: whether a message is in its scope, and the plan that parses it."""

    name: str
    plan: Plan
    scope: tree.ScopeNode
    fields: tuple[str, ...]


def ready(name: str, scope: str, expression: str) -> Ready:
    """The compiled rule. ProblemError where scope or expression is wrong; places are those in
    `<scope> | <expression>`.
    """
    text = f"{scope.strip() or '*'} | {expression.strip().lstrip('|').strip()}"
    plan = compile_query(text, CompileContext(run=ALL_TIMES)).plan
    chain = nodes.chain(plan)
    if not all(isinstance(node, BY_MESSAGE) for node in chain) or not isinstance(chain[0], nodes.Scan):
        hint = "parse, json, csv, kv, xml, num, where and fields can"
        message = "an operator of the parse expression cannot run on one message at a time"
        raise ProblemError([Problem("fer:expression", message, hints=(hint,))], text)
    known = {field.name for field in MESSAGE_FIELDS}
    made = tuple(field.name for field in plan.schema if field.name.lower() not in known)
    if not made:
        message = "the parse expression makes no field"
        raise ProblemError([Problem("fer:expression", message, hints=('such as json "severity"',))], text)
    return Ready(name, plan, chain[0].scope, made)


def _parsed(rule: Ready, messages: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
    """Fields by the number of the message. A message that lacks one is not there, unless `nodrop` is said."""
    found: dict[int, dict[str, str]] = {}
    for row in run_plan(rule.plan, messages, ALL_TIMES):
        values = {name: any_to_text(row.get(name)) for name in rule.fields}
        number = int(row["_messageid"] or 0)
        found[number] = {n: v[:MOST_VALUE_LETTERS] for n, v in values.items() if v is not None and v != ""}
    return found


def with_fields(rules: Sequence[Ready], events: Sequence[Event], fields: FieldTable) -> list[Event]:
    """The events with what the rules parse out of them; a rule wins over fields that were there."""
    messages = [message_of(event) for event in events]
    more: dict[int, dict[str, str]] = {}
    for rule in rules:
        in_scope = [one for one in messages if scope_matches(rule.scope, one)]
        if in_scope:
            for number, values in _parsed(rule, in_scope).items():
                more.setdefault(number, {}).update(values)
    if not more:
        return list(events)
    return [
        replace(event, fields={**_lower(event.fields), **fields.kept(more[event.messageid])[0]})
        if event.messageid in more
        else event
        for event in events
    ]


def _lower(fields: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in fields.items()}


def message_of(event: Event) -> dict[str, Any]:
    """The event as scopes and plans read it."""
    return {
        "_messagetime": event.messagetime_ms,
        "_receipttime": event.receipttime_ms,
        "_messageid": event.messageid,
        "_sourcecategory": event.sourcecategory,
        "_collector": event.collector,
        "_source": event.source,
        "_sourcehost": event.sourcehost,
        "_sourcename": event.sourcename,
        "_view": event.view,
        "_size": len(event.raw.encode()),
        "_fields": _lower(event.fields),
        "_raw": event.raw,
    }


class ExtractionRules:
    """The rules of one metadata database. Safe from many threads at once. Refused: `fer:...` codes."""

    def __init__(self, metadata: sessionmaker[Session]) -> None:
        self._metadata = metadata

    def all(self) -> list[ExtractionRule]:
        """Oldest first."""
        with self._metadata() as session:
            return list(session.scalars(select(ExtractionRule).order_by(ExtractionRule.created_ms)))

    def get(self, rule_id: str) -> ExtractionRule:
        with self._metadata() as session:
            return _found(session, rule_id)

    def create(self, body: Mapping[str, Any], user_id: str) -> ExtractionRule:
        if len(self.all()) >= MOST_RULES:
            raise Refused(400, "fer:too_many", f"there are {MOST_RULES} rules already, which is the most")
        now = now_ms()
        rule = ExtractionRule(
            id=hex_id(), created_ms=now, created_by=user_id, modified_ms=now, modified_by=user_id,
            **_checked(body),
        )  # fmt: skip
        return self._stored(rule)

    def replace(self, rule_id: str, body: Mapping[str, Any], user_id: str) -> ExtractionRule:
        checked = _checked(body)
        with self._metadata() as session:
            rule = _found(session, rule_id)
        for name, value in checked.items():
            setattr(rule, name, value)
        rule.modified_ms, rule.modified_by = now_ms(), user_id
        return self._stored(rule)

    def delete(self, rule_id: str) -> None:
        with self._metadata.begin() as session:
            session.delete(_found(session, rule_id))

    def _stored(self, rule: ExtractionRule) -> ExtractionRule:
        try:
            with self._metadata.begin() as session:
                return session.merge(rule)
        except IntegrityError:
            raise Refused(400, "fer:name_taken", f'a rule named "{rule.name}" exists already') from None

    def ready(self) -> list[Ready]:
        """Those that are enabled, compiled. One that does not compile any more is left out."""
        found = []
        for rule in self.all():
            if rule.enabled:
                try:
                    found.append(ready(rule.name, rule.scope, rule.parse_expression))
                except ProblemError:
                    continue
        return found


def _found(session: Session, rule_id: str) -> ExtractionRule:
    rule = session.get(ExtractionRule, rule_id.strip().upper().zfill(16))
    if rule is None:
        raise Refused(404, "fer:not_found", f"there is no extraction rule {rule_id}")
    return rule


def _checked(body: Mapping[str, Any]) -> dict[str, Any]:
    name, scope = body.get("name"), body.get("scope", "")
    expression, enabled = body.get("parseExpression"), body.get("enabled", True)
    for key, value, least, most in (
        ("name", name, 1, MOST_NAME), ("scope", scope, 0, MOST_SCOPE),
        ("parseExpression", expression, 1, MOST_EXPRESSION),
    ):  # fmt: skip
        if not isinstance(value, str) or not least <= len(value.strip()) or len(value) > most:
            raise Refused(400, "fer:wrong_field", f"{key}: a text of {least} to {most:,} characters")
    if not isinstance(enabled, bool):
        raise Refused(400, "fer:wrong_field", "enabled: true or false")
    made = ready(str(name), str(scope), str(expression))
    return {
        "name": str(name).strip(),
        "scope": scope,
        "parse_expression": expression,
        "field_names": list(made.fields),
        "enabled": enabled,
    }
