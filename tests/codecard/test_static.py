"""The assets: what is vendored is what was locked, colours can be read on their background, pages stay light."""

import gzip
import hashlib
import re
from itertools import product
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "codecard" / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = STATIC.parents[1] / "templates"
LOCK = [
    [part.strip() for part in line.split("|")]
    for line in (VENDOR / "LOCK").read_text().splitlines()
    if line and not line.startswith("#")
]
MOST_BYTES = 30 * 1024
THEMES = ("light", "dark")
TEXTS = ("text", "text-2", "text-3", "accent", "ok", "warn", "bad")
SURFACES = ("bg", "surface", "surface-2")
TEXT_ON = [
    *product(TEXTS, SURFACES),
    ("on-accent", "accent-solid"),
    *((name, f"{name}-fill") for name in ("accent", "ok", "warn", "bad")),
    ("text", "accent-fill"),
]
MARK_ON = [
    *product(
        ("ok-mark", "warn-mark", "bad-mark", "accent", "c1", "c2", "c3", "c4", "control", "text-3"), ("bg", "surface")
    )
]


@pytest.mark.parametrize(("name", "version", "file", "sha256", "licence", "source"), LOCK)
def test_a_vendored_file_is_the_one_that_was_locked(
    name: str, version: str, file: str, sha256: str, licence: str, source: str
) -> None:
    assert hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() == sha256
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert name
    assert licence
    assert source.startswith("https://")


def test_every_vendored_file_is_locked() -> None:
    assert {path.name for path in VENDOR.iterdir()} == {"LOCK", *(row[2] for row in LOCK)}


def test_styles_and_scripts_of_a_page_are_light() -> None:
    files = [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]
    page = [path for path in files if path.name != "admin.css"]
    assert len(page) >= 5
    assert sum(len(gzip.compress(path.read_bytes())) for path in page) <= MOST_BYTES


def test_every_file_a_style_sheet_names_is_there() -> None:
    for sheet in (STATIC / "codecard" / "css").glob("*.css"):
        for name in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
            assert (sheet.parent / name).is_file(), f"{sheet.name}: {name}"


def test_no_template_needs_what_the_content_security_policy_forbids() -> None:
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|<script(?![^>]*\ssrc=)", text), (
            template.name
        )


def test_no_template_comment_spans_lines() -> None:
    """Django prints such a comment instead of leaving it out."""
    for template in TEMPLATES.rglob("*.html"):
        assert not re.search(r"\{#[^}\n]*\n", template.read_text()), template.name


def colours() -> dict[str, tuple[str, str]]:
    css = (STATIC / "codecard" / "css" / "tokens.css").read_text()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", css)
    plain = re.findall(r"--([\w-]+): (#\w{6});", css)
    return {name: (light, dark) for name, light, dark in pairs} | {name: (hue, hue) for name, hue in plain}


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back"), TEXT_ON)
def test_text_can_be_read_on_every_surface(front: str, back: str, theme: str) -> None:
    index, tokens = THEMES.index(theme), colours()
    assert contrast(tokens[front][index], tokens[back][index]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back"), MARK_ON)
def test_marks_and_borders_of_controls_can_be_seen(front: str, back: str, theme: str) -> None:
    index, tokens = THEMES.index(theme), colours()
    assert contrast(tokens[front][index], tokens[back][index]) >= 3.0
