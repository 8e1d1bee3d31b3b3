"""The two parsers, Python's and the snippet's, on random texts. `make fuzz-links` runs a million."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import IO, Any

import pytest

from cueline.deeplinks import Refusal, capture, parse
from tests.deeplinks.generator import addresses, links
from tests.deeplinks.vectors import cases

COUNT = int(os.environ.get("CUELINE_FUZZ_LINKS", "100000"))
SEED = int(os.environ.get("CUELINE_FUZZ_SEED", "20"))
NODE_SCRIPT = Path(__file__).parents[1] / "sdk" / "agree.mjs"

ERRORS = {
    *{"empty", "too_long", "control_character", "not_a_deep_link", "bad_verb", "bad_key", "value_too_long"},
    *{"too_many_parameters", "missing_action", "bad_action"},
}


@pytest.mark.node
def test_python_and_javascript_read_every_text_alike() -> None:
    texts = _texts(COUNT)
    errors: Counter[str] = Counter()
    captured = 0
    for text, answer in zip(texts, _javascript(_texts(COUNT)), strict=True):
        assert json.loads(answer) == _python(text), f"seed {SEED}: {json.dumps(text)}"
        errors[_error(text)] += 1
        captured += '"link":null' not in answer
    assert set(errors) == {*ERRORS, ""}, "the texts reach every error"
    assert min(errors.values()) > COUNT / 2000
    assert captured > COUNT / 8


def _texts(count: int) -> Iterator[str]:
    """Random links and addresses in turn, by the seed; the shared cases first."""
    known = [case["link"] for case in cases("links")] + [case["href"] for case in cases("urls")]
    random = Random(SEED)
    mixed = (text for pair in zip(links(random), addresses(random), strict=False) for text in pair)
    yield from known
    yield from islice(mixed, count)


def _python(text: str) -> dict[str, Any]:
    answer = {"parse": parse(text).as_dict(), "capture": capture(text).as_dict()}
    # through JSON, as the other side's: it joins surrogate halves that Python keeps apart
    found: dict[str, Any] = json.loads(json.dumps(answer))
    return found


def _error(text: str) -> str:
    parsed = parse(text)
    return parsed.error if isinstance(parsed, Refusal) else ""


def _javascript(texts: Iterator[str]) -> Iterator[str]:
    with _node() as (stdin, stdout):
        writer = threading.Thread(target=_feed, args=(stdin, texts))
        writer.start()
        yield from stdout
        writer.join()


@contextmanager
def _node() -> Iterator[tuple[IO[str], IO[str]]]:
    command = ["node", str(NODE_SCRIPT)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    assert child.stdin
    assert child.stdout
    try:
        yield child.stdin, child.stdout
        assert child.wait(30) == 0
    finally:
        child.kill()


def _feed(stdin: IO[str], texts: Iterator[str]) -> None:
    with stdin:
        stdin.writelines(json.dumps(text) + "\n" for text in texts)
