"""From a rendered delivery to the bytes of a mail (RFC 5322, MIME)."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from cueline.clock import to_datetime
from cueline.deliveries import reasons
from cueline.deliveries.channels.channel import Message
from cueline.errors import DeliveryError

_BREAKS = re.compile(r"[\r\n\0\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def compose(message: Message, *, sender: Address, host: str) -> bytes:
    """One recipient; plain text, and HTML beside it where there is some. Raises DeliveryError (permanent)."""
    rendered = message.rendered
    for header in (rendered.subject, rendered.to):
        if _BREAKS.search(header):
            raise _bad("a header may not contain a line break or NUL")
    try:
        mail = _with_headers(message, sender=sender, host=host)
        mail.set_content(rendered.text, cte="quoted-printable")
        if rendered.html is not None:
            mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
        return mail.as_bytes()
    except (ValueError, LookupError) as error:
        raise _bad(str(error)) from error


def message_id(delivery_id: int, *, host: str) -> str:
    """The same for every try of a delivery, so that receivers can drop a repeat."""
    return f"<delivery-{delivery_id}@{host}>"


def host_of(address: str) -> str:
    """What stands behind the @ of Message-IDs: the public address's host."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", urlsplit(address).hostname or "localhost").strip(".-") or "localhost"


def _with_headers(message: Message, *, sender: Address, host: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = Address(addr_spec=message.rendered.to)
    mail["Subject"] = message.rendered.subject
    mail["Date"] = format_datetime(to_datetime(message.now_ms))
    mail["Message-ID"] = message_id(message.delivery_id, host=host)
    # RFC 3834: so that out-of-office programs do not answer.
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def _bad(words: str) -> DeliveryError:
    return DeliveryError(words, permanent=True, code=reasons.BAD_MESSAGE)
