"""A stream entry: one event as the door wrote it, before anyone has looked into it."""

from __future__ import annotations

from typing import Final

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


class BadEntry(CuelineError):
    """Bytes in a stream that are no entry of ours."""

    code = "bad_entry"


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StreamEntry)


def encode(entry: StreamEntry) -> bytes:
    return _encoder.encode(entry)


def decode(data: bytes) -> StreamEntry:
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadEntry(f"This is no stream entry: {error}") from error
