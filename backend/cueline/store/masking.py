"""Secret payload values: which paths are secret, and what is shown in their place.

Used wherever an event is shown. The rendered body of a delivery is the one exception, by design.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from cueline.campaigns.secrets import is_secret
from cueline.deeplinks.grammar import decode_percent
from cueline.events import MASK
from cueline.store.tables import actions

# What a trace's leaf says about the campaign's document rather than about the event.
_DOCUMENT_PARTS: Final = frozenset({"path", "op"})


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secret payload paths of a workspace, by action name."""

    by_action: Mapping[str, tuple[str, ...]]

    def paths(self, action: str | None) -> tuple[str, ...]:
        return self.by_action.get(action, ()) if action else ()

    def payload(self, action: str | None, payload: Any) -> Any:
        """The payload of that action with its secret values masked; the raw text of a deep link in it too."""
        shown = mask_paths(payload, self.paths(action))
        if isinstance(shown, dict) and isinstance(shown.get("link"), str) and _is_link(shown["link"]):
            return shown | {"link": self.link(shown["link"])}
        return shown

    def link(self, text: str | None) -> str | None:
        """A raw deep link, its secret parameters masked piece by piece, so that a broken one is masked as well."""
        if text is None or not self.by_action:
            return text
        pieces = text.split("&")
        hidden = self._secret_parameters(pieces)
        return "&".join(_masked_piece(piece, hidden) for piece in pieces)

    def matches(self, action: str | None, matches: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What a campaign said to an event; a condition's leaf may quote the value that it looked at."""
        paths = self.paths(action)
        return [_masked_match(match, paths) for match in matches] if paths else matches

    def text(self, action: str | None, payload: Any, text: str | None) -> str | None:
        """A text that was rendered from the payload, such as a subject."""
        if text is None:
            return None
        for value in sorted(set(_values(payload, self.paths(action))), key=len, reverse=True):
            text = text.replace(value, MASK)
        return text

    def value(self, action: str | None, payload: Any, value: Any) -> Any:
        """A value that an effect took, maybe from the payload."""
        text = str(value)
        masked = self.text(action, payload, text)
        return value if masked == text else masked

    def _secret_parameters(self, pieces: list[str]) -> frozenset[str]:
        names = [_value(piece) for piece in pieces if _key(piece).lower() == "action"]
        # Which action it meant cannot be told: then whatever is secret anywhere stays secret.
        groups = [self.paths(names[-1])] if names else self.by_action.values()
        return frozenset(path.lower() for paths in groups for path in paths)


def load(connection: Connection, workspace_id: int) -> Secrets:
    query = select(actions.c.name, actions.c.secret).where(actions.c.workspace_id == workspace_id)
    return Secrets({row.name: tuple(row.secret) for row in connection.execute(query) if row.secret})


def mask_paths(value: Any, paths: tuple[str, ...]) -> Any:
    """A copy with the values at the paths masked. A list on the way means each of its elements."""
    for path in paths:
        value = _mask(value, path)
    return value


def _mask(value: Any, path: str) -> Any:
    if isinstance(value, list):
        return [_mask(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    if path in value:
        return value | {path: MASK}
    return {key: _mask(item, _below(path, key)) if _below(path, key) else item for key, item in value.items()}


def _below(path: str, key: str) -> str:
    """The rest of a path that goes through the key, else nothing."""
    return path[len(key) + 1 :] if path.startswith(f"{key}.") else ""


def _values(value: Any, paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        yield from _texts_at(value, path)


def _texts_at(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts_at(item, path)
    if not isinstance(value, dict):
        return
    if path in value:
        yield from _texts(value[path])
    for key, item in value.items():
        if _below(path, key):
            yield from _texts_at(item, _below(path, key))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        yield str(value)


def _masked_match(match: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    leaf = match.get("leaf")
    if not isinstance(leaf, dict) or not is_secret(str(leaf.get("path", "")), paths):
        return match
    return match | {"leaf": {key: item if key in _DOCUMENT_PARTS else MASK for key, item in leaf.items()}}


def _is_link(text: str) -> bool:
    return text.lstrip()[:3].lower() == "dp:"


def _masked_piece(piece: str, hidden: frozenset[str]) -> str:
    key, equals, _ = piece.partition("=")
    return f"{key}={MASK}" if equals and _key(piece).lower() in hidden else piece


def _key(piece: str) -> str:
    return decode_percent(piece.partition("=")[0])


def _value(piece: str) -> str:
    return decode_percent(piece.partition("=")[2])
