"""The rate limits of a workspace as token buckets of one partition."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

from cueline.config import Settings
from cueline.store.keys import Access
from cueline.streams.append import Limit

KEY: Final = "key"
ADDRESS: Final = "address"
VISITOR: Final = "visitor"
BURST: Final = 10


def browser_limits(
    access: Access, settings: Settings, *, address: str | None, visitor_id: str, cost: int
) -> tuple[Limit, ...]:
    """Per key, address and visitor. An unknown address (a unix socket) has no limit of its own."""
    visitor = f"{access.workspace_id}:{visitor_id}"
    limits = (key_limit(access, settings, cost=cost), _limit(VISITOR, visitor, _rate(access, settings, VISITOR), cost))
    if address is None:
        return limits
    who = f"{access.workspace_id}:{address}"
    return (*limits, _limit(ADDRESS, who, _share(_rate(access, settings, ADDRESS), settings.partitions), cost))


def key_limit(access: Access, settings: Settings, *, cost: int) -> Limit:
    return _limit(KEY, access.lookup, _share(_rate(access, settings, KEY), settings.partitions), cost)


@lru_cache(maxsize=10_000)
def address_key(address: str) -> str | None:
    """Whose bucket: an IPv4 address, an IPv6 /64 (what one household has). None for what is no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))


def _rate(access: Access, settings: Settings, kind: str) -> int:
    preset: int = getattr(settings, f"rate_{kind}")
    return preset if access.rates is None else access.rates.get(kind, preset)


def _share(rate: int, partitions: int) -> float:
    """Of a limit whose events spread over the partitions: twice the even share, for they never spread evenly.

    A visitor's events share one partition, so his limit is whole there.
    """
    return min(rate, 2 * rate / partitions)


def _limit(kind: str, who: str, rate: float, cost: int) -> Limit:
    return Limit(kind, who, rate, BURST * rate, cost)
