"""Where an answer leads: OpenAPI links, for people who read the document and for tools that follow it."""

from __future__ import annotations

from typing import Any, Final

_NEXT: Final = "$response.body#/next"
_USER: Final = "$request.path.user_ext_id"


def _link(operation: str, description: str, **parameters: str) -> dict[str, Any]:
    return {"operationId": operation, "description": description, "parameters": parameters}


def _next_page(operation: str, **parameters: str) -> dict[str, Any]:
    return {"links": {"next": _link(operation, "The next page, unless `next` is null", cursor=_NEXT, **parameters)}}


def _leads(**links: dict[str, Any]) -> dict[str, Any]:
    return {"links": links}


_ADDED: Final = _leads(action=_link("show_action", "The action", name="$response.body#/name"))
LINKS: Final[dict[str, dict[int, dict[str, Any]]]] = {
    "report_events": {
        202: _leads(user=_link("show_user", "The first event's user", user_ext_id="$request.body#/0/user_ext_id"))
    },
    "list_events": {200: _next_page("list_events")},
    "list_actions": {200: _next_page("list_actions")},
    "list_dead_letters": {200: _next_page("list_dead_letters")},
    "list_deliveries": {200: _next_page("list_deliveries")},
    "show_timeline": {200: _next_page("show_timeline", user_ext_id=_USER)},
    "show_user": {
        200: _leads(
            timeline=_link("show_timeline", "His story", user_ext_id=_USER),
            events=_link("list_events", "His events", user=_USER),
            deliveries=_link("list_deliveries", "What was delivered to him", user=_USER),
        )
    },
    "add_action": {200: _ADDED, 201: _ADDED},
}
