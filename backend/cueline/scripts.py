"""The built scripts as pages load them: at which paths, in which bytes, under which settings.

They are built for `/v1/cueline.js` and `/v1/collect`. Other paths (CUELINE_SNIPPET_PATH, CUELINE_COLLECT_PATH) are
written into a second copy, which is served beside the first, so that tags that were pasted before go on working.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final

from cueline.config import Settings
from cueline.errors import ConfigError

BUILT_SNIPPET_PATH: Final = "/v1/cueline.js"
BUILT_COLLECT_PATH: Final = "/v1/collect"
CORE: Final = "cueline.js"
KEPT: Final = "pinned"  # the folder with the cores of earlier releases


@dataclass(frozen=True, slots=True)
class Script:
    """One file at one path. A pinned path names its bytes and never has others."""

    path: str
    body: bytes
    is_pinned: bool = False

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @property
    def integrity(self) -> str:
        """What the attribute `integrity` and a Content Security Policy call these bytes."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.body).digest()).decode()


def built() -> Traversable:
    """The folder that the build writes to."""
    return files("cueline").joinpath("static")


def served(settings: Settings, folder: Traversable | None = None) -> dict[str, Script]:
    """Path → script, for the paths that are set and for those that it was built for. Raises ConfigError for a path
    that two things would share."""
    folder = folder or built()
    ours = _at(settings.snippet_path, settings.collect_path, folder)
    paths = _at(BUILT_SNIPPET_PATH, BUILT_COLLECT_PATH, folder) | ours
    if settings.snippet_path in (BUILT_COLLECT_PATH, settings.collect_path):
        raise ConfigError(f"CUELINE_SNIPPET_PATH={settings.snippet_path!r}: events come in there. Take another path.")
    if settings.collect_path in paths:
        raise ConfigError(
            f"CUELINE_COLLECT_PATH={settings.collect_path!r}: a script is served there. Take another path."
        )
    return paths


def core(settings: Settings, *, is_pinned: bool = False) -> Script:
    """The core of this release, at the path that is set or at its pinned one."""
    found = _script(built().joinpath(CORE), settings.snippet_path, settings.snippet_path, settings.collect_path)
    return _pinned(found) if is_pinned else found


def part_path(settings: Settings, name: str) -> str:
    """Where `frame.js` and the like are: beside the core."""
    return str(PurePosixPath(settings.snippet_path).with_name(name))


def _at(snippet_path: str, collect_path: str, folder: Traversable) -> dict[str, Script]:
    found: dict[str, Script] = {}
    for file, path in _files(snippet_path, folder):
        if path in found:
            raise ConfigError(
                f"CUELINE_SNIPPET_PATH={snippet_path!r}: `{file.name}` is served there. Take another name."
            )
        found[path] = _script(file, path, snippet_path, collect_path)
    for file in (folder.joinpath(CORE), *_scripts_in(folder.joinpath(KEPT))):
        pinned = _pinned(_script(file, snippet_path, snippet_path, collect_path))
        found[pinned.path] = pinned
    return found


def _files(snippet_path: str, folder: Traversable) -> Iterator[tuple[Traversable, str]]:
    yield folder.joinpath(CORE), snippet_path
    for file in _scripts_in(folder):
        if file.name != CORE:
            yield file, str(PurePosixPath(snippet_path).with_name(file.name))


def _scripts_in(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if file.name.endswith(".js")), key=lambda file: file.name)


def _script(file: Traversable, path: str, snippet_path: str, collect_path: str) -> Script:
    body = file.read_bytes()
    body = body.replace(BUILT_SNIPPET_PATH.encode(), snippet_path.encode())
    return Script(path, body.replace(BUILT_COLLECT_PATH.encode(), collect_path.encode()))


def _pinned(script: Script) -> Script:
    path = PurePosixPath(script.path)
    return Script(str(path.with_name(f"{path.stem}-{script.digest[:16]}{path.suffix}")), script.body, is_pinned=True)
