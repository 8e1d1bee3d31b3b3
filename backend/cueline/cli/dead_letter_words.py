"""Dead letters as a person reads them in a terminal of 80 columns."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cueline.clock import to_iso
from cueline.events import SYSTEM

Shown = dict[str, Any]

_STYLES = {"open": "yellow", "replayed": "green", "discarded": "dim"}


def print_list(console: Console, found: list[Shown]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("id", "when", "event", "who", "error"):
        table.add_column(heading, overflow="fold", ratio=1 if heading == "error" else None)
    for one in found:
        state = "" if one["state"] == "open" else f" ({one['state']})"
        table.add_row(
            Text(str(one["id"])),
            Text(when(one["at_ms"])),
            Text(name_of(one) + state),
            Text(who_of(one)),
            Text(one["error"]),
        )
    console.print(table)
    if any(one["state"] == "open" for one in found):
        console.print(Text("`cueline dead-letters show ID` tells more of one.", style="dim"))


def print_whole(console: Console, found: Shown) -> None:
    head = Text.assemble((f"Dead letter {found['id']}", "bold"), ", ", (found["state"], _STYLES[found["state"]]))
    console.print(head)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _facts(found):
        table.add_row(name, Text(value))
    console.print(table)
    if found["event"] is not None:
        console.print(Text("payload", style="dim"))
        console.print(Text(json.dumps(found["event"]["payload"], indent=2, ensure_ascii=False)), soft_wrap=True)
    for edit in found["edits"]:
        _print_edit(console, edit)
    if found["state"] == "open":
        _print_advice(console, found)


def _facts(found: Shown) -> list[tuple[str, str]]:
    facts = [("error", found["error"]), ("died", when(found["at_ms"]))]
    facts += [("where", f"partition {found['partition']}, entry {found['stream_id']}")]
    if found["event"] is None:
        facts += [("event", f"none: {found['size']} characters that are no entry of ours")]
    else:
        facts += _event_facts(found, found["event"])
    facts += [(state, when(found[f"{state}_ms"])) for state in ("replayed", "discarded") if found[f"{state}_ms"]]
    return facts


def _event_facts(found: Shown, event: Shown) -> list[tuple[str, str]]:
    return [
        ("event", name_of(found) + (f" ({found['type']})" if found["action"] else "")),
        ("eid", found["eid"]),
        ("who", who_of(found) or "nobody"),
        ("source", event["source"] + (", verified" if event["verified"] else "")),
        ("happened", when(event["at_ms"])),
        ("received", when(event["received_ms"])),
    ]


def _print_edit(console: Console, edit: Shown) -> None:
    console.print(Text(f"changed {when(edit['at_ms'])} by {edit['by']}", style="dim"))
    for change in edit["changes"]:
        was, is_ = (json.dumps(change[side], ensure_ascii=False) for side in ("from", "to"))
        console.print(Text(f"  {change['field']}: {was} → {is_}"), soft_wrap=True)


def _print_advice(console: Console, found: Shown) -> None:
    console.print()
    for command in _possible(found):
        said = f"  cueline dead-letters {command:<7} {found['id']}"
        console.print(Text.assemble(said, (f"  {_ADVICE[command]}", "dim")))


def _possible(found: Shown) -> list[str]:
    if found["event"] is None:
        return ["discard"]
    return ["replay", "discard"] if found["event"]["source"] == SYSTEM else ["edit", "replay", "discard"]


_ADVICE = {"edit": "fix it", "replay": "put it back", "discard": "put it away"}


def name_of(found: Shown) -> str:
    return str(found["action"] or found["type"] or "?")


def who_of(found: Shown) -> str:
    if found["user_ext_id"] is not None:
        return f"user {found['user_ext_id']}"
    return f"visitor {found['visitor_id']}" if found["visitor_id"] is not None else ""


def when(ms: int) -> str:
    return (to_iso(ms) or "")[:19].replace("T", " ")
