"""Translations without GNU gettext: `python -m config.messages compile | check | update`.

compile  makes each .mo whose .po is newer.
check    fails with a list if a string in code or templates has no translation in a locale, or a doubtful one.
update   adds missing strings to the .po files, empty, and drops what is no longer used.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

BASE_DIR = Path(__file__).resolve().parents[1]
LOCALES = ("zh_Hans",)  # the strings themselves are English, so `en` is complete by nature
SOURCES = ("config", "inbox", "routing", "metrics", "platforms")
KEYWORDS = {
    name + lazy: spec
    for lazy in ("", "_lazy")
    for name, spec in {
        "_": None,
        "gettext": None,
        "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
        "npgettext": ((1, "c"), 2, 3),
    }.items()
}


class Text(NamedTuple):
    """A string that is shown to people, and where."""

    id: str | tuple[str, str]  # with its plural
    context: str | None
    place: tuple[str, int]


def main(do: str) -> int:
    """Carry out one command; the exit code."""
    if do == "compile":
        for locale in LOCALES:
            compile_locale(BASE_DIR / "locale" / locale / "LC_MESSAGES" / "django.po")
        return 0
    texts = list(find_texts(BASE_DIR))
    if do == "update":
        for locale in LOCALES:
            update(locale, texts)
        return 0
    faults = [fault for locale in LOCALES for fault in find_faults(locale, texts)]
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"translations: {len(texts)} strings, {len(faults)} faults")
    return 1 if faults else 0


def compile_locale(source: Path) -> None:
    """Make the .mo beside `source`, unless it is newer."""
    compiled = source.with_suffix(".mo")
    if not source.exists() or (compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime):
        return
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    output = BytesIO()
    with source.open("rb") as file:
        write_mo(output, read_po(file, abort_invalid=True))
    fresh = compiled.with_suffix(".mo.new")
    fresh.write_bytes(output.getvalue())
    fresh.replace(compiled)


def find_texts(base: Path) -> Iterator[Text]:
    """Every string marked for translation in our code and templates."""
    for folder in SOURCES:
        for path in sorted((base / folder).rglob("*.py")):
            yield from texts_of(path.read_bytes(), str(path.relative_to(base)))
    for folder in ("templates", *SOURCES):
        for suffix in ("*.html", "*.txt", "*.svg"):
            for path in sorted((base / folder).rglob(suffix)):
                yield from texts_of(as_python(path.read_text()), str(path.relative_to(base)))


def as_python(template: str) -> bytes:
    """A Django template as lines of gettext calls, the way makemessages reads it."""
    from django.utils.translation.template import templatize

    return "\n".join(line.strip() for line in templatize(template).splitlines()).encode()


def texts_of(source: bytes, place: str) -> Iterator[Text]:
    """The strings marked in one Python source."""
    from babel.messages.extract import extract

    for line, message, _comments, context in extract("python", BytesIO(source), keywords=KEYWORDS):
        yield Text(message if isinstance(message, str) else (message[0], message[1]), context, (place, line))


def find_faults(locale: str, texts: Iterable[Text]) -> Iterator[str]:
    """A line for each string that `locale` lacks, doubts, or gets the placeholders of wrong."""
    catalog = read_catalog(locale)
    seen = set()
    for text in texts:
        singular = text.id if isinstance(text.id, str) else text.id[0]
        if (singular, text.context) in seen:
            continue
        seen.add((singular, text.context))
        message = catalog.get(singular, text.context)
        where = f"{text.place[0]}:{text.place[1]}: {singular!r} in {locale}"
        if message is None or not all([message.string] if isinstance(message.string, str) else message.string):
            yield f"{where}: no translation"
        elif message.fuzzy:
            yield f"{where}: fuzzy"
        elif set(placeholders(message.string)) != set(placeholders(text.id)):
            yield f"{where}: other placeholders than the original"


def placeholders(text: str | Iterable[str]) -> list[str]:
    """The names that are filled in: `%(name)s` and `{name}`."""
    joined = text if isinstance(text, str) else "\n".join(text)
    return re.findall(r"%\(\w+\)[sd]|\{\w*\}", joined)


def read_catalog(locale: str):  # type: ignore[no-untyped-def]  # babel has no types we could name without importing it
    """The translations of `locale`, empty if there are none yet."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    path = BASE_DIR / "locale" / locale / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return Catalog(locale=locale, domain="django", project="OneQueue")
    with path.open("rb") as file:
        return read_po(file, locale=locale, domain="django", abort_invalid=True)


def update(locale: str, texts: Iterable[Text]) -> None:
    """Bring the .po file of `locale` to what the code says; translations are kept, nothing is guessed."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    template = Catalog(domain="django", project="OneQueue")
    for text in texts:
        template.add(text.id, context=text.context, locations=[text.place])
    catalog = read_catalog(locale)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    path = BASE_DIR / "locale" / locale / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=120, sort_by_file=True, include_lineno=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
