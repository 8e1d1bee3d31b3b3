"""The checks before a document is published: what only shows beside what the workspace knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cueline.campaigns import segments
from cueline.campaigns.effects.send import Send
from cueline.campaigns.effects.set import Path, Set
from cueline.campaigns.secrets import is_secret
from cueline.campaigns.spec import DRAFT, Document, Rule, Segment, Template
from cueline.campaigns.templates import to_document
from cueline.campaigns.trust import TRUST, is_safe, sets_address
from cueline.campaigns.unseen import KnownAction, check_fields, check_histories
from cueline.errors import Problem
from cueline.problems import WARNING, error, has_errors, warning

Complaints = Callable[[Mapping[str, Any]], list[str]]
"""What is wrong with the Liquid of a template (as a document), in words."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the workspace has already: actions seen or added, and what is published."""

    actions: Mapping[str, KnownAction] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict)
    segments: Mapping[str, Segment] = field(default_factory=dict)
    campaigns: Collection[Rule] = ()


def no_complaints(_template: Mapping[str, Any]) -> list[str]:
    return []


def check(document: Document, known: Known, *, template_problems: Complaints = no_complaints) -> list[Problem]:
    """Errors that forbid publishing, and warnings. For a draft, errors are warnings as well."""
    world = _overlaid(document, known)
    problems = list(_template_problems(document, template_problems))
    problems += _segment_problems(document, world)
    for index, rule in enumerate(document.campaigns):
        found = _check_rule(rule, world, at=f"campaigns[{index}]")
        problems += [replace(p, level=WARNING) for p in found] if rule.state == DRAFT else found
    if not has_errors(problems):
        problems += _broken_elsewhere(document, world, before=known)
    return problems


def _overlaid(document: Document, known: Known) -> Known:
    """The workspace as it would be with the document."""
    actions = dict(known.actions)
    for action in document.actions:
        fields = actions[action.name].fields if action.name in actions else {}
        actions[action.name] = KnownAction(action.sources, fields, action.secret)
    templates = {**known.templates, **{template.key: template for template in document.templates}}
    named = {rule.key for rule in document.campaigns}
    others = tuple(rule for rule in known.campaigns if rule.key not in named)
    named_segments = {**known.segments, **{segment.key: segment for segment in document.segments}}
    return Known(actions, templates, named_segments, others)


def _template_problems(document: Document, complaints: Complaints) -> Iterator[Problem]:
    for index, template in enumerate(document.templates):
        for message in complaints(to_document(template)):
            yield Problem("error", f"templates[{index}]", "bad_template", message, template.key)


def _segment_problems(document: Document, world: Known) -> list[Problem]:
    problems: list[Problem] = []
    for index, segment in enumerate(document.segments):
        at = f"segments[{index}].where"
        segments.check(segment.where, world.segments, at=at, problems=problems)
        check_histories(segment.where, world.actions, at=at, problems=problems)
    if document.segments:
        segments.check_circle(document.segments, world.segments, at="segments", problems=problems)
        segments.check_sizes(world.segments, at="segments", problems=problems)
    return problems


def _check_rule(rule: Rule, world: Known, *, at: str) -> list[Problem]:
    problems: list[Problem] = []
    check_histories(rule.where, world.actions, at=f"{at}.where", problems=problems)
    check_fields(rule, world.actions, at=at, problems=problems)
    segments.check(rule.where, world.segments, at=f"{at}.where", problems=problems)
    _check_templates(rule, world, at=at, problems=problems)
    _check_value(rule, world, at=at, problems=problems)
    _check_secrets(rule, world, at=at, problems=problems)
    return problems


def _check_templates(rule: Rule, world: Known, *, at: str, problems: list[Problem]) -> None:
    for index, effect in enumerate(rule.effects):
        if isinstance(effect, Send) and effect.template not in world.templates:
            place = f"{at}.do[{index}].send.template"
            message = "There is no such template, neither in this document nor published before."
            known = sorted(world.templates)[:20]
            error(problems, place, code="unknown_template", message=message, value=effect.template, allowed=known)


def _check_secrets(rule: Rule, world: Known, *, at: str, problems: list[Problem]) -> None:
    """A property is shown wherever users are: no secret value may be copied into one."""
    action = world.actions.get(rule.trigger.name) if rule.trigger.kind == "action" else None
    for index, effect in enumerate(rule.effects):
        if action is None or not isinstance(effect, Set):
            continue
        for name, value in effect.properties:
            if isinstance(value, Path) and is_secret(value.path, action.secret):
                place = f"{at}.do[{index}].set.{name}.path"
                error(problems, place, code="secret_kept", message=_SECRET, value=value.path)


_SECRET: Final = (
    "This field is secret: its value stays in the event. Take it off the action's `secret`, or set something else."
)


def _check_value(rule: Rule, world: Known, *, at: str, problems: list[Problem]) -> None:
    """The effects that a forged event would gain from need trust, or a cap per user."""
    if is_safe(rule, _sources_of(rule, world)):
        return
    for index, effect in enumerate(rule.effects):
        place = f"{at}.do[{index}].{effect.name}"
        if effect.has_value(world.templates):
            error(problems, place, code="value_without_trust", message=_GAIN, value=rule.key, allowed=_REMEDIES)
        if sets_address(effect):
            warning(problems, place, code="forgeable_address", message=_ADDRESS, value=rule.key, allowed=TRUST)


_GAIN: Final = (
    "Any page could send this event again and again, and gain by it: let only trusted sources send it, "
    "or cap how often a user may enter."
)
_ADDRESS: Final = (
    "Any page could send this event, and decide where the user's mails go: let only trusted sources send it."
)
_REMEDIES: Final = (*TRUST, "entry: {limit: 1, window: 1d}", "entry: {key: once}")


def _sources_of(rule: Rule, world: Known) -> tuple[str, ...] | None:
    action = world.actions.get(rule.trigger.name) if rule.trigger.kind == "action" else None
    return action.sources if action else None


def _broken_elsewhere(document: Document, world: Known, *, before: Known) -> list[Problem]:
    """A document that opens an action or changes a template must not take the trust from campaigns it leaves out."""
    problems: list[Problem] = []
    for rule in world.campaigns:
        if rule.state == DRAFT or _lacks_trust(rule, before) or not _lacks_trust(rule, world):
            continue
        message = f'The campaign "{rule.key}", which this document leaves as it is, would lose its trust. {_GAIN}'
        place = _cause(rule, document)
        error(problems, place, code="value_without_trust", message=message, value=rule.key, allowed=_REMEDIES)
    return problems


def _lacks_trust(rule: Rule, world: Known) -> bool:
    problems: list[Problem] = []
    _check_value(rule, world, at="", problems=problems)
    return has_errors(problems)


def _cause(rule: Rule, document: Document) -> str:
    for index, action in enumerate(document.actions):
        if rule.trigger.kind == "action" and action.name == rule.trigger.name:
            return f"actions[{index}].sources"
    sent = {effect.template for effect in rule.effects if isinstance(effect, Send)}
    return next(
        (f"templates[{i}].html" for i, template in enumerate(document.templates) if template.key in sent), "templates"
    )
