"""Schemathesis: whatever our OpenAPI document allows or forbids, the served app does as it says."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conformance import Findings, run, smaller, strict
from tests.api.site import Site, serve

SOAK_S = float(os.environ.get("SOAK_S", "60"))
PHASES = ("examples", "coverage", "fuzzing", "stateful")
SEEDED = {"seed": 20261123}


def generation(examples: int) -> dict[str, Any]:
    return {"max-examples": examples, "database": "none", "no-shrink": True}


def brief() -> dict[str, Any]:
    """Without asking each request of the coverage phase again without a key: the other phases do so as well."""
    return {"coverage": {"checks": {"ignored_auth": {"enabled": False}}}}


def only(*wanted: str) -> dict[str, Any]:
    return {phase: {"enabled": phase in wanted} for phase in PHASES}


@pytest.fixture
def site(redis_url: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(redis_url, database_url, tmp_path) as served:
        yield served


def assert_it_holds(found: Findings, site: Site) -> None:
    assert found.faults == {}, "\n\n".join(f"{where}\n{what}" for where, what in found.faults.items())
    # What both doors took the drain could store.
    assert site.count("events") > 0
    assert site.count("dead_letters") == 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_app_does_as_the_document_says(site: Site) -> None:
    found = run(site, smaller(strict(site.document())), phases=brief(), generation=generation(8), **SEEDED)
    assert_it_holds(found, site)
    for phase in PHASES:
        assert found.made[(phase, "response_schema_conformance")] > 5
        assert phase == "coverage" or found.made[(phase, "ignored_auth")] > 5


@pytest.mark.postgres
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_it_does_so_on_postgresql(site: Site) -> None:
    phases = only("examples", "fuzzing", "stateful")
    assert_it_holds(
        run(site, smaller(strict(site.document())), phases=phases, generation=generation(10), **SEEDED), site
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_document_does_not_say_is_found(site: Site) -> None:
    """The judge itself: a status, a header and a field that are not as the document has them."""
    document = strict(site.document())
    document["paths"] = {path: document["paths"][path] for path in ("/api/v1/actions", "/api/v1/actions/{name}")}
    del document["paths"]["/api/v1/actions"]["get"]["responses"]["400"]
    never = {"X-Never": {"required": True, "schema": {"type": "string"}}}
    document["components"]["responses"]["Refused401"]["headers"] = never
    document["components"]["schemas"]["Action"]["properties"]["count"] = {"type": "string"}
    found = run(site, document, phases=only("coverage"), generation=generation(1), **SEEDED)
    checks = {check for _, _, check, _ in found.faults}
    assert checks == {"status_code_conformance", "response_schema_conformance", "response_headers_conformance"}


@pytest.mark.soak
def test_it_does_so_for_as_long_as_it_is_let(site: Site) -> None:
    seed = random.randrange(2**32)
    options = {"seed": seed, "max-time": int(SOAK_S), "generation": {"database": "none", "no-shrink": True}}
    found = run(site, strict(site.document()), **options)
    assert_it_holds(found, site)
    print(f"seed {seed}: {found.made.total():,} checks")
