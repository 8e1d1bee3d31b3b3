"""When Python looks for garbage while a drain works.

What a batch makes is freed by counting references as the batch ends. Within it, thousands of objects live at once, and
Python's default, a look at each 700 new ones, finds nothing: it took an eighth of a drain's CPU. The threshold is still
low enough for what does lie in circles (exceptions, mostly) to be a few megabytes at most.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# More than a batch of 500 makes.
_NEW_OBJECTS: Final = 50_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Python's own thresholds come back at the end; a threshold that is higher already stays."""
    before = gc.get_threshold()
    # 0 is off, and stays off.
    gc.set_threshold(before[0] and max(_NEW_OBJECTS, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
