"""Bodies from outside are read strictly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.bodies import Malformed, read_body, read_json, storable

DEEP = 200_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"{} {}",
        b'{"a":1}x',
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\xff"}',
        '{"a":1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
def test_json_that_is_not_strict_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_body(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<",
        b"<xml>",
        b"<xml/><xml/>",
        b"<other><a>1</a></other>",
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><c>&a;</c></xml>',
        b'<!DOCTYPE xml SYSTEM "http://evil.test/a.dtd"><xml/>',
        b'<?xml version="1.0" encoding="nonsense"?><xml/>',
        b'<?xml version="1.0" encoding="gbk"?><xml/>',
        b"<xml>&#0;</xml>",
        b"<xml>\x00</xml>",
        b"<xml><a>\xff</a></xml>",
        b"<xml>" + b"<a>" * DEEP + b"</a>" * DEEP + b"</xml>",
    ],
)
def test_xml_that_is_not_plain_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_body(body)


def test_xml_becomes_text_dicts_and_lists() -> None:
    body = b"\n<xml>\n<a><![CDATA[<b> 1 ]]></a> <b/><c><d>2</d></c><e>1</e><e>2</e><f>x<!-- y -->z</f></xml>\n"
    assert read_body(body) == {"a": "<b> 1 ", "b": "", "c": {"d": "2"}, "e": ["1", "2"], "f": "xz"}


def test_an_empty_root_is_an_empty_object() -> None:
    assert read_body(b"<xml></xml>") == {}


def test_what_postgresql_cannot_hold_is_replaced_everywhere() -> None:
    found = read_json(b'{"a\\u0000":["\\ud800",{"b":"\\udfff\\ud83d\\ude00"}],"c":[null,true,1.5]}')
    assert found == {"a\ufffd": ["\ufffd", {"b": "\ufffd😀"}], "c": [None, True, 1.5]}


def test_64_bit_numbers_keep_their_digits() -> None:
    assert read_json(b'{"a":18446744073709551615}') == {"a": 18446744073709551615}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON))
def test_json_goes_through_and_can_be_stored(value: dict[str, object]) -> None:
    found = read_json(json.dumps(value).encode())
    assert found == storable(value)
    assert "\x00" not in json.dumps(found, ensure_ascii=False)
    json.dumps(found, ensure_ascii=False).encode()
