"""The products, ours first."""

from __future__ import annotations

from bench.sdk.product import Product
from bench.sdk.products import amplitude, cueline, plausible, posthog, segment, snowplow, umami


def products() -> list[Product]:
    return [room.product() for room in (cueline, umami, plausible, snowplow, segment, amplitude, posthog)]
