"""A real SMTP server that takes mails, or refuses them in the ways that servers do."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass
class Mail:
    sender: str
    recipients: list[str]
    content: bytes

    def parsed(self) -> EmailMessage:
        message = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message


@dataclass
class Mailbox:
    """aiosmtpd's handler. An answer of None accepts; `drop_at` ends the connection there, without an answer."""

    mails: list[Mail] = field(default_factory=list)
    sessions: int = 0
    rcpt_answer: str | None = None
    data_answer: str | None = None
    drop_at: str | None = None  # "rcpt", "data" (before it is taken), "taken"
    mails_per_session: int = 1_000_000
    on_data: Callable[[], None] | None = None  # before it is taken; the client waits meanwhile
    controller: Controller | None = None

    @property
    def url(self) -> str:
        assert self.controller is not None
        return f"smtp://127.0.0.1:{self.controller.port}"

    def stop(self) -> None:
        """Ends every connection too."""
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    async def handle_EHLO(self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: Any) -> Any:
        self.sessions += 1
        session.host_name, session.taken = hostname, 0
        return responses

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        if session.taken >= self.mails_per_session:
            return "421 too many mails on one connection"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.drop_at == "rcpt":
            server.transport.abort()
        if self.rcpt_answer is not None:
            return self.rcpt_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if self.on_data is not None:
            self.on_data()
        if self.data_answer is not None:
            return self.data_answer
        if self.drop_at != "data":
            self.mails.append(Mail(envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
            session.taken += 1
        if self.drop_at in ("data", "taken"):
            server.transport.abort()
        return "250 taken"


def knows_ada(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_ada = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ada", b"p@ss/word")
    return AuthResult(success=is_ada, handled=False)
