"""The limits of both doors, in one place (docs/collect.md shows them)."""

from __future__ import annotations

from typing import Final

MAX_COLLECT_BYTES: Final = 64 * 1024
MAX_COLLECT_EVENTS: Final = 100
MAX_SERVER_BYTES: Final = 10 * 1024 * 1024
MAX_SERVER_EVENTS: Final = 1_000
# One read of the drain is up to 500 entries: they must fit into its memory.
MAX_EVENT_BYTES: Final = 256 * 1024
# Written with an escape for every character, and beyond that not even read.
MAX_RAW_EVENT_BYTES: Final = 8 * MAX_EVENT_BYTES

MAX_DEPTH: Final = 16  # the payload itself is 1
MAX_KEYS: Final = 200
MAX_ID: Final = 128  # eid, visitor_id, user id, custom type
MAX_ACTION: Final = 100
MAX_LINK: Final = 4_096
MAX_PROPERTY_NAME: Final = 128
MAX_TAG: Final = 128
MAX_TAGS: Final = 200
MAX_CONTEXT: Final = 2_000

MAX_AGE_MS: Final = 30 * 24 * 3600 * 1000
MAX_AHEAD_MS: Final = 5 * 60 * 1000

# Signed and unsigned 64 bits: what JSON numbers of other languages hold.
MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**64 - 1
