"""The channel `email`: over SMTP, or kept for reading where there is no mail server."""

from __future__ import annotations

from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry
from typing import Any

from cueline.config import Settings
from cueline.deliveries import reasons
from cueline.deliveries.address import mail_address
from cueline.deliveries.channels import smtp_server
from cueline.deliveries.channels.channel import Channel, Delivered, Message
from cueline.deliveries.channels.smtp_connection import SmtpConnection
from cueline.deliveries.mail import compose, host_of
from cueline.errors import ConfigError
from cueline.store.deliveries import KEPT, SENT


def open_channel(settings: Settings) -> Channel:
    """Raises ConfigError. Connects with the first message."""
    if not settings.smtp_url:
        return KeptMail()
    server = smtp_server.read(settings.smtp_url)
    return SmtpMail(SmtpConnection(server), sender=_sender(settings.mail_from), host=host_of(settings.address()))


class KeptMail:
    """No mail server: a mail ends as a row that can be read."""

    def address(self, properties: Mapping[str, Any]) -> str:
        return mail_address(properties)

    def deliver(self, message: Message) -> Delivered:
        return Delivered(KEPT, reasons.NO_SMTP)

    def close(self) -> None:
        """Nothing is open."""


class SmtpMail:
    """Hands mails to a mail server, all of a batch over one connection."""

    def __init__(self, connection: SmtpConnection, *, sender: Address, host: str) -> None:
        self._connection = connection
        self._sender = sender
        self._host = host

    def address(self, properties: Mapping[str, Any]) -> str:
        return mail_address(properties)

    def deliver(self, message: Message) -> Delivered:
        mail = compose(message, sender=self._sender, host=self._host)
        self._connection.hand_over(mail, sender=self._sender.addr_spec, recipient=message.rendered.to)
        return Delivered(SENT)

    def close(self) -> None:
        self._connection.close()


def _sender(mail_from: str) -> Address:
    try:
        header: Any = HeaderRegistry()("From", mail_from)
        (address,) = header.addresses
        if header.defects or not address.domain or not address.addr_spec.isascii():
            raise ValueError("it is not one address")
    except (MessageError, ValueError, IndexError) as error:
        raise ConfigError(f"CUELINE_MAIL_FROM={mail_from!r} is not of the form Name <name@domain>") from error
    return Address(address.display_name, addr_spec=address.addr_spec)
