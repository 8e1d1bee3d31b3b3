"""`{points: 10}` or `{points: {amount: 10, currency: default}}`: an entry in the user's ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cueline.campaigns.effects.effect import Step
from cueline.errors import Problem
from cueline.problems import error, integer_at, join, key_at, mapping_at, missing

if TYPE_CHECKING:
    from cueline.campaigns.spec import Template

DEFAULT_CURRENCY: Final = "default"
MAX_AMOUNT: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Points:
    amount: int
    currency: str = DEFAULT_CURRENCY

    name: ClassVar[str] = "points"
    summary: ClassVar[str] = "adds points to the user's balance, or takes them off (a negative amount)"

    @classmethod
    def parse(cls, value: object, *, at: str, problems: list[Problem]) -> Points | None:
        if not isinstance(value, Mapping):
            amount = _amount(value, at=at, problems=problems)
            return None if amount is None else cls(amount)
        document = mapping_at(value, at=at, keys=("amount", "currency"), problems=problems) or {}
        if "amount" not in document:
            missing(problems, at, key="amount")
            return None
        amount = _amount(document["amount"], at=join(at, "amount"), problems=problems)
        currency = key_at(document.get("currency", DEFAULT_CURRENCY), at=join(at, "currency"), problems=problems)
        return None if amount is None or currency is None else cls(amount, currency)

    def to_document(self) -> Any:
        if self.currency == DEFAULT_CURRENCY:
            return self.amount
        return {"amount": self.amount, "currency": self.currency}

    def apply(self, step: Step) -> None:
        step.add_points(self.amount, self.currency)

    def has_value(self, templates: Mapping[str, Template]) -> bool:
        return True

    def paths(self) -> tuple[str, ...]:
        return ()


def _amount(value: object, *, at: str, problems: list[Problem]) -> int | None:
    amount = integer_at(value, at=at, problems=problems, least=-MAX_AMOUNT, most=MAX_AMOUNT)
    if amount == 0:
        error(problems, at, code="no_effect", message="0 points change nothing.", value=0)
        return None
    return amount
