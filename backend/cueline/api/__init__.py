"""REST: the shop's servers report events and read what became of them. `register(app, services)` puts it in."""

from .routes import register
from .services import Services

__all__ = ["Services", "register"]
