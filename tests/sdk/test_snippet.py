from __future__ import annotations

from html.parser import HTMLParser

from cueline.snippet import policy, stub, tag


class Elements(HTMLParser):
    """What a browser makes of a text: its elements with their attributes, and the text outside of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_tag_is_the_stub_and_the_core_with_the_key() -> None:
    text = tag("https://collect.shop.example/", "wk_1")
    core = {"async": None, "src": "https://collect.shop.example/v1/cueline.js", "data-key": "wk_1"}
    assert Elements(text).found == [("script", {}), ("script", core)]
    assert "\n" not in text


def test_the_stub_is_the_same_for_every_shop() -> None:
    one, other = (tag(f"https://{name}.example", f"wk_{name}").split("</script>")[0] for name in "ab")
    assert one == other == f"<script>{stub()}"


def test_nothing_in_address_or_key_leaves_its_attribute() -> None:
    evil = "\"'></script><script>alert('1')</script>\u2028\\"
    found = Elements(tag("https://shop.example", evil)).found
    assert len(found) == 2
    assert found[1][1]["data-key"] == evil


def test_options_of_init_are_attributes_of_the_core() -> None:
    options = {"consent": "pending", "holdMinutes": "5", "goOrigins": 'https://a.example, "https://b.example'}
    core = Elements(tag("https://shop.example", "wk_1", options=options)).found[1][1]
    assert core["data-consent"] == "pending"
    assert core["data-hold-minutes"] == "5"
    assert core["data-go-origins"] == options["goOrigins"]


def test_a_nonce_stands_on_both_elements_as_it_is_given() -> None:
    text = tag("https://shop.example", "wk_1", nonce="<?= $nonce ?>")
    assert text.count(' nonce="<?= $nonce ?>"') == 2
    assert [
        attributes["nonce"] for _, attributes in Elements(tag("https://s.example", "wk_1", nonce="r4nd")).found
    ] == [
        "r4nd",
        "r4nd",
    ]


def test_a_pinned_core_is_asked_for_without_cookies_so_that_its_bytes_may_be_compared() -> None:
    core = Elements(tag("https://shop.example", "wk_1", path="/v1/cueline-1.js", integrity="sha384-x")).found[1][1]
    assert core["src"] == "https://shop.example/v1/cueline-1.js"
    assert (core["integrity"], core["crossorigin"]) == ("sha384-x", "anonymous")


def test_the_policy_names_the_folder_of_the_core_for_its_parts_lie_there() -> None:
    found = policy("https://c.example/x", path="/s/a.js", reports_to="https://c.example/x/s/in")
    assert found[0].startswith("script-src 'sha256-") and found[0].endswith("' https://c.example/x/s/")
    assert found[1] == "connect-src https://c.example/x/s/in"
