"""What texts may hold, as the OpenAPI document says it: patterns that JavaScript reads as Python does."""

from __future__ import annotations

from typing import Final

STORABLE: Final = r"^[^\u0000]*$"
NO_CONTROL: Final = r"^[^\u0000-\u001f\u007f]*$"

_CONTROL: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
LINE: Final = rf"^[^{_CONTROL} ]([^{_CONTROL}]*[^{_CONTROL} ])?$"
KEY: Final = r"^[a-z0-9][a-z0-9_-]{0,63}$"
VERB: Final = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"
DURATION: Final = r"^[1-9][0-9]{0,8}[smhdw]$"

_STEP: Final = r"[^\u0000-\u001f\u007f.]+"
FIELD: Final = rf"^{_STEP}(\.{_STEP}){{0,14}}$"

# Ids as cursors: none needs more, and whatever matches fits into 64 bits.
ID: Final = r"^[0-8]?[0-9]{1,18}$"
PLACE: Final = r"^[0-8]?[0-9]{1,18}\.[0-9]{1,9}$"
