"""A child that ends when its parent does, however the parent ends (Linux; elsewhere a child may outlive a kill -9)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

_PR_SET_PDEATHSIG = 1


def tether() -> Callable[[], None] | None:
    """For Popen's `preexec_fn`. The child must be started by a thread that lives as long as the parent.

    The signal is SIGTERM: children that have processes of their own end those too, and Redis saves.
    """
    if sys.platform != "linux":
        return None
    # Loaded before the fork: after it, little is safe to do.
    libc: Any = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def hold() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)

    return hold
