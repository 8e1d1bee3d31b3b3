"""Entries as one answer of a script: their ids and lengths in one text, their data joined in another.

Redis's usual answer nests five values for each entry, and reading those took a drain ten times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from cueline.streams.entry import FIELD

FRAMED: Final = f"""
local function framed(entries)
  local heads, bodies = {{}}, {{}}
  for i, entry in ipairs(entries) do
    local data = false
    for j = 1, #entry[2], 2 do
      if not data and entry[2][j] == '{FIELD.decode()}' then data = entry[2][j + 1] end
    end
    heads[i] = entry[1] .. ' ' .. (data and #data or -1)
    bodies[i] = data or ''
  end
  return {{table.concat(heads, ' '), table.concat(bodies)}}
end
"""
"""Lua: `framed(entries)` is the answer for a list of stream entries, each an id and its fields."""


class Message(Struct, frozen=True):
    """An entry as it lies in its stream. `data` is None when the entry has no field of ours."""

    partition: int
    stream_id: str
    data: bytes | None


def messages(partition: int, answer: Sequence[bytes]) -> list[Message]:
    """The entries of a framed answer."""
    heads, bodies = answer
    words = heads.decode().split()
    found: list[Message] = []
    start = 0
    for stream_id, length in zip(words[::2], map(int, words[1::2]), strict=True):
        end = start + max(length, 0)
        found.append(Message(partition, stream_id, None if length < 0 else bodies[start:end]))
        start = end
    return found
