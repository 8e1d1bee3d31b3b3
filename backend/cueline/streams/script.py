"""A server-side script by its hash, and by its text where Redis does not know it: on a cluster any node may not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError


class Script:
    """Called with the keys, all of one partition, and the arguments."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sha = hashlib.sha1(text.encode()).hexdigest()

    def __call__(self, redis: Redis, keys: Sequence[str], *arguments: str | int) -> Any:
        try:
            return redis.evalsha(self._sha, len(keys), *keys, *arguments)
        except NoScriptError:
            return redis.eval(self._text, len(keys), *keys, *arguments)
