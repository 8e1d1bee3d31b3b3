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
_PRESET: Final[dict[str, int]] = {}


def browser_limits(
    access: Access, settings: Settings, *, address: str | None, visitor_id: str, cost: int
) -> tuple[Limit, ...]:
    """Per key, address and visitor. An unknown address (a unix socket) has no limit of its own."""
    rates, workspace = access.rates or _PRESET, access.workspace_id
    by_visitor = rates.get(VISITOR, settings.rate_visitor)
    limits = (
        key_limit(access, settings, cost=cost),
        Limit(VISITOR, f"{workspace}:{visitor_id}", by_visitor, BURST * by_visitor, cost),
    )
    if address is None:
        return limits
    by_address = _share(rates.get(ADDRESS, settings.rate_address), settings.partitions)
    return (*limits, Limit(ADDRESS, f"{workspace}:{address}", by_address, BURST * by_address, cost))


def key_limit(access: Access, settings: Settings, *, cost: int) -> Limit:
    return _key_limit(access.lookup, (access.rates or _PRESET).get(KEY, settings.rate_key), settings.partitions, cost)


@lru_cache(maxsize=1_000)
def _key_limit(lookup: str, rate: int, partitions: int, cost: int) -> Limit:
    by_key = _share(rate, partitions)
    return Limit(KEY, lookup, by_key, BURST * by_key, cost)


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


@lru_cache(maxsize=1_000)
def _share(rate: int, partitions: int) -> float:
    """Of a limit whose events spread over the partitions: twice the even share, for they never spread evenly.

    A visitor's events share one partition, so his limit is whole there.
    """
    return min(rate, 2 * rate / partitions)
