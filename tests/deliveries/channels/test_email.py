import dataclasses
import socket
import ssl
from collections.abc import Callable

import pytest

from cueline.config import Settings
from cueline.deliveries.channels import smtp_connection
from cueline.deliveries.channels.channel import Delivered, Message
from cueline.deliveries.channels.email import open_channel
from cueline.deliveries.channels.smtp_connection import SmtpConnection
from cueline.deliveries.channels.smtp_server import SmtpServer
from cueline.errors import ConfigError, DeliveryError
from cueline.store.deliveries import Rendered
from tests.conftest import free_port
from tests.deliveries.conftest import SETTINGS
from tests.deliveries.mailbox import Mailbox, knows_ada

NOW_MS = 1_763_890_000_000
HELLO = Rendered("ada@shop.example", "Hello", "<p>Größe &amp; €</p>", "Größe & €")


def settings(url: str, **other: str) -> Settings:
    return dataclasses.replace(SETTINGS, smtp_url=url, **other)


def send(url: str, *messages: Rendered) -> list[Delivered]:
    channel = open_channel(settings(url))
    try:
        return [channel.deliver(Message(n, NOW_MS, rendered)) for n, rendered in enumerate(messages, 1)]
    finally:
        channel.close()


def failure(url: str, rendered: Rendered = HELLO) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        send(url, rendered)
    return failed.value


def test_a_mail_has_one_recipient_and_its_headers(smtp: Mailbox) -> None:
    assert send(smtp.url, HELLO) == [Delivered("sent")]
    (mail,) = smtp.mails
    assert (mail.sender, mail.recipients) == ("shop@shop.example", ["ada@shop.example"])
    parsed = mail.parsed()
    assert parsed["From"] == "The Shop <shop@shop.example>"
    assert parsed["To"] == "ada@shop.example"
    assert parsed["Date"] == "Sun, 23 Nov 2025 09:26:40 +0000"
    assert parsed["Message-ID"] == "<delivery-1@cueline.shop.example>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert "Bcc" not in parsed


def test_text_comes_first_and_html_beside_it(smtp: Mailbox) -> None:
    send(smtp.url, HELLO)
    parsed = smtp.mails[0].parsed()
    assert parsed.get_content_type() == "multipart/alternative"
    text, html = parsed.iter_parts()
    assert (text.get_content_type(), text.get_content().strip()) == ("text/plain", HELLO.text)
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", HELLO.html)
    assert smtp.mails[0].content.isascii()
    assert max(len(line) for line in smtp.mails[0].content.split(b"\r\n")) <= 998


def test_a_mail_without_html_is_plain_text(smtp: Mailbox) -> None:
    send(smtp.url, dataclasses.replace(HELLO, html=None))
    assert smtp.mails[0].parsed().get_content_type() == "text/plain"


@pytest.mark.parametrize("text", [".", ".\r\nMAIL FROM:<x@y.example>", "a\r\n.\r\nb", "x" * 5000, "a\rb", "From x\n"])
def test_any_text_arrives_as_it_was(smtp: Mailbox, text: str) -> None:
    send(smtp.url, dataclasses.replace(HELLO, html=None, text=text))
    (mail,) = smtp.mails
    assert "".join(mail.parsed().get_content().split()) == "".join(text.split())


@pytest.mark.parametrize("subject", ["Größe 😀 " * 30, "=?utf-8?q?x?=", "", '"Hi, <there>"'])
def test_any_subject_of_one_line_arrives_as_it_was(smtp: Mailbox, subject: str) -> None:
    send(smtp.url, dataclasses.replace(HELLO, subject=subject))
    got = smtp.mails[0].parsed()["Subject"]
    if not subject.startswith("=?"):
        assert got.split() == subject.split()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0", "\u2028", "\x85", "\x0b"])
@pytest.mark.parametrize("header", ["subject", "to"])
def test_a_header_with_a_line_break_is_refused_before_anything_is_sent(smtp: Mailbox, header: str, end: str) -> None:
    error = failure(smtp.url, dataclasses.replace(HELLO, **{header: f"ada@shop.example{end}Bcc: eve@evil.example"}))
    assert (error.permanent, error.code) == (True, "bad_message")
    assert smtp.mails == []


def test_a_batch_goes_over_one_connection(smtp: Mailbox) -> None:
    send(smtp.url, HELLO, HELLO, HELLO)
    assert (len(smtp.mails), smtp.sessions) == (3, 1)


def test_a_server_that_ends_a_connection_after_two_mails_gets_the_third_on_a_new_one(smtp: Mailbox) -> None:
    smtp.mails_per_session = 2
    assert send(smtp.url, HELLO, HELLO, HELLO) == [Delivered("sent")] * 3
    assert (len(smtp.mails), smtp.sessions) == (3, 2)


