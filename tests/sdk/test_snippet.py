from __future__ import annotations

import json

from cueline.snippet import tag


def test_the_tag_names_the_core_and_the_key() -> None:
    text = tag("https://collect.shop.example/", "wk_1")
    assert text.startswith("<script>") and text.endswith("</script>")
    assert '"https://collect.shop.example/v1/cueline.js"' in text
    assert '{key:"wk_1"}' in text
    assert "\n" not in text


def test_nothing_in_address_or_key_ends_the_script() -> None:
    evil = "</script><script>alert('1')</script>\u2028\"\\"
    text = tag("https://shop.example", evil)
    assert text.count("</script>") == 1
    assert text.count("<script>") == 1
    written = text.split("{key:")[1].split("}")[0]
    assert json.loads(written) == evil
