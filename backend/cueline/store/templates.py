"""What a stored template says; `publishing` writes them, `store.deliveries.contexts` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

TRANSACTIONAL: Final = "transactional"


def repeats_after_crash(document: Mapping[str, Any]) -> bool:
    """Whether a mail that crashed between send and record is sent again.

    As the template says; unsaid, a transactional one is repeated and any other is not.
    """
    said = document.get("repeat_after_crash")
    return bool(said) if said is not None else document.get("category") == TRANSACTIONAL
