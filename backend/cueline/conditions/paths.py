"""Paths like `event.amount`: a root and a walk through nested mappings.

A dot always descends: the payload key "a.b" has no path, the key "b" within "a" has `event.a.b`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Scope = Mapping[str, Any]
"""What a condition sees: the roots "event" (the payload), "meta" and "user", each a mapping, and its "moment"."""


Find = Callable[[Scope], Any]


class _Missing:
    """The value of a path that leads nowhere. Never stored; false in a boolean context."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()

ROOTS: Final = ("event", "meta", "user")
ITEM: Final = "item"  # a member, in a condition on the members of a list
LATER_ROOTS: Final = ("run", "history")
META_FIELDS: Final = (
    "action",
    "type",
    "source",
    "verified",
    "time",
    "url",
    "referrer",
    "title",
    "language",
    "timezone",
)
MAX_STEPS: Final = 16
MAX_LENGTH: Final = 300

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def split(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def lookup(scope: Scope, path: str) -> Any:
    """The value at a path; MISSING when a step leads nowhere."""
    return _walk(scope, split(path))


def finder(path: str) -> Find:
    """The lookup of one path, split once. The usual two steps take one: a root is a mapping, all but `item`."""
    steps = split(path)
    if len(steps) != 2 or steps[0] == ITEM:
        return lambda scope: _walk(scope, steps)
    root, step = steps
    return lambda scope: scope[root].get(step, MISSING)


def _walk(found: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        # Nearly everything is a dict; the test for a Mapping takes ten times as long.
        if type(found) is not dict and not isinstance(found, Mapping):
            return MISSING
        found = found.get(step, MISSING)
    return found


def fault_of(path: object, *, in_list: bool = False) -> tuple[str, tuple[str, ...]] | None:
    """What is wrong with a path and what would fit, or None. `in_list`: `item` is a member of a list there."""
    if not isinstance(path, str) or not path:
        return "A path is text like event.amount.", tuple(f"{root}." for root in ROOTS)
    if len(path) > MAX_LENGTH or path.count(".") >= MAX_STEPS or _CONTROL.search(path):
        return f"A path has at most {MAX_LENGTH} characters and {MAX_STEPS} steps, none a control one.", ()
    root, *steps = split(path)
    if root == ITEM and in_list:
        return None if all(steps) else ("A path has no empty steps.", ("item", "item.field"))
    if root not in ROOTS:
        return _root_fault(root)
    if not steps or not all(steps):
        return f"A path names a field behind its root, as {root}.field, without empty steps.", ()
    check = _ROOT_CHECKS.get(root)
    return check(steps) if check else None


def _root_fault(root: str) -> tuple[str, tuple[str, ...]]:
    allowed = tuple(f"{root}." for root in ROOTS)
    if root == ITEM:
        return '"item" is a member of a list: it is there only inside `{path: event.items, any: …}`.', allowed
    if root in LATER_ROOTS:
        return f'"{root}." is not available in this version.', allowed
    return f'A path begins with one of {", ".join(allowed)} not with "{root[:80]}".', allowed


def _meta_fault(steps: list[str]) -> tuple[str, tuple[str, ...]] | None:
    if len(steps) == 1 and steps[0] in META_FIELDS:
        return None
    return f'There is no "meta.{".".join(steps)}".', tuple(f"meta.{field}" for field in META_FIELDS)


def _user_fault(steps: list[str]) -> tuple[str, tuple[str, ...]] | None:
    if steps == ["points"]:
        return "Points are counted per currency: name it.", ("user.points.default",)
    if steps[0] in ("id", "tags") and len(steps) > 1:
        return f"user.{steps[0]} has no fields of its own.", (f"user.{steps[0]}",)
    return None


_ROOT_CHECKS: Final[Mapping[str, Callable[[list[str]], tuple[str, tuple[str, ...]] | None]]] = {
    "meta": _meta_fault,
    "user": _user_fault,
}
