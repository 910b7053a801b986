"""What pages are made of: templates without indentation, icons by name."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.template import Engine

from codecard.lib.icons import NAMES, icon_address

FOLDER = Path(settings.BASE_DIR) / "templates"
ICONS = Path(settings.BASE_DIR) / "codecard/static/codecard/img/icons.svg"
TEMPLATES = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.html")}


def loaded(folder: Path, name: str, contents: str) -> str:
    (folder / name).write_text(contents, encoding="utf-8")
    engine = Engine(dirs=[str(folder)], loaders=["codecard.lib.templates.Unindented"])
    return str(engine.get_template(name).source)


def test_indentation_goes_and_lines_stay(tmp_path: Path) -> None:
    assert loaded(tmp_path, "page.html", "<p>\n  one  two\n\n\t<b>") == "<p>\none  two\n\n<b>"


def test_mail_stays_as_it_was_written(tmp_path: Path) -> None:
    assert loaded(tmp_path, "mail.txt", "Dear\n  you") == "Dear\n  you"


def test_nothing_is_indented_where_readers_would_see_it() -> None:
    shown = [
        (name, found)
        for name, text in TEMPLATES.items()
        for found in re.findall(r"<(?:pre|textarea)\b.*?</(?:pre|textarea)>", text, re.DOTALL)
        if "\n " in found or "\n\t" in found
    ]
    assert not shown


def test_every_icon_of_a_template_is_there() -> None:
    named = {name for text in TEMPLATES.values() for name in re.findall(r'{% (?:icon|glyph) "([^"]+)"', text)}
    assert len(named) > 20
    assert named <= NAMES


def test_the_icons_are_one_well_formed_file() -> None:
    root = ElementTree.parse(ICONS).getroot()  # noqa: S314 - ours
    symbols = [one for one in root if one.tag.endswith("symbol")]
    assert {one.get("id") for one in symbols} == NAMES
    assert len(symbols) == len(NAMES)
    assert all(one.get("viewBox") == "0 0 16 16" for one in symbols)


def test_an_icon_that_is_not_there_is_refused() -> None:
    with pytest.raises(LookupError, match="nothing"):
        icon_address("nothing")
