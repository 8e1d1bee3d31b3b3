"""Which campaigns an event may start, found without looking at all of them.

Campaigns are filed under their trigger, and those whose condition needs one equality of a payload field also under
that value. Both sides use the keys of `conditions.equality`, so the index agrees with the operator `equals`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cueline.campaigns.spec import Rule
from cueline.conditions import History, Judge, LeafVerdict, Scope, equalities_of, finder, histories, why_not
from cueline.conditions.equality import Key, found_keys, wanted_keys
from cueline.conditions.tree import Holds


@dataclass(frozen=True, slots=True, eq=False)
class LiveCampaign:
    """An active campaign at its published version; `holds` is its compiled condition."""

    id: int
    version: int
    workspace_id: int
    rule: Rule
    holds: Holds
    _leaves: tuple[Judge, ...] | None = field(default=None, init=False, repr=False)
    _histories: tuple[History, ...] | None = field(default=None, init=False, repr=False)

    def why_not(self, scope: Scope) -> LeafVerdict | None:
        """What the condition says no to."""
        return why_not(self._found_leaves(), scope)

    @property
    def histories(self) -> tuple[History, ...]:
        """Where its condition looks back."""
        if self._histories is None:
            object.__setattr__(self, "_histories", histories(self._found_leaves()))
        return self._histories or ()

    def _found_leaves(self) -> tuple[Judge, ...]:
        """Found when one first asks: few campaigns are ever asked."""
        if self._leaves is None:
            leaves = tuple(leaf for _, leaf in self.rule.where.located(""))
            object.__setattr__(self, "_leaves", leaves)
        return self._leaves or ()


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The campaigns of one trigger: those that any payload may start, and the others by path and value."""

    everyone: tuple[LiveCampaign, ...]
    by_value: tuple[tuple[Callable[[Scope], Any], Mapping[Key, tuple[LiveCampaign, ...]]], ...]
    size: int


_EMPTY: Final = _Shelf((), (), 0)


class Index:
    """The live campaigns of one workspace."""

    __slots__ = ("_shelves",)

    def __init__(self, shelves: Mapping[tuple[str, str], _Shelf]) -> None:
        self._shelves = shelves

    @classmethod
    def build(cls, live: Iterable[LiveCampaign]) -> Index:
        """Raises ValueError for campaigns of several workspaces: no event may start a stranger's campaign."""
        members: dict[tuple[str, str], list[LiveCampaign]] = {}
        workspaces = set()
        for campaign in live:
            workspaces.add(campaign.workspace_id)
            members.setdefault((campaign.rule.trigger.kind, campaign.rule.trigger.name), []).append(campaign)
        if len(workspaces) > 1:
            raise ValueError(f"one index per workspace, not one for {sorted(workspaces)}")
        return cls({trigger: _shelf_of(campaigns) for trigger, campaigns in members.items()})

    def candidates(self, kind: str, name: str, event_payload: Mapping[str, Any]) -> Sequence[LiveCampaign]:
        """Every campaign with this trigger whose condition may hold for the payload, in order of their ids.

        Those left out need a value that the payload does not have; `triggered` counts them, too.
        """
        shelf = self._shelves.get((kind, name), _EMPTY)
        if not shelf.by_value:
            return shelf.everyone
        found = _found(shelf, {"event": event_payload})
        if not found:
            return shelf.everyone
        return sorted([*shelf.everyone, *found], key=_id_of)

    def triggered(self, kind: str, name: str) -> int:
        """How many campaigns have this trigger, candidates or not."""
        return self._shelves.get((kind, name), _EMPTY).size


def _found(shelf: _Shelf, scope: Scope) -> list[LiveCampaign]:
    found: list[LiveCampaign] = []
    for find, filed in shelf.by_value:
        for key in found_keys(find(scope)):
            found.extend(filed.get(key, ()))
    return found


def _id_of(campaign: LiveCampaign) -> int:
    return campaign.id


def _shelf_of(campaigns: list[LiveCampaign]) -> _Shelf:
    ordered = sorted(campaigns, key=_id_of)
    equalities = [_equalities(campaign) for campaign in ordered]
    crowd = Counter(equality for ways in equalities for equality in ways)
    everyone: list[LiveCampaign] = []
    filed: dict[str, dict[Key, list[LiveCampaign]]] = {}
    for campaign, ways in zip(ordered, equalities, strict=True):
        if not ways:
            everyone.append(campaign)
            continue
        # The value that the fewest share tells campaigns apart best.
        path, keys = min(ways, key=crowd.__getitem__)
        for key in keys:
            filed.setdefault(path, {}).setdefault(key, []).append(campaign)
    by_value = tuple((finder(path), {key: tuple(found) for key, found in keys.items()}) for path, keys in filed.items())
    return _Shelf(tuple(everyone), by_value, len(ordered))


def _equalities(campaign: LiveCampaign) -> list[tuple[str, tuple[Key, ...]]]:
    return [(path, wanted_keys(value)) for path, value in equalities_of(campaign.rule.where)]
