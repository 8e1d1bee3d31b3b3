"""YAML to plain data, from the parser's events: no aliases, no tags, no recursion, keys once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import yaml

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH: Final = 100
MAX_DIGITS: Final = 40
MAX_EVENTS: Final = 250_000

_STR_TAG: Final = "tag:yaml.org,2002:str"
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?")
_WORDS: Final = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


_HINTS: Final = {
    "mapping values are not allowed in this context.": ' Text with ": " in it needs quotes, or a block after |.',
    "found character that cannot start any token.": " Indent with spaces, and quote text that begins oddly.",
}


class YamlFault(ValueError):
    """What is wrong with a text, with its line."""

    def __init__(self, code: str, message: str, *, line: int | None = None) -> None:
        super().__init__(message if line is None else f"Line {line}: {message}")
        self.code = code


def load(text: str) -> Any:
    """The data of the one document in a text. Raises YamlFault."""
    try:
        return _Builder().build(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        line = mark.line + 1 if mark else None
        problem = f"{wrong.problem or wrong.context}."
        raise YamlFault("bad_syntax", f"{problem}{_HINTS.get(problem, '')}", line=line) from None
    except (yaml.YAMLError, UnicodeError) as wrong:
        message = f"The text cannot be read: {str(wrong).splitlines()[0][:120]}"
        raise YamlFault("bad_syntax", message) from None


class _Builder:
    """Puts values where they belong, with a stack of its own: depth costs no recursion."""

    def __init__(self) -> None:
        self.result: Any = None
        self.documents = 0
        self.open: list[_Open] = []

    def build(self, events: Iterator[yaml.Event]) -> Any:
        for number, event in enumerate(events):
            if number > MAX_EVENTS:
                raise YamlFault("too_large", f"A document has at most {MAX_EVENTS} keys and values.")
            step = _STEPS.get(type(event))
            if step is not None:
                step(self, event)
        return self.result

    def start_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise YamlFault("bad_syntax", "Only one document is allowed in a text.", line=_line(event))

    def alias(self, event: Any) -> None:
        raise YamlFault("alias", "Aliases are not allowed: write it out.", line=_line(event))

    def scalar(self, event: Any) -> None:
        if self.open and self.open[-1].wants_key:
            self.open[-1].take_key(event.value, line=_line(event))
        else:
            self.put(_value_of(event))

    def start_list(self, event: Any) -> None:
        self.start([], event)

    def start_mapping(self, event: Any) -> None:
        self.start({}, event)

    def start(self, container: Any, event: Any) -> None:
        _refuse_tag(event)
        if len(self.open) >= MAX_DEPTH:
            raise YamlFault("too_deep", f"Nested more than {MAX_DEPTH} deep.", line=_line(event))
        if self.open and self.open[-1].wants_key:
            raise YamlFault("bad_key", "A key is text. Text that begins with { needs quotes.", line=_line(event))
        self.put(container)
        self.open.append(_Open(container))

    def end(self, _event: Any) -> None:
        self.open.pop()

    def put(self, value: Any) -> None:
        if self.open:
            self.open[-1].put(value)
        else:
            self.result = value


class _Open:
    """A list or mapping that is being filled."""

    __slots__ = ("container", "key")

    def __init__(self, container: Any) -> None:
        self.container = container
        self.key: str | None = None

    @property
    def wants_key(self) -> bool:
        return self.key is None and isinstance(self.container, dict)

    def take_key(self, key: str, *, line: int) -> None:
        if key in self.container:
            raise YamlFault("duplicate_key", f'The key "{key[:80]}" stands here for the second time.', line=line)
        self.key = key

    def put(self, value: Any) -> None:
        if self.key is None:
            self.container.append(value)
        else:
            self.container[self.key] = value
            self.key = None


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _refuse_tag(event: Any) -> None:
    if event.tag not in (None, "!", _STR_TAG):
        raise YamlFault("tag", f"The tag {event.tag[:80]} is not allowed.", line=_line(event))


def _value_of(event: Any) -> Any:
    _refuse_tag(event)
    text: str = event.value
    if event.tag is not None or not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text, event)
    return float(text) if _FLOAT.fullmatch(text) else text


def _integer(text: str, event: Any) -> int:
    if len(text) > MAX_DIGITS:
        raise YamlFault("bad_number", "Whole numbers have at most 64 bits.", line=_line(event))
    return int(text)


_STEPS: Final[dict[type, Callable[[_Builder, Any], None]]] = {
    yaml.DocumentStartEvent: _Builder.start_document,
    yaml.AliasEvent: _Builder.alias,
    yaml.ScalarEvent: _Builder.scalar,
    yaml.SequenceStartEvent: _Builder.start_list,
    yaml.MappingStartEvent: _Builder.start_mapping,
    yaml.SequenceEndEvent: _Builder.end,
    yaml.MappingEndEvent: _Builder.end,
}
