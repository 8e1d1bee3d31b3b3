from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cueline.cli.link import link
from tests.deeplinks.vectors import cases

PAGE = "https://shop.example/deposit.html"


def _run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(link, list(arguments), input=stdin)


def _lines(*arguments: str, stdin: bytes) -> list[Any]:
    result = _run(*arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_make_prints_the_address() -> None:
    assert _run("make", PAGE, "DEPOSIT_OPENED").stdout == f"{PAGE}#_dp=dp%3Aaction%26action%3DDEPOSIT_OPENED\n"


def test_make_takes_parameters_and_a_place() -> None:
    result = _run("make", PAGE, "A", "--param", "sum=1+1=2", "--param", "note=a b", "--in", "query")
    assert result.stdout == f"{PAGE}?_dp=dp%3Aaction%26action%3DA%26sum%3D1%252B1%253D2%26note%3Da%2520b\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((PAGE, ""), "an action's name has 1 to 100 characters"),
        ((PAGE, "A", "--param", "5x=1"), "a parameter's name"),
        ((PAGE, "A", "--param", "x"), "'x' is not KEY=VALUE"),
        ((PAGE + "#_dp=dp:inbox", "A"), "already carries"),
    ],
)
def test_make_says_what_is_wrong(arguments: tuple[str, ...], complaint: str) -> None:
    result = _run("make", *arguments)
    assert result.exit_code != 0
    assert complaint in result.stderr
    assert result.stdout == ""


def test_parse_and_decode_print_what_they_read() -> None:
    parsed = {"verb": "inbox", "params": {}}
    assert json.loads(_run("parse", f"{PAGE}?a=1&_dp=dp:inbox").stdout) == {
        "link": "dp:inbox",
        "url": f"{PAGE}?a=1",
        "parsed": parsed,
    }
    assert json.loads(_run("decode", "dp:inbox").stdout) == parsed
    assert json.loads(_run("decode", "").stdout) == {"error": "empty"}


def test_jsonl_answers_every_shared_case_in_order() -> None:
    links = "".join(json.dumps(case["link"]) + "\n" for case in cases("links")).encode()
    assert _lines("decode", "--jsonl", stdin=links) == [case["expect"] for case in cases("links")]
    hrefs = "".join(json.dumps(case["href"]) + "\n" for case in cases("urls")).encode()
    assert _lines("parse", "--jsonl", stdin=hrefs) == [case["expect"] for case in cases("urls")]


def test_a_line_that_is_no_json_string_is_answered_and_the_next_ones_too() -> None:
    bad = [b"", b"dp:inbox", b"7", b"null", b'["dp:inbox"]', b'"\xff"', b'"dp:', b"[" * 100_000, b'"a\x01"']
    found = _lines("decode", "--jsonl", stdin=b"\n".join([*bad, b'"dp:inbox"']))
    assert found == [{"error": "not_a_json_string"}] * len(bad) + [{"verb": "inbox", "params": {}}]


def test_half_a_character_passes_through_as_ascii() -> None:
    result = _run("decode", "--jsonl", stdin=b'"dp:inbox&x=\\ud800"\n')
    assert result.stdout_bytes == b'{"verb": "inbox", "params": {"x": "\\ud800"}}\n'


@pytest.mark.parametrize("command", ["parse", "decode"])
def test_a_text_and_jsonl_exclude_each_other(command: str) -> None:
    assert _run(command).exit_code == 2
    assert _run(command, "dp:inbox", "--jsonl").exit_code == 2


def test_each_line_is_answered_before_the_next_is_sent() -> None:
    command = [sys.executable, "-c", "from cueline.cli.link import link; link()", "decode", "--jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        for verb in ("inbox", "cashier"):
            child.stdin.write(f'"dp:{verb}"\n'.encode())
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["verb"] == verb
        child.stdin.close()
        assert child.wait(10) == 0
