"""From a template's Liquid to the texts of one mail."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from cueline.deliveries import markup, reasons
from cueline.deliveries.links import neutralise, unquoted_outputs
from cueline.deliveries.liquid import FORBIDDEN_FILTERS, MAX_OUTPUT_BYTES, environment
from cueline.deliveries.plaintext import plain_text
from cueline.deliveries.timer import TooSlow, time_limit
from cueline.errors import DeliveryError

TIME_LIMIT_S: Final = 0.25
PARTS: Final = ("subject", "html", "text")


@dataclass(frozen=True, slots=True)
class TemplateText:
    """The Liquid of one template; at least one of `html` and `text` is there."""

    subject: str
    html: str | None = None
    text: str | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> TemplateText:
        return cls(document.get("subject") or "", document.get("html"), document.get("text"))


@dataclass(frozen=True, slots=True)
class Texts:
    """What a template made of a scope. `text` is taken from `html` where the template has none."""

    subject: str
    html: str | None
    text: str


def render(template: TemplateText, scope: Mapping[str, Any]) -> Texts:
    """Raises DeliveryError (permanent, `template_error`). At most 250 ms in a main thread, 256 KiB each."""
    try:
        with time_limit(TIME_LIMIT_S):
            return _render(template, scope)
    except TooSlow:
        raise _failure(f"it took more than {TIME_LIMIT_S * 1000:.0f} ms") from None
    except LiquidError as error:
        raise _failure(_words(error)) from error
    except Exception as error:  # filters let through whatever Python raises on odd values
        raise _failure(f"{type(error).__name__}: {error}") from error


def _render(template: TemplateText, scope: Mapping[str, Any]) -> Texts:
    subject = _fill(template.subject, scope, autoescape=False).strip()
    html = None
    if template.html is not None:
        html = neutralise(_fill(template.html, scope, autoescape=True), template=template.html)
    if template.text is not None:
        return Texts(subject, html, _fill(template.text, scope, autoescape=False))
    return Texts(subject, html, plain_text(html or ""))


def _fill(source: str, scope: Mapping[str, Any], *, autoescape: bool) -> str:
    return _parsed(source, autoescape=autoescape).render(scope)


@functools.lru_cache(maxsize=256)
def _parsed(source: str, *, autoescape: bool) -> BoundTemplate:
    return environment(autoescape=autoescape).template(source)


def problems(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a template's Liquid, each as `<part>: <message>`; the check before publishing."""
    found = [f"{part}: {words}" for part in PARTS if document.get(part) for words in _problems_of(document[part])]
    if found:
        return found
    bare = unquoted_outputs(document.get("html") or "")
    return [f"html: write quotes around {output} in the attribute of a tag" for output in bare]


def _problems_of(source: str) -> list[str]:
    if len(source.encode()) > MAX_OUTPUT_BYTES:
        return [f"the text is longer than {MAX_OUTPUT_BYTES // 1024} KiB"]
    fault = markup.fault_of(source)
    if fault is not None:
        return [fault]
    try:
        filters = _parsed(source, autoescape=True).analyze(include_partials=False).filters
    except LiquidError as error:
        return [_words(error)]
    except (ValueError, RecursionError) as error:
        return [f"{type(error).__name__}: {error}"]
    known = environment(autoescape=True).filters
    return [_filter_problem(name) for name in filters if name not in known]


def _filter_problem(name: str) -> str:
    if name in FORBIDDEN_FILTERS:
        return f"the filter '{name}' is not allowed: it would let event data write HTML"
    return f"unknown filter '{name}'"


def _words(error: LiquidError) -> str:
    """The message and the place, on one line; python-liquid's own spans five."""
    context = error.context()
    where = f" (line {context[0]}, column {context[1] + 1})" if context else ""
    return f"{error.message}{where}"


def _failure(words: str) -> DeliveryError:
    return DeliveryError(words, permanent=True, code=reasons.TEMPLATE_ERROR)
