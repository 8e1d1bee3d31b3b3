"""`cueline.wsgi:app`: plain WSGI for granian, gunicorn or uWSGI. Settings are read at the first request."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from cueline import logs
from cueline.app import create_wsgi
from cueline.config import load


class LazyApp:
    """Importing it opens nothing; the first request builds the app, once."""

    def __init__(self) -> None:
        self._app: WSGIApplication | None = None
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._app is None:
            with self._lock:
                if self._app is None:
                    self._app = _opened()
        return self._app(environ, start_response)


def _opened() -> WSGIApplication:
    settings = load()
    logs.configure(settings.log_format, settings.log_level)
    return create_wsgi(settings)


app = LazyApp()
