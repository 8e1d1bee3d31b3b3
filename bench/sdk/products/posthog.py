"""PostHog: its script from the HTML snippet of its documentation (the part that keeps calls), defaults otherwise."""

from __future__ import annotations

import json
from typing import Any, Final

from bench.sdk.product import MARKED, Answer, Arrived, Product
from bench.sdk.products.packages import MODULES, script, version

# What the documented snippet does: methods that keep their calls in the array which the script takes over.
_STUB: Final = """<script>
!function (d, e) {
  if (e.__SV) return
  window.posthog = e; e._i = []
  e.init = function (key, options, name) {
    var s = d.createElement('script'); s.async = !0; s.src = options.api_host + '/static/array.js'
    d.head.appendChild(s)
    'capture identify register reset on'.split(' ').forEach(function (method) {
      e[method] = function () { e.push([method].concat([].slice.call(arguments))) }
    })
    e.people = e.people || []
    e._i.push([key, options, name || 'posthog'])
  }
  e.__SV = 1
}(document, window.posthog || []);
"""


def product() -> Product:
    bundle = script(MODULES / "posthog-js/dist/array.js")
    return Product(
        name="PostHog",
        version=version("posthog-js"),
        files={"/static/array.js": bundle},
        served=bundle,
        evaluated=bundle.decode(),
        head=lambda origin: f"{_STUB}{_start(origin)}</script>",
        start=_start,
        ready="!!(window.posthog && posthog.__loaded)",
        call=f"(marker) => posthog.capture('{MARKED}', {{ marker }})",
        collects="^/(e|i/v0/e|batch)/?$",
        read=_read,
        is_stub=True,
        answers={"/flags": lambda _: Answer('{"featureFlags": {}, "flags": {}}'), "/config": lambda _: Answer("{}")},
        answer=Answer('{"status": 1}'),
    )


def _start(origin: str) -> str:
    # A browser that a program steers is a bot to it, unless it is told not to look.
    return f"posthog.init('phc_bench', {json.dumps({'api_host': origin, 'opt_out_useragent_filter': True})})"


def _read(body: Any) -> list[Arrived]:
    events = body if isinstance(body, list) else body.get("batch", [body])
    return [Arrived(one["properties"]["marker"], one["uuid"]) for one in events if one.get("event") == MARKED]
