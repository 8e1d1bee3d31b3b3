"""Random documents without errors, for round trips."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cueline.campaigns.document import parse
from cueline.campaigns.spec import Document

# What both databases and a document can hold; with the letters that YAML could misread.
TEXT = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_characters="\x00"),
        st.sampled_from(" \n\t:#-?[]{}&*!|>'\"%@`,=~\\\u0085\u2028\ufeff\r"),
    ),
    min_size=1,
    max_size=30,
)
LINE = st.one_of(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp"), exclude_characters=" "),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["yes", "on", "no", "null", "~", "007", "1e3", "12:30", "2026-11-23", "true", "0x1f", "1_000"]),
    st.sampled_from(["a: b", "a #b", "- a", "=", "<<", "é", "🐷", "'", '"', "1.", ".5", ".inf", "+1", "0o7"]),
)
KEY = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
VALUE = st.one_of(
    LINE, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)
)
LEAF = st.one_of(
    st.builds(lambda path, value: {"path": path, "op": "equals", "value": value}, st.just("event.a b"), VALUE),
    st.builds(lambda path: {"path": path, "op": "is_defined"}, st.sampled_from(["user.tags", "meta.url"])),
)
WHERE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda nodes: {"all": nodes}, st.lists(inner, max_size=2)),
        st.builds(lambda nodes: {"any": nodes}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda node: {"not": node}, inner),
    ),
    max_leaves=4,
)
DURATION = st.sampled_from(["1s", "90s", "10m", "2h", "1d", "36h", "52w"])
ENTRY = st.one_of(
    st.fixed_dictionaries({}, optional={"max_age": DURATION, "key": st.sampled_from(["eid", "once", "event.id"])}),
    st.fixed_dictionaries({"limit": st.integers(1, 9)}, optional={"window": DURATION}),
)
PROPERTY = LINE.filter(lambda name: "." not in name)
# Nothing of value: whether it may be published is a matter of its own.
EFFECT = st.one_of(
    st.builds(lambda tags: {"tag": {"add": tags}}, st.lists(LINE, min_size=1, max_size=3)),
    st.builds(lambda values: {"set": values}, st.dictionaries(PROPERTY, VALUE, min_size=1, max_size=3)),
    st.just({"set": {"prize": {"path": "event.prize"}}}),
)
TRIGGER = st.one_of(
    st.builds(lambda name: {"action": name}, LINE),
    st.builds(lambda verb: {"link": verb}, st.sampled_from(["go", "Inbox", "a.b"])),
    st.builds(lambda name: {"event": name}, LINE),
)
ACTION = st.fixed_dictionaries(
    {"name": LINE},
    optional={
        "sources": st.lists(st.sampled_from(["browser", "server"]), min_size=1, max_size=2, unique=True),
        "secret": st.lists(st.sampled_from(["link", "card.number"]), max_size=2, unique=True),
        "description": TEXT,
    },
)
TEMPLATE = st.fixed_dictionaries(
    {"key": KEY, "subject": LINE, "html": TEXT},
    optional={
        "text": TEXT,
        "category": st.sampled_from(["transactional", "marketing"]),
        "repeat_after_crash": st.booleans(),
    },
)
CAMPAIGN = st.fixed_dictionaries(
    {"key": KEY, "kind": st.just("rule"), "trigger": TRIGGER, "do": st.lists(EFFECT, min_size=1, max_size=2)},
    optional={
        "name": LINE,
        "state": st.sampled_from(["draft", "active", "paused"]),
        "where": WHERE,
        "entry": ENTRY,
    },
)


def _by(key: str) -> Any:
    return lambda entry: entry[key]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    data = {
        "actions": draw(st.lists(ACTION, max_size=2, unique_by=_by("name"))),
        "templates": draw(st.lists(TEMPLATE, max_size=2, unique_by=_by("key"))),
        "campaigns": draw(st.lists(CAMPAIGN, max_size=3, unique_by=_by("key"))),
    }
    parsed = parse(data)
    assert not parsed.problems, parsed.problems
    return parsed.document
