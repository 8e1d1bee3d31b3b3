"""The document as text: YAML and JSON, read with limits and written for people.

YAML is read as JSON with comments: text stays text (dates, `yes`, `on`, `007`), numbers and true/false are what
they look like, aliases and tags are refused, keys occur once. What is left cannot blow up.
"""

from __future__ import annotations

import json
from typing import Any, Final

import yaml

from cueline.campaigns.document import Parsed, parse, to_dict
from cueline.campaigns.spec import Document
from cueline.campaigns.yaml_reading import YamlFault, load
from cueline.errors import Problem
from cueline.problems import ERROR

MAX_BYTES: Final = 1024 * 1024
YAML: Final = "yaml"
JSON: Final = "json"


class TextFault(ValueError):
    """A text that is no YAML or JSON of ours."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def read(text: str, *, format: str | None = None) -> Parsed:
    """A document from its text. Without a format, text that begins with a brace is JSON, if it can be.

    A syntax error is a problem with the empty path whose message names the line.
    """
    try:
        data = _load(text, format=format)
    except TextFault as fault:
        return Parsed(Document(), (Problem(ERROR, "", fault.code, fault.message),))
    return parse(data)


def _load(text: str, *, format: str | None) -> Any:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise TextFault("too_large", "A document has at most 1 MiB: split it, each part can be applied alone.")
    if format == JSON:
        return _load_json(text)
    if format is None and text.lstrip().startswith("{"):
        try:
            return _load_json(text)
        except TextFault:
            return _load_yaml(text)  # a YAML mapping may begin with a brace, too
    return _load_yaml(text)


def _load_yaml(text: str) -> Any:
    try:
        return load(text)
    except YamlFault as fault:
        raise TextFault(fault.code, str(fault)) from None


def _load_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as wrong:
        message = f"Line {wrong.lineno}, column {wrong.colno}: {wrong.msg}."
        raise TextFault("bad_syntax", message) from None
    except RecursionError:
        raise TextFault("too_deep", "The document is nested too deep.") from None
    except TextFault:
        raise
    except ValueError:
        # The standard library refuses to read whole numbers of thousands of digits.
        raise TextFault("bad_number", "Whole numbers have at most 64 bits.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    keys = [key for key, _ in pairs]
    repeated = next(key for key in found if keys.count(key) > 1)
    raise TextFault("duplicate_key", f'The key "{repeated[:80]}" stands twice in one mapping.')


def _refuse_constant(name: str) -> Any:
    raise TextFault("bad_number", f"{name} is not JSON: numbers are finite.")


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and indents lists below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style_of(text))


def _style_of(text: str) -> str | None:
    """Odd characters are escaped: some of them are line breaks for YAML, and would be read as spaces."""
    if not _is_plain(text):
        return '"'
    return "|" if "\n" in text else None


def _is_plain(text: str) -> bool:
    return all(char == "\n" or char.isprintable() for char in text)


_Dumper.add_representer(str, _represent_text)


def to_yaml(document: Document) -> str:
    """The text that `read` turns into the same document again."""
    return dump(to_dict(document))


def dump(data: Any) -> str:
    """Plain data as YAML, in the order it has."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False
    )
    return text
