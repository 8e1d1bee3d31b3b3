"""The entries under `templates`: the Liquid texts of deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cueline.campaigns.spec import CATEGORIES, CHANNELS, EMAIL, MARKETING, Template
from cueline.errors import Problem
from cueline.problems import choice_at, error, join, key_at, kind_of, mapping_at, missing, text_at

KEYS: Final = ("key", "channel", "category", "subject", "html", "text", "repeat_after_crash")
MAX_SUBJECT: Final = 500
MAX_BODY: Final = 256 * 1024


def parse(value: object, *, at: str, problems: list[Problem]) -> Template | None:
    document = mapping_at(value, at=at, keys=KEYS, problems=problems)
    if document is None:
        return None
    before = len(problems)
    for key in ("key", "subject"):
        if key not in document:
            missing(problems, at, key=key)
    if "html" not in document and "text" not in document:
        missing(problems, at, key="html", allowed=("html", "text"))
    template = _read(document, at=at, problems=problems) if len(problems) == before else None
    return template if len(problems) == before else None


def _read(document: Mapping[str, Any], *, at: str, problems: list[Problem]) -> Template:
    channel, category = document.get("channel", EMAIL), document.get("category", MARKETING)
    choice_at(channel, at=join(at, "channel"), problems=problems, allowed=CHANNELS)
    choice_at(category, at=join(at, "category"), problems=problems, allowed=CATEGORIES)
    return Template(
        key=key_at(document["key"], at=join(at, "key"), problems=problems) or "",
        subject=text_at(document["subject"], at=join(at, "subject"), problems=problems, most=MAX_SUBJECT) or "",
        html=_body(document, "html", at=at, problems=problems),
        text=_body(document, "text", at=at, problems=problems),
        channel=channel,
        category=category,
        repeat_after_crash=_repeat(document, at=at, problems=problems),
    )


def _body(document: Mapping[str, Any], key: str, *, at: str, problems: list[Problem]) -> str | None:
    if key not in document:
        return None
    return text_at(document[key], at=join(at, key), problems=problems, most=MAX_BODY, lines=True)


def _repeat(document: Mapping[str, Any], *, at: str, problems: list[Problem]) -> bool | None:
    value = document.get("repeat_after_crash")
    if value is None or isinstance(value, bool):
        return value
    message = f"This must be true or false, not {kind_of(value)}."
    place = join(at, "repeat_after_crash")
    error(problems, place, code="not_allowed", message=message, value=value, allowed=("true", "false"))
    return None


def to_document(template: Template) -> dict[str, Any]:
    document: dict[str, Any] = {
        "key": template.key,
        "channel": template.channel,
        "category": template.category,
        "subject": template.subject,
        "html": template.html,
        "text": template.text,
        "repeat_after_crash": template.repeat_after_crash,
    }
    return {key: value for key, value in document.items() if value is not None}
