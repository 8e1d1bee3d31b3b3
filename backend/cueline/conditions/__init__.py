"""The condition tree: read, evaluated with a trace, compiled to closures. Pure."""

from cueline.conditions.history import History, histories
from cueline.conditions.moment import Moment
from cueline.conditions.paths import META_FIELDS, MISSING, ROOTS, Scope, finder, lookup
from cueline.conditions.reading import parse
from cueline.conditions.segments import InSegment
from cueline.conditions.tree import (
    ALWAYS,
    Condition,
    Judge,
    Leaf,
    LeafVerdict,
    Verdict,
    compile,
    equalities_of,
    equality_of,
    evaluate,
    located,
    required,
    to_document,
    why_not,
)

__all__ = [
    "ALWAYS",
    "META_FIELDS",
    "MISSING",
    "ROOTS",
    "Condition",
    "History",
    "InSegment",
    "Judge",
    "Leaf",
    "LeafVerdict",
    "Moment",
    "Scope",
    "Verdict",
    "compile",
    "equalities_of",
    "equality_of",
    "evaluate",
    "finder",
    "histories",
    "located",
    "lookup",
    "parse",
    "required",
    "to_document",
    "why_not",
]
