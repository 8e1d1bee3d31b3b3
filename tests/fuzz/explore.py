"""Atheris lets a door read what coverage leads to: `python -m tests.fuzz.explore DOOR REDIS_URL DATA [OPTIONS]`."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["cueline", "json.decoder", "json.scanner"]):
    from cueline.deeplinks import capture, parse
    from tests.fuzz.bodies import COLLECT, EVENTS, TOKENS, mutate
    from tests.fuzz.doors import Doors

LINKS = [b"dp:action&action=TEST5&prize=A%20B", b"https://shop.example/?utm=dp%3Ago%26url%3D%2Fa#dp:inbox&id=1"]


def read_link(body: bytes) -> None:
    """The deep-link decoder gives a link or the code of an error for any text."""
    text = body.decode("utf-8", "surrogateescape")
    parse(text)
    capture(text)


def main(door: str, redis_url: str, data: str, *options: str) -> None:
    seeds = {"collect": COLLECT, "events": EVENTS, "links": LINKS}[door]
    corpus = Path(data) / "corpus"
    corpus.mkdir(parents=True)
    for i, body in enumerate(seeds):
        (corpus / f"seed{i}").write_bytes(body)
    dictionary = Path(data) / "dictionary"
    dictionary.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS if len(token) < 64))

    def change(body: bytes, most: int, seed: int) -> bytes:
        """Half of the bodies stay JSON; libFuzzer's own changes make few that do."""
        random = Random(seed)
        changed = mutate(random, body, seeds) if random.random() < 0.5 else atheris.Mutate(body, most)
        return bytes(changed[:most])

    target = read_link if door == "links" else getattr(Doors(redis_url, Path(data)), door)
    arguments = [sys.argv[0], str(corpus), f"-dict={dictionary}", f"-artifact_prefix={data}/", *options]
    atheris.Setup(arguments, lambda body: target(body) and None, custom_mutator=change)
    atheris.Fuzz()


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


if __name__ == "__main__":
    main(*sys.argv[1:])