def test_a_connection_that_died_between_two_mails_is_replaced(open_mailbox: Callable[..., Mailbox]) -> None:
    port = free_port()
    first = open_mailbox(port=port)
    channel = open_channel(settings(first.url))
    channel.deliver(Message(1, NOW_MS, HELLO))
    first.stop()
    second = open_mailbox(port=port)
    channel.deliver(Message(2, NOW_MS, HELLO))
    channel.close()
    assert [len(first.mails), len(second.mails)] == [1, 1]


@pytest.mark.parametrize(
    ("answers", "code", "permanent"),
    [
        ({"rcpt_answer": "450 later"}, "try_later", False),
        ({"rcpt_answer": "550 no such user"}, "refused", True),
        ({"data_answer": "451 later"}, "try_later", False),
        ({"data_answer": "554 spam"}, "refused", True),
        ({"data_answer": "421 closing"}, "try_later", False),
        ({"drop_at": "rcpt"}, "try_later", False),
        ({"drop_at": "data"}, "answer_lost", False),
    ],
)
def test_what_a_failure_means(smtp: Mailbox, answers: dict[str, str], code: str, permanent: bool) -> None:
    for name, value in answers.items():
        setattr(smtp, name, value)
    error = failure(smtp.url)
    assert (error.code, error.permanent) == (code, permanent)
    words = next(iter(answers.values()))
    assert "drop_at" in answers or words in error.message


def test_after_a_refusal_the_connection_is_used_on(smtp: Mailbox) -> None:
    channel = open_channel(settings(smtp.url))
    smtp.rcpt_answer = "550 no"
    with pytest.raises(DeliveryError):
        channel.deliver(Message(1, NOW_MS, HELLO))
    smtp.rcpt_answer = None
    channel.deliver(Message(2, NOW_MS, HELLO))
    channel.close()
    assert (len(smtp.mails), smtp.sessions) == (1, 1)


def test_a_server_that_is_away_is_unreachable() -> None:
    error = failure(f"smtp://127.0.0.1:{free_port()}")
    assert (error.code, error.permanent) == ("unreachable", False)
    assert "Connection refused" in error.message


def test_a_server_that_does_not_answer_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection = SmtpConnection(SmtpServer("127.0.0.1", silent.getsockname()[1]), timeout_s=0.2)
        with pytest.raises(DeliveryError, match="timed out"):
            connection.hand_over(b"x", sender="a@b.example", recipient="c@d.example")
    assert smtp_connection.TIMEOUT_S == 15


def test_starttls_is_demanded_and_the_login_goes_through_it(
    open_mailbox: Callable[..., Mailbox], tls: ssl.SSLContext
) -> None:
    box = open_mailbox(tls_context=tls, require_starttls=True, authenticator=knows_ada, auth_required=True)
    send(box.url.replace("//", "//ada:p%40ss%2Fword@") + "?starttls=1", HELLO)
    assert len(box.mails) == 1


def test_a_wrong_password_is_tried_again_later_and_not_shown(
    open_mailbox: Callable[..., Mailbox], tls: ssl.SSLContext
) -> None:
    box = open_mailbox(tls_context=tls, require_starttls=True, authenticator=knows_ada, auth_required=True)
    error = failure(box.url.replace("//", "//ada:secretword@") + "?starttls=1")
    assert (error.code, error.permanent) == ("unreachable", False)
    assert error.message.startswith("the mail server refused the user name or password of CUELINE_SMTP_URL: 535")
    assert "secretword" not in error.message


def test_a_server_without_starttls_gets_nothing_when_it_is_demanded(smtp: Mailbox) -> None:
    error = failure(smtp.url + "?starttls=1")
    assert error.code == "unreachable"
    assert smtp.mails == []


def test_a_certificate_that_nobody_trusts_gets_nothing(
    open_mailbox: Callable[..., Mailbox], tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    box = open_mailbox(tls_context=tls)
    assert "certificate" in failure(box.url + "?starttls=1").message
    assert box.mails == []


def test_smtps_is_encrypted_from_the_start(open_mailbox: Callable[..., Mailbox], tls: ssl.SSLContext) -> None:
    box = open_mailbox(ssl_context=tls)
    send(box.url.replace("smtp:", "smtps:"), HELLO)
    assert len(box.mails) == 1


@pytest.mark.parametrize("sender", ["", "nobody", "a@b.example, c@d.example", "Ada <ada@>", "ä@b.example"])
def test_a_wrong_from_header_names_the_variable(sender: str) -> None:
    with pytest.raises(ConfigError, match="CUELINE_MAIL_FROM"):
        open_channel(settings("smtp://mail", mail_from=sender))


def test_message_ids_come_from_the_public_addresss_host(smtp: Mailbox) -> None:
    channel = open_channel(settings(smtp.url, public_url="http://[::1]:8000"))
    channel.deliver(Message(7, NOW_MS, HELLO))
    channel.close()
    assert smtp.mails[0].parsed()["Message-ID"] == "<delivery-7@1>"
