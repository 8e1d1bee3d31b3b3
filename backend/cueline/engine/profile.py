"""Who may write what on a user: each property and tag keeps who wrote it.

An unverified browser changes only what an unverified browser wrote: or anyone could log in as somebody else with an
e-mail address of his own, and receive that person's mails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from cueline import events
from cueline.engine.state import UserState
from cueline.events import Event, Payload

BROWSER: Final = "browser"
VERIFIED: Final = "verified"
SERVER: Final = "server"
CAMPAIGN: Final = "campaign"

MAX_PROPERTIES: Final = 500
MAX_TAGS: Final = 500

PROTECTED: Final = "protected"  # reason: someone more trusted wrote it
TOO_MANY: Final = "too_many"  # reason: the profile is full


def writer_of(event: Event) -> str:
    if event.source in (events.SERVER, events.SYSTEM):
        return SERVER
    return VERIFIED if event.verified else BROWSER


def change(user: UserState, event: Event, payload: Payload) -> str | None:
    """Applies a login, update_profile or tags event. Returns the reason for what was left out, else None."""
    changer = _CHANGERS.get(event.type)
    return changer(user, payload, writer_of(event)) if changer else None


def set_properties(user: UserState, properties: Mapping[str, Any], *, writer: str) -> str | None:
    """None as a value deletes the property."""
    reason = None
    for name, value in properties.items():
        if not _may_write(user, f"properties.{name}", writer):
            reason = f"{PROTECTED}:{name}"
        elif value is None:
            _drop_property(user, name, writer)
        elif name not in user.properties and len(user.properties) >= MAX_PROPERTIES:
            reason = f"{TOO_MANY}_properties"
        else:
            _set_property(user, name, value, writer)
    return reason


def add_tags(user: UserState, tags: Iterable[str], *, writer: str) -> str | None:
    reason = None
    for tag in tags:
        if tag in user.tags:
            _raise_writer(user, f"tags.{tag}", writer)
        elif not _may_write(user, f"tags.{tag}", writer):
            reason = f"{PROTECTED}:{tag}"
        elif len(user.tags) >= MAX_TAGS:
            reason = f"{TOO_MANY}_tags"
        else:
            user.tags = sorted([*user.tags, tag])
            user.writers[f"tags.{tag}"] = writer
            user.touch()
    return reason


def remove_tags(user: UserState, tags: Iterable[str], *, writer: str) -> str | None:
    reason = None
    for tag in list(tags):
        if not _may_write(user, f"tags.{tag}", writer):
            reason = f"{PROTECTED}:{tag}"
        elif tag in user.tags or writer != BROWSER:
            user.tags = [t for t in user.tags if t != tag]
            _note_removal(user, f"tags.{tag}", writer)
    return reason


def _may_write(user: UserState, what: str, writer: str) -> bool:
    return writer != BROWSER or user.writers.get(what, BROWSER) == BROWSER


def _set_property(user: UserState, name: str, value: Any, writer: str) -> None:
    if user.properties.get(name) == value and type(user.properties.get(name)) is type(value):
        _raise_writer(user, f"properties.{name}", writer)
        return
    user.properties[name] = value
    user.writers[f"properties.{name}"] = writer
    user.touch()


def _drop_property(user: UserState, name: str, writer: str) -> None:
    if user.properties.pop(name, None) is None and writer == BROWSER:
        return
    _note_removal(user, f"properties.{name}", writer)


def _note_removal(user: UserState, what: str, writer: str) -> None:
    """A trusted writer stays noted: a browser must not bring back what a server took away."""
    if writer == BROWSER:
        user.writers.pop(what, None)
    else:
        user.writers[what] = writer
    user.touch()


def _raise_writer(user: UserState, what: str, writer: str) -> None:
    """The same value from someone more trusted protects it from now on; a browser never lowers the trust."""
    if writer != BROWSER and user.writers.get(what, BROWSER) == BROWSER:
        user.writers[what] = writer
        user.touch()


def _change_properties(user: UserState, payload: Payload, writer: str) -> str | None:
    return set_properties(user, payload.get("properties") or {}, writer=writer)


def _change_tags(user: UserState, payload: Payload, writer: str) -> str | None:
    values = payload.get("values") or []
    return _TAG_OPS[payload["op"]](user, values, writer)


def _replace_tags(user: UserState, values: list[str], writer: str) -> str | None:
    wanted = set(values)
    removed = remove_tags(user, [t for t in user.tags if t not in wanted], writer=writer)
    return add_tags(user, values, writer=writer) or removed


_TAG_OPS: Final[Mapping[str, Callable[[UserState, list[str], str], str | None]]] = {
    "add": lambda user, values, writer: add_tags(user, values, writer=writer),
    "remove": lambda user, values, writer: remove_tags(user, values, writer=writer),
    "replace": _replace_tags,
    "clear": lambda user, _values, writer: remove_tags(user, user.tags, writer=writer),
}

_CHANGERS: Final[Mapping[str, Callable[[UserState, Payload, str], str | None]]] = {
    events.LOGIN: _change_properties,
    events.UPDATE_PROFILE: _change_properties,
    events.TAGS: _change_tags,
}
