"""The blueprint that every resource uses: our way to read parameters, to sign in, to document refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import request
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from cueline.api import refusals
from cueline.api.auth import SCHEME, View, authenticate, requires
from cueline.api.links import LINKS

if TYPE_CHECKING:
    from flask import Blueprint as FlaskBlueprint

    class Blueprint(FlaskBlueprint):
        """flask-smorest carries no types: these are of what we use."""

        def arguments(self, schema: Any, **options: Any) -> Callable[[View], View]: ...
        def response(self, status_code: int, schema: Any = None, **options: Any) -> Callable[[View], View]: ...
        def alt_response(self, status_code: int, **options: Any) -> Callable[[View], View]: ...
        def doc(self, **words: Any) -> Callable[[View], View]: ...
else:
    from flask_smorest import Blueprint

BODY_LIMIT = 10 * 1024 * 1024


class _Parser(FlaskParser):
    """A wrong parameter is 400; a misspelt one too, instead of a list that was not filtered."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 (an instance's, says webargs)
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }


class Resource(Blueprint):
    """A flask-smorest blueprint whose views need a secret key."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, __name__, url_prefix="/api/v1")
        self.description = description
        self.before_request(_prepare_body)
        self.before_request(authenticate)
        self.before_request(_check_length)

    def needs(self, scope: str, *refused: int) -> Callable[[View], View]:
        """The scope of a view, enforced and documented. `refused`: the statuses it has beside those of every view."""

        def mark(view: View) -> View:
            documented: View = self.doc(
                operationId=view.__name__,
                security=[{SCHEME: [scope]}],
                description=_described(view, scope),
                responses=refusals.references(*refused) | LINKS.get(view.__name__, {}),
            )(view)
            return requires(scope)(documented)

        return mark


def _described(view: Callable[..., Any], scope: str) -> str:
    _, _, rest = (view.__doc__ or "").partition("\n")
    return "\n".join(line.strip() for line in [*rest.strip().splitlines(), "", f"Scope of the key: `{scope}`."]).strip()


def _prepare_body() -> None:
    if request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.")
    request.max_content_length = BODY_LIMIT + 1
    # A chunked body carries no Content-Length; without this word Werkzeug takes it for empty under some servers.
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        request.environ["wsgi.input_terminated"] = True


def _check_length() -> None:
    """Werkzeug cuts a chunked body at the limit without a word: the one byte more that we let it read tells."""
    if len(request.get_data()) > BODY_LIMIT:
        raise RequestEntityTooLarge(f"The body is over {BODY_LIMIT // 2**20} MiB. Send it in parts.")
