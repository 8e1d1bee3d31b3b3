"""A stream entry: one event as the door wrote it, before anyone has looked into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from cueline.errors import CuelineError

FIELD: Final = b"e"


class StreamEntry(msgspec.Struct, array_like=True, frozen=True):
    """Encoded as a JSON array; new fields go to the end, with a default.

    `payload` stays the raw JSON object until the drain needs it. `user_ext_id` is None when the envelope named no
    user (or an unverified one under `enforce`). `replay` is the id of the dead letter that this entry repeats.
    """

    workspace_id: int
    sender: str
    eid: str
    type: str
    payload: msgspec.Raw
    source: str
    at_ms: int
    received_ms: int
    visitor_id: str | None = None
    user_ext_id: str | None = None
    verified: bool = False
    hops: int = 0
    context: dict[str, str] = {}
    replay: int | None = None


# What is an event's own: eid, type, payload, source, at_ms, as they follow one another in the entry.
Own = tuple[str, str, msgspec.Raw | dict[str, Any], str, int]
# And what comes after: received_ms, visitor_id, user_ext_id, verified, hops, context.
Rest = tuple[int, str | None, str | None, bool, int, Mapping[str, str]]


class BadEntry(CuelineError):
    """Bytes in a stream that are no entry of ours."""

    code = "bad_entry"


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StreamEntry)


def encode(entry: StreamEntry) -> bytes:
    return _encoder.encode(entry)


def encode_all(workspace_id: int, sender: str, events: Sequence[Own], *, rest: Rest) -> list[bytes]:
    """The entries of one request: the same as `encode` of each, and what they share is written once."""
    if len(events) == 1:
        return [_encoder.encode((workspace_id, sender, *events[0], *rest))]
    # JSON that is written without white space has no line end but those between.
    first, last, *lines = _encoder.encode_lines([(workspace_id, sender), rest, *events]).split(b"\n")
    head, tail = first[:-1] + b",", b"," + last[1:]
    return [head + line[1:-1] + tail for line in lines if line]


def decode(data: bytes) -> StreamEntry:
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadEntry(f"This is no stream entry: {error}") from error
