"""Where the peers' files are, once `make bench-sdk` has fetched them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parents[1]
MODULES: Final = _HERE / "node_modules"
BUILT: Final = _HERE / "build"


def are_there() -> bool:
    return (MODULES / "posthog-js").is_dir() and (BUILT / "umami.js").is_file()


def version(package: str) -> str:
    found: str = json.loads((MODULES / package / "package.json").read_bytes())["version"]
    return found


def fetched_version(package: str) -> str:
    """Of a package that is fetched as an archive, not installed."""
    found: str = json.loads((_HERE / "package.json").read_bytes())[package]["version"]
    return found


def script(file: Path) -> bytes:
    """Without the comment that names a source map, which a page does not load."""
    return b"\n".join(line for line in file.read_bytes().splitlines() if not line.startswith(b"//# sourceMappingURL"))
