import pytest

from cueline.errors import CuelineError
from cueline.intake.origins import require_origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "https://xn--bcher-kva.example",
        "capacitor://localhost",
        "https://a_b.shop.example:8443",
    ],
)
def test_what_browsers_send_is_taken(origin: str) -> None:
    assert require_origin(origin) == origin


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example/cashier?a=1#b", "https://shop.example"),
        ("https://Shop.Example", "https://shop.example"),
        ("HTTPS://shop.example", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        (" https://shop.example", "https://shop.example"),
        ("https://me@shop.example", "https://shop.example"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[0:0::1]:8000", "http://[::1]:8000"),
    ],
)
def test_what_they_write_otherwise_is_refused_with_how(text: str, meant: str) -> None:
    with pytest.raises(CuelineError, match=r"Did you mean (\S+)\?$") as error:
        require_origin(text)
    assert error.value.message.endswith(f" {meant}?")


@pytest.mark.parametrize(
    "text",
    ["", "*", "null", "shop.example", "shop.example:8000", "https://", "https://*.shop.example", "https://a b.example",
     "https://shop.example:x", "https://shop.example:99999", "https://[::1", "//shop.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CuelineError, match=r"as in https://shop\.example"):
        require_origin(text)
