"""The campaign document: read from plain data, and written as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from cueline.campaigns import actions, kinds, segments, shape, templates
from cueline.campaigns.spec import Action, Document, Rule, Segment, Template
from cueline.errors import DocumentError, Problem
from cueline.problems import error, has_errors, kind_of, list_at, mapping_at, warning

KEYS: Final = ("actions", "templates", "segments", "campaigns")
MAX_ENTRIES: Final = 10_000
MAX_PROBLEMS: Final = 100

Entry = TypeVar("Entry", Action, Rule, Segment, Template)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The entries without errors, and every problem. Only a document without errors may be applied."""

    document: Document
    problems: tuple[Problem, ...]

    @property
    def is_valid(self) -> bool:
        return not has_errors(self.problems)


def parse(data: object) -> Parsed:
    """A document from plain data. Never raises: what is wrong becomes a problem with its path."""
    problems: list[Problem] = []
    if not shape.check(data, problems=problems):
        return Parsed(Document(), tuple(problems))
    if not isinstance(data, Mapping):
        message = f"A document is a mapping with some of {', '.join(KEYS)}, not {kind_of(data)}."
        error(problems, "", code="not_a_document", message=message, value=data, allowed=KEYS)
        return Parsed(Document(), tuple(problems))
    mapping_at(data, at="", keys=KEYS, problems=problems)
    document = Document(
        actions=_section(data, "actions", read=actions.parse, problems=problems),
        templates=_section(data, "templates", read=templates.parse, problems=problems),
        segments=_section(data, "segments", read=segments.parse, problems=problems),
        campaigns=_section(data, "campaigns", read=kinds.parse, problems=problems),
    )
    return Parsed(document, tuple(problems))


def _section(
    data: Mapping[str, Any], name: str, *, read: Callable[..., Entry | None], problems: list[Problem]
) -> tuple[Entry, ...]:
    value = data.get(name)
    members = [] if value is None else list_at(value, at=name, problems=problems, most=MAX_ENTRIES)
    entries: dict[str, Entry] = {}
    for index, member in enumerate(members):
        if len(problems) > MAX_PROBLEMS:
            warning(problems, name, code="more_problems", message="The rest was not read: too many problems.")
            break
        at = f"{name}[{index}]"
        entry = read(member, at=at, problems=problems)
        if entry is not None:
            _add(entry, entries, at=at, problems=problems)
    return tuple(entries.values())


def _add(entry: Entry, entries: dict[str, Entry], *, at: str, problems: list[Problem]) -> None:
    key = key_of(entry)
    if key in entries:
        message = f'"{key}" stands here for the second time.'
        field = "name" if isinstance(entry, Action) else "key"
        error(problems, f"{at}.{field}", code="duplicate_key", message=message, value=key)
        return
    entries[key] = entry


def key_of(entry: Action | Template | Segment | Rule) -> str:
    """What names an entry within its section."""
    return entry.name if isinstance(entry, Action) else entry.key


def rule_of(data: object) -> Rule:
    """A campaign as it was stored; DocumentError when it cannot be read."""
    return _stored(data, read=kinds.parse, at="campaign")


def template_of(data: object) -> Template:
    """A template as it was stored; DocumentError when it cannot be read."""
    return _stored(data, read=templates.parse, at="template")


def action_of(data: object) -> Action:
    """One entry of the action registry, as a person adds it; DocumentError names what is wrong."""
    return _stored(data, read=actions.parse, at="action")


def _stored(data: object, *, read: Callable[..., Entry | None], at: str) -> Entry:
    problems: list[Problem] = []
    entry = read(data, at=at, problems=problems) if shape.check(data, problems=problems) else None
    if entry is None:
        raise DocumentError(problems)
    return entry


def entry_to_dict(entry: Action | Template | Segment | Rule) -> dict[str, Any]:
    """One entry as plain data; what has its default is left out."""
    if isinstance(entry, Action):
        return actions.to_document(entry)
    if isinstance(entry, Template):
        return templates.to_document(entry)
    if isinstance(entry, Segment):
        return segments.to_document(entry)
    return kinds.to_document(entry)


def to_dict(document: Document) -> dict[str, Any]:
    """The document as plain data: `parse(to_dict(d))` is `d` again. Empty sections are left out."""
    sections: dict[str, tuple[Action | Template | Segment | Rule, ...]] = {
        "actions": document.actions,
        "templates": document.templates,
        "segments": document.segments,
        "campaigns": document.campaigns,
    }
    return {name: [entry_to_dict(entry) for entry in entries] for name, entries in sections.items() if entries}
