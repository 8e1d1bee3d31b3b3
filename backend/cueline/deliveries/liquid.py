"""The Liquid that customers may write: python-liquid without what can hurt, and with limits on what can grow.

Gone are the tags that load other templates, and the filter `safe`, which switches escaping off.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Final

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import ResourceLimitError
from liquid.expression import Expression

MAX_OUTPUT_BYTES: Final = 256 * 1024
MAX_RANGE: Final = 10_000
MAX_VALUE: Final = 1024 * 1024

FORBIDDEN_FILTERS: Final = ("safe",)
FORBIDDEN_TAGS: Final = ("include", "render")

Filter = Callable[..., Any]


class StrictLiquid(Environment):
    """Unknown tags and filters are errors, undefined variables render empty."""

    block_nesting_limit: ClassVar[int] = 30
    context_depth_limit: ClassVar[int] = 30
    loop_iteration_limit: ClassVar[int | None] = 10_000
    local_namespace_limit: ClassVar[int | None] = MAX_VALUE
    output_stream_limit: ClassVar[int | None] = MAX_OUTPUT_BYTES

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for tag in FORBIDDEN_TAGS:
            del self.tags[tag]
        for name in FORBIDDEN_FILTERS:
            del self.filters[name]
        for name, filter_ in self.filters.items():
            self.filters[name] = _bounded(filter_, growth=_GROWTH.get(name))

    def template(self, source: str) -> BoundTemplate:
        parsed = self.from_string(source)
        _shorten_ranges(parsed)
        return parsed


@functools.lru_cache(maxsize=2)
def environment(*, autoescape: bool) -> StrictLiquid:
    return StrictLiquid(autoescape=autoescape)


class ShortRange(RangeLiteral):
    """`(1..n)` of at most 10,000 numbers. Without this, `(1..30000000) | join` keeps a processor busy for a minute."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> range:
        numbers = super().evaluate(context)
        # Not len(): it fails beyond 64 bits.
        if numbers.stop - numbers.start > MAX_RANGE:
            raise ResourceLimitError(f"a range may have at most {MAX_RANGE} numbers", token=self.token)
        return numbers


def _shorten_ranges(template: BoundTemplate) -> None:
    # The parser names its own class of ranges; there is no setting for another one.
    context = RenderContext(template)
    for node in _walk(template.nodes, context):
        for expression in _within(node.expressions()):
            if type(expression) is RangeLiteral:
                expression.__class__ = ShortRange


def _walk(nodes: Iterable[Node], context: RenderContext) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _walk(node.children(context, include_partials=False), context)


def _within(expressions: Iterable[Expression]) -> Iterator[Expression]:
    for expression in expressions:
        yield expression
        yield from _within(expression.children())


def _bounded(filter_: Filter, *, growth: Callable[..., int] | None) -> Filter:
    """The filter, refusing to make a text beyond MAX_VALUE; `growth` tells its length before it is made."""

    @functools.wraps(filter_)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        if growth is not None and growth(*args) > MAX_VALUE:
            raise ResourceLimitError(_TOO_LONG, token=None)
        value = filter_(*args, **kwargs)
        if isinstance(value, str) and len(value) > MAX_VALUE:
            raise ResourceLimitError(_TOO_LONG, token=None)
        return value

    return bounded


_TOO_LONG = f"a value may have at most {MAX_VALUE} characters"


def _replaced_length(value: object = "", old: object = "", new: object = "", *_: object) -> int:
    text = str(value)
    return len(text) + text.count(str(old)) * len(str(new))


def _joined_length(items: object = (), separator: object = " ", *_: object) -> int:
    return len(items) * len(str(separator)) if isinstance(items, (list, tuple, range)) else 0


_GROWTH: Final[dict[str, Callable[..., int]]] = {"replace": _replaced_length, "join": _joined_length}
