"""The payloads of the built-in types: what each must hold, and the one shape that the drain reads.

A door's payloads are a table from type to a function that returns the payload to store or raises EventRefused.
Every other type takes any payload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from cueline import events
from cueline.errors import EventRefused
from cueline.intake.limits import MAX_ACTION, MAX_LINK, MAX_PROPERTY_NAME, MAX_TAG, MAX_TAGS
from cueline.intake.values import has_control, is_storable, shown

Payload = dict[str, Any]
Shape = Callable[[Payload], Payload]

TAG_OPERATIONS: Final = ("add", "remove", "replace", "clear")


def client_action(payload: Payload) -> Payload:
    """`action` is another spelling of `client_action`, where that is missing."""
    if "client_action" not in payload and "action" in payload:
        rest = {key: value for key, value in payload.items() if key != "action"}
        payload = {"client_action": payload["action"], **rest}
    _check_action_name(payload.get("client_action"))
    return payload


def _check_action_name(name: Any) -> None:
    if isinstance(name, str) and _is_action_name(name):
        return
    raise EventRefused(
        "bad_action",
        f"payload.client_action must name the action in 1 to {MAX_ACTION} characters, without control characters "
        "and without white space at its ends.",
        field="payload.client_action",
    )


@lru_cache(maxsize=4_096)
def _is_action_name(name: str) -> bool:
    fits = 0 < len(name) <= MAX_ACTION and name == name.strip(" ")
    return fits and not has_control(name) and is_storable(name)


def deep_link(payload: Payload) -> Payload:
    """The grammar is not judged here: the worker decodes the link and keeps one with an error, too."""
    link = payload.get("link")
    if isinstance(link, str) and len(link) <= MAX_LINK:
        return payload
    message = f"payload.link must be the deep link as text of at most {MAX_LINK} characters."
    raise EventRefused("bad_link", message, field="payload.link")


def properties(payload: Payload) -> Payload:
    """The browser's spelling: `{"properties": {…}}`, absent means none."""
    found = payload.get("properties", {})
    if not isinstance(found, dict):
        raise _bad_properties("payload.properties must be an object.")
    for name in found:
        if not 0 < len(name) <= MAX_PROPERTY_NAME or has_control(name):
            raise _bad_properties(
                f"A property's name has 1 to {MAX_PROPERTY_NAME} characters and no control character: {shown(name)!r}."
            )
    return {**payload, "properties": found}


def payload_is_properties(payload: Payload) -> Payload:
    """The server's spelling: the payload is the properties. The browser's is understood, too."""
    is_browsers = set(payload) == {"properties"} and isinstance(payload["properties"], dict)
    return properties(payload if is_browsers else {"properties": payload})


def _bad_properties(message: str) -> EventRefused:
    return EventRefused("bad_properties", message, field="payload.properties")


def tags(payload: Payload) -> Payload:
    operation, values = payload.get("op"), payload.get("values", [])
    if operation not in TAG_OPERATIONS:
        raise EventRefused("bad_tags", f"payload.op must be one of {', '.join(TAG_OPERATIONS)}.", field="payload.op")
    if not isinstance(values, list) or len(values) > MAX_TAGS or not all(map(_is_tag, values)):
        message = f"payload.values must be a list of at most {MAX_TAGS} texts of 1 to {MAX_TAG} characters."
        raise EventRefused("bad_tags", message, field="payload.values")
    return {**payload, "values": values}


def _is_tag(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TAG and not has_control(value)


BROWSER: Final[Mapping[str, Shape]] = {
    events.CLIENT_ACTION: client_action,
    events.DEEP_LINK: deep_link,
    events.LOGIN: properties,
    events.UPDATE_PROFILE: properties,
    events.TAGS: tags,
}

SERVER: Final[Mapping[str, Shape]] = {
    **BROWSER,
    events.LOGIN: payload_is_properties,
    events.UPDATE_PROFILE: payload_is_properties,
}
