"""The built scripts: paths, pinned addresses, and paths of one's own."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from cueline import scripts
from cueline.app import create_app, open_doors
from cueline.config import TAKEN, Settings
from cueline.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a build leaves: a core, a part, and the core of an earlier release."""
    (tmp_path / "cueline.js").write_text("at('/v1/cueline.js', '/v1/collect')")
    (tmp_path / "frames.js").write_text("frames()")
    (tmp_path / "pinned").mkdir()
    (tmp_path / "pinned" / "cueline-0.0.9.js").write_text("old('/v1/collect')")
    return tmp_path


def bodies(settings: Settings, folder: Path) -> dict[str, bytes]:
    return {path: script.body for path, script in scripts.served(settings, folder).items() if not script.is_pinned}


def pinned(settings: Settings, folder: Path) -> dict[str, bytes]:
    return {path: script.body for path, script in scripts.served(settings, folder).items() if script.is_pinned}


def test_the_core_and_its_parts_lie_in_one_folder(folder: Path) -> None:
    assert sorted(bodies(Settings(), folder)) == ["/v1/cueline.js", "/v1/frames.js"]


def test_other_paths_are_written_into_a_copy_of_their_own(folder: Path) -> None:
    found = bodies(Settings(snippet_path="/s/x7", collect_path="/s/in"), folder)
    assert found == {
        "/v1/cueline.js": b"at('/v1/cueline.js', '/v1/collect')",
        "/v1/frames.js": b"frames()",
        "/s/x7": b"at('/s/x7', '/s/in')",
        "/s/frames.js": b"frames()",
    }


def test_a_collect_path_alone_changes_the_core_that_is_served_where_it_always_was(folder: Path) -> None:
    found = bodies(Settings(collect_path="/in"), folder)
    assert found["/v1/cueline.js"] == b"at('/v1/cueline.js', '/in')"


def test_a_pinned_path_names_its_bytes_and_those_of_earlier_releases_stay(folder: Path) -> None:
    for settings in (Settings(), Settings(snippet_path="/s/x7.js", collect_path="/s/in")):
        found = pinned(settings, folder)
        old = [body for body in found.values() if body.startswith(b"old")]
        assert b"old('/v1/collect')" in old and len(found) == 2 * len(old)
        for path, body in found.items():
            assert hashlib.sha256(body).hexdigest().startswith(re.split(r"[-.]", path)[1])


def test_the_integrity_is_that_of_the_bytes() -> None:
    core = scripts.core(Settings(), is_pinned=True)
    assert core.integrity == "sha384-" + base64.b64encode(hashlib.sha384(core.body).digest()).decode()
    assert scripts.served(Settings())[core.path] == core


def test_the_core_names_each_path_once_so_that_they_can_be_replaced() -> None:
    body = scripts.core(Settings()).body
    assert (body.count(b"/v1/cueline.js"), body.count(b"/v1/collect"), body.count(b"/v1/")) == (1, 1, 2)


@pytest.mark.parametrize(
    ("snippet_path", "collect_path", "named"),
    [
        ("/v1/frames.js", "/v1/collect", "CUELINE_SNIPPET_PATH"),
        ("/v1/collect", "/v1/collect", "CUELINE_SNIPPET_PATH"),
        ("/v1/collect", "/in", "CUELINE_SNIPPET_PATH"),
        ("/in", "/in", "CUELINE_SNIPPET_PATH"),
        ("/s/x.js", "/v1/cueline.js", "CUELINE_COLLECT_PATH"),
        ("/s/x.js", "/s/frames.js", "CUELINE_COLLECT_PATH"),
    ],
)
def test_paths_that_meet_are_refused(folder: Path, snippet_path: str, collect_path: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        scripts.served(Settings(snippet_path=snippet_path, collect_path=collect_path), folder)


def test_no_path_of_ones_own_can_hide_what_is_served(tmp_path: Path) -> None:
    app = create_app(open_doors(Settings(data=tmp_path, redis_url=f"unix://{tmp_path}/none.sock")))
    firsts = {str(rule).split("/")[1] for rule in app.url_map.iter_rules()}
    assert firsts - {"", "v1"} == set(TAKEN)
