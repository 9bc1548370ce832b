"""Bodies that strangers send us, read strictly: JSON or XML, one object, nothing doubled, nothing behind it.

What comes out is made of dicts, lists, strings and numbers that PostgreSQL can hold.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

MAX_DEPTH = 32
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Malformed(ValueError):
    """A body that is not one well-formed object; the text says how, and quotes nothing of it."""


def read_body(body: bytes) -> dict[str, Any]:
    """The object in `body`: XML if it begins with "<", else JSON. Malformed."""
    return read_xml(body) if body.lstrip()[:1] == b"<" else read_json(body)


def read_json(body: bytes) -> dict[str, Any]:
    """One JSON object in UTF-8: no key twice, no NaN, nothing behind it, not too deep. Malformed."""
    try:
        found = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError as error:
        raise Malformed("the JSON is nested too deeply") from error
    except ValueError as error:
        raise Malformed(f"not strict JSON in UTF-8 ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise Malformed("the JSON is not an object")
    stored: dict[str, Any] = storable(found)
    return stored


def read_xml(body: bytes) -> dict[str, Any]:
    """The children of <xml> by name: text as it is, nested elements as dicts, repeated as lists. Malformed.

    No DTD, no entities: https://docs.python.org/3/library/xml.html#xml-vulnerabilities
    """
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:
        raise Malformed(f"not plain XML ({type(error).__name__})") from error
    if root.tag != "xml":
        raise Malformed("the XML's root is not <xml>")
    children = _children(root, 0)
    return children if isinstance(children, dict) else {}


def storable(value: Any, depth: int = 0) -> Any:
    """`value` with U+FFFD for what PostgreSQL cannot hold (U+0000, lone surrogates). Malformed if deep."""
    if depth > MAX_DEPTH:
        raise Malformed("the body is nested too deeply")
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {UNSTORABLE.sub("\ufffd", name): storable(part, depth + 1) for name, part in value.items()}
    if isinstance(value, list):
        return [storable(part, depth + 1) for part in value]
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _children(element: Element, depth: int) -> dict[str, Any] | str:
    if depth > MAX_DEPTH:
        raise Malformed("the XML is nested too deeply")
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _children(child, depth + 1)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found
