from __future__ import annotations

import dataclasses
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine

from cueline.config import Settings
from tests.conftest import free_port
from tests.deliveries.mailbox import Mailbox
from tests.deliveries.rows import House

SETTINGS = Settings(public_url="https://cueline.shop.example", mail_from="The Shop <shop@shop.example>")


@pytest.fixture
def open_mailbox() -> Iterator[Callable[..., Mailbox]]:
    """Starts SMTP servers with the options of aiosmtpd's Controller."""
    started: list[Mailbox] = []

    def start(*, port: int | None = None, **options: Any) -> Mailbox:
        mailbox = Mailbox()
        mailbox.controller = Controller(mailbox, hostname="127.0.0.1", port=port or free_port(), **options)
        mailbox.controller.start()
        started.append(mailbox)
        return mailbox

    yield start
    for mailbox in started:
        mailbox.stop()


@pytest.fixture
def smtp(open_mailbox: Callable[..., Mailbox]) -> Mailbox:
    return open_mailbox()


@pytest.fixture
def house(engine: Engine) -> House:
    """Without a mail server."""
    return House(engine, SETTINGS)


@pytest.fixture
def mailing(engine: Engine, smtp: Mailbox) -> House:
    """A house whose mails go to `smtp`."""
    return House(engine, dataclasses.replace(SETTINGS, smtp_url=smtp.url))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, crt = folder / "key.pem", folder / "crt.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(crt)]
    try:
        subprocess.run([*made, *names], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl: apt-get install openssl")
    both = folder / "both.pem"
    both.write_text(crt.read_text() + key.read_text())
    return both


@pytest.fixture
def tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side; clients of this process trust the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
