"""The OpenAPI document held against the served app by Schemathesis."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import Status, events, from_schema

from tests.api.site import SECRET_KEY, WRITE_KEY, Site

REFUSED = ["400", "401", "403", "404", "405", "406", "413", "415", "422"]
TAKEN = ["2xx", "401", "403", "404", "406", "429"]
LARGE = 1_000
DOORS = {"POST /api/v1/events": ("errors", "duplicates"), "POST /v1/collect": ("rejected",)}

# What a schema cannot say, and why.
EXCEPTIONS = [
    {
        # What a document means only we can judge: conditions, templates that are not there, effects of value without
        # trust or cap. 422 names each fault.
        "include-name": ["PUT /api/v1/campaigns", "POST /api/v1/actions"],
        "checks": {"positive_data_acceptance": {"expected-statuses": [*TAKEN, "422"]}},
    },
    {
        # A wrong event does not turn away the others of its request: it is named beside the 202, which
        # `each_event_is_taken_or_named` holds them to.
        "include-name": [*DOORS],
        "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSED, "202"]}},
    },
]


@schemathesis.check
def each_event_is_taken_or_named(ctx: schemathesis.CheckContext, response: Any, case: schemathesis.Case) -> None:
    names = DOORS.get(case.operation.label)
    if names is None or response.status_code != 202:
        return
    answer = response.json()
    sent = case.body["events"] if "rejected" in names else case.body
    named = sum(_size(answer[name]) for name in names)
    assert answer["accepted"] + named == (len(sent) if isinstance(sent, list) else 1), (sent, answer)
    assert named > 0 or not _is_wrong(case), (sent, answer)


def _size(named: Any) -> int:
    """`rejected` is a list, `duplicates` a number, `errors` lists by eid."""
    if isinstance(named, dict):
        return sum(map(len, named.values()))
    return named if isinstance(named, int) else len(named)


def _is_wrong(case: schemathesis.Case) -> bool:
    body = case.meta and case.meta.components.get(ParameterLocation.BODY)
    return bool(body and body.mode.is_negative)


@schemathesis.serializer("text/plain")
def as_text(ctx: schemathesis.SerializationContext, value: Any) -> bytes:
    """What the collector takes as text is JSON."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@dataclass
class Findings:
    """How often each check was made in each phase, and what was wrong."""

    made: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: dict[tuple[str, ...], str] = field(default_factory=dict)

    def take(self, event: events.EngineEvent) -> None:
        if isinstance(event, events.ScenarioFinished):
            self._take_checks(event)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            self.faults[("error", str(getattr(event, "label", "")))] = repr(event)

    def _take_checks(self, event: events.ScenarioFinished) -> None:
        for check in (check for checks in event.recorder.checks.values() for check in checks):
            self.made[(event.phase.value, check.name)] += 1
            if check.status != Status.SUCCESS:
                found = check.failure_info
                key = (event.phase.value, str(event.label), check.name, found.failure.title if found else "")
                self.faults.setdefault(key, f"{found.failure.message}\n{found.code_sample}" if found else "")


def run(site: Site, document: dict[str, Any], **options: Any) -> Findings:
    """All phases of Schemathesis, with every check that it has. `options`: of its configuration."""
    findings = Findings()
    schema = schemathesis.openapi.from_dict(document, config=_config(site, options))
    for event in from_schema(schema).execute():
        findings.take(event)
    return findings


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """The document as it is, but that `default` allows no other status, and the write key is one that there is."""
    for path in document["paths"].values():
        for method in path.keys() & {"get", "post", "put", "patch", "delete"}:
            del path[method]["responses"]["default"]
    document["components"]["schemas"]["Envelope"]["properties"]["key"] = {"enum": [WRITE_KEY]}
    content = document["paths"]["/v1/collect"]["post"]["requestBody"]["content"]
    content["application/json"]["example"]["key"] = WRITE_KEY
    content["text/plain"] = {"schema": content["text/plain"]["schema"]["contentSchema"]}
    return document


def smaller(schema: Any) -> Any:
    """The same without limits that take seconds to reach: texts of 256 KiB, lists of 10,000 campaigns."""
    if isinstance(schema, list):
        return [smaller(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    is_large = {
        name for name in ("maxLength", "maxItems") if isinstance(schema.get(name), int) and schema[name] > LARGE
    }
    return {name: smaller(value) for name, value in schema.items() if name not in is_large}


def _config(site: Site, options: dict[str, Any]) -> schemathesis.Config:
    config: dict[str, Any] = {
        "base-url": site.url,
        "headers": {"Authorization": f"Bearer {SECRET_KEY}"},
        "continue-on-failure": True,
        "output": {"sanitization": {"enabled": False}, "truncation": {"enabled": False}},
        "request-timeout": 120,
        # A machine under load is no fault of the app's.
        "suppress-health-check": ["all"],
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},
        "operations": EXCEPTIONS,
    }
    return schemathesis.Config.from_dict(config | options)
