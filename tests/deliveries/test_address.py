from typing import Any

import pytest

from cueline.deliveries.address import Skip, mail_address


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("ada@shop.example", "ada@shop.example"),
        ("  ada@shop.example ", "ada@shop.example"),
        ("Ada.Lovelace+tag@Shop.Example", "Ada.Lovelace+tag@shop.example"),
        ("o'brien@shop.example", "o'brien@shop.example"),
        ('"a b"@shop.example', '"a b"@shop.example'),
        ("ada@localhost", "ada@localhost"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@例え.example", "ada@xn--r8jz45g.example"),
    ],
)
def test_one_good_address_is_taken(value: str, address: str) -> None:
    assert mail_address({"email": value}) == address


@pytest.mark.parametrize("properties", [{}, {"email": None}, {"email": ""}, {"email": "  "}, {"Email": "a@b.c"}])
def test_a_user_without_an_address_has_none(properties: dict[str, Any]) -> None:
    with pytest.raises(Skip) as skipped:
        mail_address(properties)
    assert skipped.value.code == "no_address"


@pytest.mark.parametrize(
    "value",
    [
        5,
        ["a@b.c"],
        True,
        "ada",
        "@shop.example",
        "ada@",
        "ada@shop.example\r\nBcc: mallory@evil.example",
        "ada@shop.example\n",
        "ada\0@shop.example",
        "ada@shop.example, bob@shop.example",
        "ada@shop.example; bob@shop.example",
        "ada,bob@shop.example",
        "ada@bob@shop.example",
        "Ada <ada@shop.example>",
        "<ada@shop.example>",
        "ada(x)@shop.example",
        "group:ada@shop.example;",
        "a b@shop.example",
        "a..b@shop.example",
        ".a@shop.example",
        "ada@shop..example",
        "ada@-shop.example",
        "ada@shop_x.example",
        "ada@[127.0.0.1]",
        "ada@shop.example.",
        "ädä@shop.example",
        "a" * 65 + "@shop.example",
        "ada@" + "a" * 64 + ".example",
        "ada@" + "a." * 130 + "example",
        "ada@xn--\u00e4.example",
    ],
)
def test_what_is_not_exactly_one_sendable_address_is_refused(value: Any) -> None:
    with pytest.raises(Skip) as skipped:
        mail_address({"email": value})
    assert skipped.value.code == "bad_address"
    assert skipped.value.message
