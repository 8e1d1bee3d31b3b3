"""Channels by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cueline.config import Settings
from cueline.deliveries.channels import email
from cueline.deliveries.channels.channel import Channel

CHANNELS: Final[Mapping[str, Callable[[Settings], Channel]]] = {"email": email.open_channel}
