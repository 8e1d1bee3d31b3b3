"""Around the stores: the data directory, the mail server, the address that pages are told."""

from __future__ import annotations

import ipaddress
import shutil
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from cueline.checks.check import FAIL, NOTE, OK, WARN, Check, Site, shown
from cueline.config import Settings
from cueline.deliveries.channels import smtp_server
from cueline.deliveries.channels.smtp_connection import SmtpConnection
from cueline.errors import DeliveryError

LITTLE: Final = 1024**3
NOTHING: Final = 100 * 1024**2
SMTP_S: Final = 4.0


def look_at_folders(site: Site) -> list[Check]:
    """Those in which files of ours grow."""
    return [_folder(name, folder) for folder, name in _folders(site.settings).items()]


def _folders(settings: Settings) -> dict[Path, str]:
    """That of an SQLite file, and the data directory, unless every store is elsewhere."""
    url = make_url(settings.sql_url())
    folders = {}
    if url.get_backend_name() == "sqlite" and url.database:
        folders[Path(url.database).absolute().parent] = "SQLite's folder"
    if not settings.database_url or not settings.redis_url:
        folders[settings.data.absolute()] = "Data directory"
    return folders


def _folder(name: str, folder: Path) -> Check:
    if not folder.exists():
        advice = "Start `cueline up`, which makes it, or set CUELINE_DATA to the folder that is in use."
        return Check(name, FAIL, "is not there", advice, str(folder))
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "Give the user of these processes the right to write there, or set CUELINE_DATA to another folder."
        return Check(name, FAIL, f"cannot be written to: {error.strerror}", advice, str(folder))
    free = shutil.disk_usage(folder).free
    if free >= LITTLE:
        return Check(name, OK, f"{free / 1024**3:,.0f} GiB free", where=str(folder))
    found = f"its disk is nearly full: {free // 1024**2} MiB are left"
    advice = "Free space there: a full disk stops SQLite and the embedded Redis."
    return Check(name, FAIL if free < NOTHING else WARN, found, advice, str(folder))


def look_at_mail(site: Site) -> list[Check]:
    """By going as far as the greeting, and logging in. Raises ConfigError."""
    if not site.settings.smtp_url:
        return [Check("Mail", NOTE, "kept, not sent", "Set CUELINE_SMTP_URL to send mails.")]
    where = f"{shown(site.settings.smtp_url)}, from {site.settings.mail_from}"
    connection = SmtpConnection(smtp_server.read(site.settings.smtp_url), timeout_s=SMTP_S)
    try:
        connection.greet()
    except DeliveryError as error:
        advice = "Check CUELINE_SMTP_URL; mails wait meanwhile, and are tried again by themselves."
        return [Check("Mail", FAIL, error.message, advice, where)]
    finally:
        connection.close()
    return [Check("Mail", OK, "the server takes our mails", where=where)]


def look_at_address(site: Site) -> list[Check]:
    address = site.settings.address()
    if not is_public(site.settings):
        advice = "Set CUELINE_PUBLIC_URL to the address that pages and mails are to use."
        return [Check("Public address", NOTE, f"{address}: only this machine can reach it", advice)]
    return [Check("Public address", OK, address)]


def is_public(settings: Settings) -> bool:
    """Whether others than this machine can come in."""
    host = urlsplit(settings.address()).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
