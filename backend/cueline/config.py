"""Settings: one frozen object; the table of fields is the documentation (docs/settings.md is checked against it)."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dotenv import dotenv_values

from cueline import crash
from cueline.errors import ConfigError

PREFIX = "CUELINE_"
REDIS_URL_FILE = "redis.url"
PUBLIC_URL_FILE = "public.url"


def _text(value: str) -> str:
    return value


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(f"must be {low} to {high}")
        return number

    return read


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return read


def _folder(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("must be an http or https address, such as https://cueline.shop.example")
    return value.rstrip("/")


def _url_of(*schemes: str, example: str) -> Callable[[str], str]:
    """Any `scheme+driver` counts as its scheme."""

    def read(value: str) -> str:
        if urlsplit(value).scheme.partition("+")[0] not in schemes:
            raise ValueError(f"must begin with {' or '.join(f'{s}://' for s in schemes)}, such as {example}")
        return value

    return read


# What is served already; a test holds it against the routes.
TAKEN = ("api", "demo", "healthz", "login", "logout", "metrics", "readyz", "static", "status")
_WEB_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


def _web_path(value: str) -> str:
    """A path that needs no escaping anywhere: in a URL, in HTML, in JavaScript, in a policy."""
    if not _WEB_PATH.fullmatch(value) or len(value) > 200:
        raise ValueError("must be a path of letters, digits and - . _ ~, such as /assets/shop.js")
    if value.split("/")[1] in TAKEN:
        raise ValueError(f"must not begin with /{value.split('/')[1]}: that is served already")
    return value


_plain_redis_url = _url_of("redis", "rediss", "unix", example="redis://host:6379/0")


def is_cluster(url: str) -> bool:
    """Whether a Redis address names the nodes of a cluster."""
    return urlsplit(url).scheme in ("redis+cluster", "rediss+cluster")


def _streams_redis_url(value: str) -> str:
    if not is_cluster(value):
        return _single_redis_url(value)
    hosts = urlsplit(value).netloc.rpartition("@")[2].split(",")
    if not all(host.partition(":")[0] for host in hosts) or urlsplit(value).path not in ("", "/", "/0"):
        raise ValueError("must name nodes, such as redis+cluster://host:6379,other:6379; a cluster has one database")
    return value


def _single_redis_url(value: str) -> str:
    if is_cluster(value):
        raise ValueError("must be a Redis by itself: RQ cannot run on a cluster")
    if "+" in urlsplit(value).scheme:
        raise ValueError("must begin with redis:// or redis+cluster://")
    return _plain_redis_url(value)


_database_url = _url_of("postgresql", "postgres", "sqlite", example="postgresql://user:password@host/name")


def _setting(default: Any, doc: str, read: Callable[[str], Any] = _text, *, secret: bool = False) -> Any:
    """A field with its documentation. A secret one is masked by `cueline config`."""
    return field(default=default, metadata={"doc": doc, "read": read, "secret": secret})


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force. Each field is the environment variable `CUELINE_<NAME>`."""

    data: Path = _setting(Path("cueline-data"), "Data directory: embedded Redis, SQLite, keys of `up`", _folder)
    public_url: str = _setting("", "The address in tags and mails; default: the port that `up` last ran on", _http_url)
    snippet_path: str = _setting("/v1/cueline.js", "Where pages load the script; its parts lie beside it", _web_path)
    collect_path: str = _setting("/v1/collect", "Where the script reports to", _web_path)
    database_url: str = _setting(
        "",
        "SQLAlchemy address of the SQL database; default: cueline.db in the data directory",
        _database_url,
        secret=True,
    )
    redis_url: str = _setting(
        "", "Redis for the streams; default: the embedded one that `up` runs", _streams_redis_url, secret=True
    )
    rq_redis_url: str = _setting(
        "", "Redis for RQ's queues; default: the streams' Redis", _single_redis_url, secret=True
    )
    partitions: int = _setting(4, "Number of event streams; the most drains that can share the load", _whole(1, 256))
    smtp_url: str = _setting(
        "",
        "smtp://user:password@host:587?starttls=1 or smtps://host:465; without it mails are kept, not sent",
        secret=True,
    )
    mail_from: str = _setting("Cueline <cueline@localhost>", "The From header of mails")
    bootstrap_write_key: str = _setting("", "Presets the write key of the first workspace (wk_…)")
    bootstrap_secret_key: str = _setting("", "Presets the secret key of the first workspace (sk_…)", secret=True)
    status_page: str = _setting(
        "key",
        "Who may read the status page: `key` (whoever has a secret key), `open` (this machine), `off`",
        _one_of("key", "open", "off"),
    )
    rate_key: int = _setting(20_000, "Events per second for each key; bursts of 10 times that pass", _whole(1, 10**9))
    rate_address: int = _setting(2_000, "Events per second for each network address", _whole(1, 10**9))
    rate_visitor: int = _setting(100, "Events per second for each visitor", _whole(1, 10**9))
    trusted_proxies: int = _setting(0, "How many proxies of yours set X-Forwarded-For", _whole(0, 10))
    stream_max: int = _setting(
        1_000_000, "Entries that may wait in one partition; beyond, collecting answers 503", _whole(100, 10**9)
    )
    slice_s: int = _setting(30, "Seconds that a resident job works before it is queued again", _whole(1, 300))
    lease_ms: int = _setting(6_000, "Life of a partition's lease without renewal", _whole(500, 8_000))
    log_level: str = _setting("info", "debug, info, warning or error", _one_of("debug", "info", "warning", "error"))
    log_format: str = _setting("text", "text, or json: one JSON object per line", _one_of("text", "json"))
    crash_at: str = _setting(
        "", "For crash tests only: the point at which each process that comes there dies", crash.read
    )

    def sql_url(self) -> str:
        """The database address in force, with psycopg 3 as PostgreSQL's driver."""
        url = self.database_url or f"sqlite:///{self.data / 'cueline.db'}"
        for prefix in ("postgresql://", "postgres://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    def streams_url(self) -> str:
        """The streams' Redis: as set, else the one that `up` runs on this data directory."""
        url = self.redis_url or _first_line(self.data / REDIS_URL_FILE)
        if not url:
            raise ConfigError(
                f"No Redis: CUELINE_REDIS_URL is not set and no `cueline up` has run on {self.data}. "
                "Set CUELINE_REDIS_URL=redis://host:6379/0, or start `cueline up`."
            )
        return url

    def queues_url(self) -> str:
        """RQ's Redis; beside a cluster also of all that is kept in Redis and belongs to no partition."""
        url = self.rq_redis_url or self.streams_url()
        if is_cluster(url):
            raise ConfigError(
                "CUELINE_REDIS_URL is a cluster, and RQ cannot run on one. "
                "Give it a Redis by itself: CUELINE_RQ_REDIS_URL=redis://host:6379/0"
            )
        return url

    def address(self) -> str:
        """The public address, without a slash at its end."""
        return self.public_url or _first_line(self.data / PUBLIC_URL_FILE) or "http://127.0.0.1:8000"


def _first_line(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of `cueline config`: the value in force and where it came from."""

    variable: str
    value: str
    origin: str  # "environment" | ".env" | "default"
    doc: str


def load(environ: Mapping[str, str] | None = None, *, dotenv: Path | None = None) -> Settings:
    """Settings from the environment and, below it, a `.env` file in the working directory."""
    values, _ = _gather(environ, dotenv)
    _refuse_unknown(values)
    known = {f.name: f for f in dataclasses.fields(Settings)}
    read: dict[str, Any] = {"data": Path("cueline-data").absolute()}
    for variable, value in values.items():
        name = variable.removeprefix(PREFIX).lower()
        if value != "":
            read[name] = _read(variable, value, known[name])
    return Settings(**read)


def explain(environ: Mapping[str, str] | None = None, *, dotenv: Path | None = None) -> list[Setting]:
    """Every setting with its origin, secrets masked."""
    settings = load(environ, dotenv=dotenv)
    values, origins = _gather(environ, dotenv)
    rows = []
    for f in dataclasses.fields(Settings):
        variable = PREFIX + f.name.upper()
        is_set = values.get(variable, "") != ""
        shown = _shown(str(getattr(settings, f.name)), secret=f.metadata["secret"])
        origin = origins[variable] if is_set else "default"
        rows.append(Setting(variable, shown, origin, f.metadata["doc"]))
    return rows


def _gather(environ: Mapping[str, str] | None, dotenv: Path | None) -> tuple[dict[str, str], dict[str, str]]:
    environ = os.environ if environ is None else environ
    file = Path(".env") if dotenv is None else dotenv
    from_file = {k: v or "" for k, v in dotenv_values(file).items() if k.startswith(PREFIX)}
    from_environ = {k: v for k, v in environ.items() if k.startswith(PREFIX)}
    origins = dict.fromkeys(from_file, ".env") | dict.fromkeys(from_environ, "environment")
    return from_file | from_environ, origins


def _refuse_unknown(values: Mapping[str, str]) -> None:
    known = [PREFIX + f.name.upper() for f in dataclasses.fields(Settings)]
    for variable in values:
        if variable in known:
            continue
        close = difflib.get_close_matches(variable, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else " `cueline config` lists all."
        raise ConfigError(f"Unknown setting {variable}.{hint}")


def _read(variable: str, value: str, f: dataclasses.Field[Any]) -> Any:
    try:
        return f.metadata["read"](value)
    except ValueError as error:
        shown = _shown(value, secret=f.metadata["secret"])
        raise ConfigError(f"{variable}={shown!r}: {error}. It sets: {f.metadata['doc']}.") from error


def _shown(value: str, *, secret: bool) -> str:
    if not secret or not value:
        return value
    parts = urlsplit(value)
    if not parts.scheme or not parts.netloc:
        return "•••"
    if parts.password is None:
        return value
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:•••@{host}"))
