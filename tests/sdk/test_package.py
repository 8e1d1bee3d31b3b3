"""`npm pack` gives a package that works: in plain Node, for tsc, in a bundle, in Chromium, beside a tag."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from cueline.snippet import tag
from tests.sdk.npm import SDK, Consumer, install
from tests.sdk.receiver import KEY, Receiver

HERE = Path(__file__).parent
ROOT = SDK.parents[1]

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def consumer(node: str, tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    if not (SDK / "node_modules").is_dir():
        pytest.skip("static/sdk/node_modules is missing: `npm ci --prefix static/sdk`")
    return install(tmp_path_factory.mktemp("npm"), node)


def test_it_has_what_it_needs_and_nothing_of_our_workshop(consumer: Consumer) -> None:
    files = {str(path.relative_to(consumer.package)) for path in consumer.package.rglob("*") if path.is_file()}
    scripts = {f"dist/scripts/{path.name}" for path in (ROOT / "backend/cueline/static").glob("*.js")}
    types = {"types/index.d.ts", "types/global.d.ts", "types/global.js"}
    assert files == {"package.json", "README.md", "LICENSE", "dist/index.js"} | scripts | types
    assert (consumer.package / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    about = json.loads((consumer.package / "package.json").read_text())
    assert "private" not in about and "dependencies" not in about


def test_its_scripts_are_those_that_the_collector_serves(consumer: Consumer) -> None:
    for path in (ROOT / "backend/cueline/static").glob("*.js"):
        assert (consumer.package / "dist/scripts" / path.name).read_bytes() == path.read_bytes()


def test_prepack_refuses_a_stale_build(consumer: Consumer) -> None:
    about = json.loads((SDK / "package.json").read_text())
    assert about["scripts"]["prepack"] == "node build.mjs --check && node pack.mjs"


def test_on_a_server_importing_and_calling_does_nothing(consumer: Consumer) -> None:
    printed = consumer.run_node(
        "const before = Object.keys(globalThis).length\n"
        "const { cueline, default: same } = await import('cueline')\n"
        "cueline.init({ key: 'wk_1' }); cueline('action', 'X'); cueline.on('init', () => console.log('heard'))\n"
        "const answers = [await cueline.flush(), await cueline.dp('dp:inbox'), await cueline.online('')]\n"
        "console.log(JSON.stringify([cueline === same, Object.keys(globalThis).length - before, answers]))\n"
        "await import('cueline/global')"
    )
    assert json.loads(printed) == [True, 0, [None, False, None]]


@pytest.mark.parametrize("resolution", ["bundler", "nodenext"])
def test_the_types_take_what_is_right_and_refuse_what_is_wrong(consumer: Consumer, resolution: str) -> None:
    consumer.check_types(resolution, HERE / "consumer.ts", HERE / "consumer-global.ts")


def test_the_types_have_every_call_option_and_event_of_the_core() -> None:
    types = (SDK / "types/index.d.ts").read_text()
    parts = ("frame", "compat")
    core = "".join(path.read_text() for path in (SDK / "src").glob("*.js") if not path.name.startswith(parts))
    calls = re.findall(r"const METHODS = '(.+)'", (SDK / "src/esm.js").read_text())[0].split()
    assert [name for name in calls if not re.search(rf"^  {name}[(<]", types, re.MULTILINE)] == []
    assert [name for name in calls if not re.search(rf"\(call: [^,)]*'{name}'", types)] == []
    events = sorted(set(re.findall(r"\bemit\('(\w+)'", core)))
    assert [name for name in events if not re.search(rf"^  {name}: \{{", types, re.MULTILINE)] == []
    options = re.findall(r"@property \{.+\} \[?(\w+)", (SDK / "src/options.js").read_text())
    assert [name for name in options if not re.search(rf"^  {name}\??: ", types, re.MULTILINE)] == []


def test_the_methods_are_those_of_the_core() -> None:
    core = (SDK / "src/core.js").read_text()
    table = re.search(r"export const methods = \{(.+?)^\}", core, re.MULTILINE | re.DOTALL)
    calls = re.findall(r"const METHODS = '(.+)'", (SDK / "src/esm.js").read_text())[0].split()
    assert table is not None
    assert sorted(re.findall(r"^  (\w+)[:,]", table[1], re.MULTILINE)) == sorted(calls)


def test_what_is_not_used_is_not_in_the_bundle(consumer: Consumer) -> None:
    unused = consumer.bundle("import { cueline } from 'cueline'; console.log(1)", "--minify", format="esm")
    assert unused.strip() == "console.log(1);"
    assert "cueline" in consumer.bundle("import 'cueline/scripts/cueline.js'", "--minify")


def page_of(page: Page, receiver: Receiver, html: str) -> None:
    """Opens a page of the receiver's origin that has just this in it."""
    page.route("**/bundled*", lambda route: route.fulfill(content_type="text/html", body=f"<!doctype html>{html}"))
    page.goto(f"{receiver.url}/bundled#_dp=dp%3Aaction%26action%3DLINKED")


