"""Writing deep links: a client action as a link's text, and a link into the address of a page.

What is written here is read back the same by `parse` and `capture`; what would not be is refused, with help.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

from cueline.errors import CuelineError

from .capture import DEFAULT_NAMES, capture, split_address
from .grammar import ACTION_LIMIT, LINK_LIMIT, PAIR_LIMIT, RESERVED_NAMES, VALUE_LIMIT, Refusal, parse

Place = Literal["query", "hash"]

_NAME = re.compile(r"[A-Za-z0-9_.~-]+")

_HELP = {
    "empty": "it is empty",
    "too_long": f"it is longer than {LINK_LIMIT} characters; send less with it",
    "control_character": "a value holds a control character (a tab, a line end, …); take it out",
    "not_a_deep_link": "it must begin with dp:, as in dp:action&action=DEPOSIT_OPENED",
    "bad_verb": "after dp: stands a verb of letters, digits, _ . and -, which begins with a letter",
    "bad_key": "a parameter's name is up to 64 letters, digits, _ . and -, and begins with a letter or _",
    "value_too_long": f"a value is longer than {VALUE_LIMIT} characters",
    "too_many_parameters": f"it has more than {PAIR_LIMIT} parameters, the action among them",
    "missing_action": "it names no action: dp:action&action=NAME",
    "bad_action": f"an action's name has 1 to {ACTION_LIMIT} characters and no white space at its ends",
}


def action_link(action: str, params: Mapping[str, str] | None = None) -> str:
    """The text `dp:action&action=…` of a client action with its payload.

    Raises CuelineError, with the reason in words, where no link would carry just this payload.
    """
    payload = dict(params or {})
    for key in payload:
        if key.lower() == "action" or key in RESERVED_NAMES:
            taken = ", ".join(("action", *RESERVED_NAMES))
            message = f"The parameter {key!r} means something else in a link; taken are {taken}."
            raise CuelineError(message, code="bad_key")
    return write_action_link({"action": action, **payload})


def write_action_link(params: Mapping[str, str]) -> str:
    """The link of an action whose name stands among the parameters, in their order."""
    if not all(params):
        raise CuelineError("A parameter of a deep link needs a name.", code="bad_key")
    pieces = [f"{_percent(key)}={_percent(value)}" for key, value in params.items()]
    link = "&".join(["dp:action", *pieces])
    require_readable(link)
    return link


def require_readable(link: str) -> None:
    """Raise CuelineError, with the reason in words, for a link that the grammar refuses."""
    parsed = parse(link)
    if isinstance(parsed, Refusal):
        raise CuelineError(f"The deep link {_short(link)} cannot be: {_HELP[parsed.error]}.", code=parsed.error)


def build(page: str, link: str, *, where: Place = "hash", name: str = "_dp") -> str:
    """The address of `page` with the link in it, in the encoded form.

    `capture` gives back both to the letter. One thing it cannot know: whether the query or hash, where it was
    empty, had its `?` or `#`; it comes back without.
    """
    _check(page, link, name=name)
    parameter = f"{name}={_percent(link)}"
    start, query, fragment = split_address(page)
    if where == "query":
        return start + _append(query or "?", parameter, separator="&") + fragment
    return start + query + _append(fragment or "#", parameter, separator=_hash_separator(fragment))


def _check(page: str, link: str, *, name: str) -> None:
    if link[:3].lower() != "dp:":
        raise CuelineError(
            f"The deep link {_short(link)} cannot be: {_HELP['not_a_deep_link']}.", code="not_a_deep_link"
        )
    require_readable(link)
    if not _NAME.fullmatch(name):
        raise CuelineError(f"The parameter name {name!r} must be letters, digits, _ . ~ or -.", code="bad_name")
    found = capture(page, names=(*DEFAULT_NAMES, name)).link
    if found is not None:
        message = f"The page {_short(page)} already carries the deep link {_short(found)}; give it without."
        raise CuelineError(message, code="already_linked")


def _append(part: str, parameter: str, *, separator: str) -> str:
    return part + parameter if len(part) == 1 else part + separator + parameter


def _hash_separator(fragment: str) -> str:
    """A hash router's route (#/cashier, #!/cashier) gets a query of its own; anything else is a list of pairs."""
    is_route = fragment.startswith(("#/", "#!"))
    return "?" if is_route and "?" not in fragment and "&" not in fragment else "&"


def _percent(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise CuelineError(
            f"{text!r} holds half of a character, which no address can carry.", code="bad_text"
        ) from error


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:119] + "…")
