"""Strings for people are found in code and templates, and a locale that lacks one is told so."""

from pathlib import Path

import pytest

from config import messages

CODE = b"""
_("plain"); gettext_lazy("lazy"); pgettext("of a shop", "open"); other("no")
ngettext("%(n)s message", "%(n)s messages", n)
"""
TEMPLATE = """
{% load i18n %}
<p class="a {% if x %}b{% endif %}">{% translate "plain" %} {% trans 'Quoted "word"' context "of a shop" %}</p>
  {% blocktranslate count n=rows|length trimmed %}
    One <b>round</b>
  {% plural %}
    {{ n }} rounds
  {% endblocktranslate %}
{{ value|default:_("none") }} {# _("not this") #}
"""
PO = """
msgid "plain"
msgstr "普通"

#, fuzzy
msgid "lazy"
msgstr "懒"

msgctxt "of a shop"
msgid "open"
msgstr ""

msgid "%(n)s message"
msgid_plural "%(n)s messages"
msgstr[0] "几条消息"
"""


def ids(source: bytes) -> list[object]:
    return [(text.context, text.id) for text in messages.texts_of(source, "there")]


def test_strings_in_code_are_found() -> None:
    assert ids(CODE) == [
        (None, "plain"),
        (None, "lazy"),
        ("of a shop", "open"),
        (None, ("%(n)s message", "%(n)s messages")),
    ]


def test_strings_in_templates_are_found() -> None:
    assert ids(messages.as_python(TEMPLATE)) == [
        (None, "plain"),
        ("of a shop", 'Quoted "word"'),
        (None, ("One <b>round</b>", "%(n)s rounds")),
        (None, "none"),
    ]


@pytest.fixture
def po(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(messages, "BASE_DIR", tmp_path)
    path = tmp_path / "locale/zh_Hans/LC_MESSAGES/django.po"
    path.parent.mkdir(parents=True)
    path.write_text(PO)
    return path


def test_what_a_locale_lacks_or_doubts_is_said(po: Path) -> None:
    texts = [*messages.texts_of(CODE, "a.py"), *messages.texts_of(b"_('new')", "b.py")]
    assert list(messages.find_faults("zh_Hans", texts)) == [
        "a.py:2: 'lazy' in zh_Hans: fuzzy",
        "a.py:2: 'open' in zh_Hans: no translation",
        "a.py:3: '%(n)s message' in zh_Hans: other placeholders than the original",
        "b.py:1: 'new' in zh_Hans: no translation",
    ]


def test_update_adds_what_is_missing_and_keeps_the_rest(po: Path) -> None:
    messages.update("zh_Hans", [*messages.texts_of(b"_('plain'); _('new')", "b.py")])
    written = po.read_text()
    assert 'msgid "plain"\nmsgstr "普通"' in written
    assert 'msgid "new"\nmsgstr ""' in written
    assert "lazy" not in written


def test_compiled_messages_are_what_gettext_reads(po: Path) -> None:
    import gettext

    messages.compile_locale(po)
    with po.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("plain") == "普通"
    assert compiled.gettext("lazy") == "lazy"
