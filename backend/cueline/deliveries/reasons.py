"""Why a delivery is in its state: the column `reason` is a code of this table, or `<code>: <words>`."""

from __future__ import annotations

from typing import Final

NO_ADDRESS: Final = "no_address"
BAD_ADDRESS: Final = "bad_address"
NO_SMTP: Final = "no_smtp"
UNKNOWN_TEMPLATE: Final = "unknown_template"
UNKNOWN_CHANNEL: Final = "unknown_channel"
TEMPLATE_ERROR: Final = "template_error"
BAD_MESSAGE: Final = "bad_message"
REFUSED: Final = "refused"
TRY_LATER: Final = "try_later"
UNREACHABLE: Final = "unreachable"
ANSWER_LOST: Final = "answer_lost"
CRASHED_WHILE_SENDING: Final = "crashed_while_sending"
GAVE_UP: Final = "gave_up"

# docs/email.md is checked against this table.
REASONS: Final = {
    NO_ADDRESS: "the user has no property `email`",
    BAD_ADDRESS: "the user's `email` is no address that mail can be sent to",
    NO_SMTP: "CUELINE_SMTP_URL is not set: the mail is kept, readable, and not sent",
    UNKNOWN_TEMPLATE: "the workspace has no such template any more",
    UNKNOWN_CHANNEL: "this release has no such channel",
    TEMPLATE_ERROR: "the template could not be rendered",
    BAD_MESSAGE: "the rendered texts make no valid mail, such as a line break in the subject",
    REFUSED: "the mail server refused for good (5xx); its words follow",
    TRY_LATER: "the mail server refused for now (4xx); tried again",
    UNREACHABLE: "the mail server could not be reached, or did not accept our login; tried again",
    ANSWER_LOST: "the connection broke after the mail was handed over, so nobody knows whether it was sent",
    CRASHED_WHILE_SENDING: "our process died while sending, so nobody knows whether it was sent",
    GAVE_UP: "the last of 12 tries failed; its error follows",
}


def reason(code: str, words: str = "") -> str:
    return f"{code}: {words}" if words else code


def code_of(text: str | None) -> str | None:
    """The code alone: what may stand in logs, where the words may hold an address."""
    return None if text is None else text.partition(":")[0]
