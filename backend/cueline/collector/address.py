"""Who is asking, behind the proxies that the operator vouches for."""

from __future__ import annotations

from wsgiref.types import WSGIEnvironment

from cueline.intake.rates import address_key


def client_address(environ: WSGIEnvironment, trusted_proxies: int) -> str | None:
    """Whose address bucket: REMOTE_ADDR, or what the outermost of our own proxies saw.

    Entries further left are the client's own words. A header shorter than our chain of proxies is not theirs.
    """
    remote = environ.get("REMOTE_ADDR", "")
    if trusted_proxies == 0:
        return address_key(remote)
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if len(forwarded) < trusted_proxies:
        return address_key(remote)
    return address_key(_without_port(forwarded[-trusted_proxies].strip())) or address_key(remote)


def _without_port(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    if address.count(":") == 1:
        return address.partition(":")[0]
    return address
