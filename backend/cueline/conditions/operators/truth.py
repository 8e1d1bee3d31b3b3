"""is_true, is_false: of booleans alone."""

from __future__ import annotations

from typing import Any, Final

from cueline.conditions.operators.operator import Operator, Test
from cueline.conditions.values import BOOLEAN

_FITS: Final = frozenset({BOOLEAN})


def _is_true(_wanted: Any) -> Test:
    return lambda found: found is True


def _is_false(_wanted: Any) -> Test:
    return lambda found: found is False


OPERATORS: Final = (
    Operator(name="is_true", summary="the field is true", fits=_FITS, prepare=_is_true, needs_value=False),
    Operator(name="is_false", summary="the field is false", fits=_FITS, prepare=_is_false, needs_value=False),
)
