"""One SMTP connection that serves many mails, and what its failures mean for a delivery.

Before the mail's data is handed over, any failure is safe to repeat. After that, a connection that breaks before
the server's answer leaves open whether the mail was taken: code `answer_lost`.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from typing import Final

from cueline.deliveries import reasons
from cueline.deliveries.channels.smtp_server import SmtpServer
from cueline.errors import DeliveryError

TIMEOUT_S: Final = 15.0
_CLOSING: Final = 421  # RFC 5321, 4.2.1: the server is about to end the connection


class SmtpConnection:
    def __init__(self, server: SmtpServer, *, timeout_s: float = TIMEOUT_S) -> None:
        self._server = server
        self._timeout_s = timeout_s
        self._smtp: smtplib.SMTP | None = None

    def hand_over(self, mail: bytes, *, sender: str, recipient: str) -> None:
        """One mail to one recipient. Returns once the server has taken it; else raises DeliveryError."""
        smtp = self._enveloped(sender=sender, recipient=recipient)
        try:
            _data(smtp, mail)
        except DeliveryError:
            self._drop()
            raise

    def greet(self) -> None:
        """As far as it goes without a mail. Raises DeliveryError."""
        self._ready()

    def close(self) -> None:
        if self._smtp is None:
            return
        # The server has answered for every mail: whether it likes our goodbye changes nothing.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self._drop()

    def _ready(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        try:
            smtp = self._open()
        except (OSError, smtplib.SMTPException) as error:
            place = f"{self._server.host}:{self._server.port}"
            raise _unreachable(f"the mail server {place} cannot be used: {_words(error)}") from error
        try:
            self._greet(smtp)
        except smtplib.SMTPAuthenticationError as error:
            smtp.close()
            words = f"the mail server refused the user name or password of CUELINE_SMTP_URL: {_words(error)}"
            raise _unreachable(words) from error
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            raise _unreachable(f"the mail server did not accept our session: {_words(error)}") from error
        return smtp

    def _open(self) -> smtplib.SMTP:
        server = self._server
        if server.tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, timeout=self._timeout_s, context=context)
        return smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)

    def _greet(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._server.starttls:
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
        if self._server.user is not None:
            smtp.login(self._server.user, self._server.password)

    def _enveloped(self, *, sender: str, recipient: str) -> smtplib.SMTP:
        """A connection that has accepted sender and recipient.

        A server may end a connection after so many mails, or when it was idle: then a new one takes this mail at once.
        """
        is_reused = self._smtp is not None
        try:
            return self._envelope(self._ready(), sender=sender, recipient=recipient)
        except DeliveryError:
            if not is_reused or self._smtp is not None:
                raise
            return self._envelope(self._ready(), sender=sender, recipient=recipient)

    def _envelope(self, smtp: smtplib.SMTP, *, sender: str, recipient: str) -> smtplib.SMTP:
        try:
            _accepted(*_still_open(*smtp.mail(sender)))
            _accepted(*_still_open(*smtp.rcpt(recipient)))
        except DeliveryError:
            self._start_over(smtp)
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise _try_later(f"the connection broke: {_words(error)}") from error
        return smtp

    def _start_over(self, smtp: smtplib.SMTP) -> None:
        """Clears the half-done envelope away; a connection that cannot is dropped."""
        try:
            usable = smtp.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            usable = False
        if not usable:
            self._drop()

    def _drop(self) -> None:
        """Ends the connection without a word."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _data(smtp: smtplib.SMTP, mail: bytes) -> None:
    try:
        _accepted(*smtp.data(mail))
    except smtplib.SMTPDataError as error:
        _accepted(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        words = f"the connection broke before the answer: {_words(error)}"
        raise DeliveryError(words, permanent=False, code=reasons.ANSWER_LOST) from error


def _still_open(code: int, answer: bytes) -> tuple[int, bytes]:
    if code == _CLOSING:
        raise smtplib.SMTPResponseException(code, answer)
    return code, answer


def _accepted(code: int, answer: bytes | str) -> None:
    if 200 <= code < 300:
        return
    words = f"{code} {_text(answer)}"
    if 500 <= code < 600:
        raise DeliveryError(words, permanent=True, code=reasons.REFUSED)
    raise _try_later(words)


def _try_later(words: str) -> DeliveryError:
    return DeliveryError(words, permanent=False, code=reasons.TRY_LATER)


def _unreachable(words: str) -> DeliveryError:
    return DeliveryError(words, permanent=False, code=reasons.UNREACHABLE)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(answer: bytes | str) -> str:
    plain = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    # PostgreSQL takes no NUL, and a list shows one line.
    return " ".join(plain.replace("\0", "").split())[:500]