def init(receiver: Receiver) -> str:
    return f"import {{ cueline }} from 'cueline'; cueline.init({{ key: '{KEY}', url: '{receiver.url}' }});"


@pytest.mark.browser
@pytest.mark.parametrize("minified", [(), ("--minify",)])
def test_a_bundle_reports_and_takes_the_link(
    consumer: Consumer, page: Page, receiver: Receiver, minified: tuple[str, ...]
) -> None:
    source = f"{init(receiver)} cueline.online('ada'); cueline('action', 'BUNDLED', {{ amount: 12 }})"
    page_of(page, receiver, f"<script>{consumer.bundle(source, *minified)}</script>")
    receiver.wait_for(lambda: receiver.actions() == ["BUNDLED"])
    assert [event["type"] for event in receiver.events()] == ["deep_link", "login", "client_action"]
    assert page.evaluate("[location.hash, typeof cueline.action]") == ["", "function"]
    assert {method for method, _ in receiver.requests} == {"POST"}


@pytest.mark.browser
def test_without_an_address_it_reports_to_the_page_s_own_origin(
    consumer: Consumer, page: Page, receiver: Receiver
) -> None:
    bundle = consumer.bundle(f"import c from 'cueline'; c.init({{ key: '{KEY}' }}); c.action('OWN')")
    page.route("**/assets/app.js", lambda route: route.fulfill(content_type="text/javascript", body=bundle))
    with page.expect_request(lambda request: request.method == "POST") as reported:
        page_of(page, receiver, "<script src='/assets/app.js'></script>")
    assert reported.value.url == f"{receiver.url}/v1/collect"
    receiver.wait_for(lambda: receiver.actions() == ["OWN"])


@pytest.mark.browser
def test_two_bundles_are_one_and_what_was_said_before_init_is_done_after_it(
    consumer: Consumer, page: Page, receiver: Receiver
) -> None:
    first = consumer.bundle("import { cueline } from 'cueline'; cueline.action('FIRST')")
    second = consumer.bundle(f"{init(receiver)} cueline.action('SECOND')")
    page_of(page, receiver, f"<script>{first}</script><script>{second}</script>")
    receiver.wait_for(lambda: receiver.actions() == ["FIRST", "SECOND"])
    assert len({event["visitor_id"] for event in receiver.events()}) == 1
    assert len(receiver.events("deep_link")) == 1


@pytest.mark.browser
@pytest.mark.parametrize("is_tag_first", [True, False])
@pytest.mark.parametrize("is_started", [True, False])
def test_a_bundle_and_a_tag_are_one(
    consumer: Consumer, page: Page, receiver: Receiver, is_tag_first: bool, is_started: bool
) -> None:
    start = init(receiver) if is_started else "import { cueline } from 'cueline';"
    made = consumer.bundle(start + " cueline.action('BUNDLED')")
    bundle = f"<script>{made}</script>"
    pasted = tag(receiver.url, KEY) + "<script>cueline('action', 'PASTED')</script>"
    page_of(page, receiver, pasted + bundle if is_tag_first else bundle + pasted)
    receiver.wait_for(lambda: sorted(receiver.actions()) == ["BUNDLED", "PASTED"])
    page.evaluate("cueline.flush()")
    assert len({event["visitor_id"] for event in receiver.events()}) == 1
    assert len(receiver.events("deep_link")) == 1
    assert len(receiver.events()) == 3


@pytest.mark.browser
def test_where_something_else_bears_the_name_nothing_throws(consumer: Consumer, page: Page, receiver: Receiver) -> None:
    source = (
        f"{init(receiver)} cueline.action('X'); Promise.resolve(cueline.flush()).then(() => (document.title = 'done'))"
    )
    said: list[str] = []
    page.context.on("weberror", lambda error: said.append(str(error.error)))
    page.route("**/taken", lambda r: r.fulfill(content_type="text/html", body="<p id=cueline>"))
    page.add_init_script("console.warn = () => {}")
    page.goto(f"{receiver.url}/taken")
    page.add_script_tag(content=consumer.bundle(source))
    page.wait_for_function("document.title == 'done'")
    assert page.evaluate("cueline.id") == "cueline"
    assert (said, receiver.envelopes) == ([], [])
