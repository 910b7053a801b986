"""What people embed of their profile: the card, badges, and the picture that links are shown with. Pure.

All three are SVG made of a `Shown` and of nothing else. They hold no script, no reference and no font, so that they
work inside an <img>; whatever somebody wrote is escaped, and marks that XML forbids or that turn the direction of text
go.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final
from unicodedata import category
from xml.sax.saxutils import escape

from codecard.lib.formats import count, counted, quantity, share
from codecard.lib.reading import Band, Reading
from codecard.lib.svg.scale import scale_of
from profiles.shown import Activity, Measure, Shown


class Theme(StrEnum):
    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


WIDTH, HEIGHT = 480, 196
WEEKS, LATELY = 26, 4
_FAMILY: Final = "Inter,-apple-system,&quot;Segoe UI&quot;,Ubuntu,sans-serif".replace("&quot;", '"')
# Tokens of the design: background, line, track, range, its edges, text, its lesser shades, bars, late bars.
_COLOURS: Final = {
    Theme.LIGHT: (
        "#ffffff", "#e1e5eb", "#f0f2f5", "#d5ece8", "#0b8074",
        "#12161d", "#434c5c", "#596273", "#c5ccd6", "#2447c9",
    ),
    Theme.DARK: (
        "#14181f", "#262d38", "#1c222b", "#11352f", "#35b3a0",
        "#e9edf3", "#b0bac8", "#929db0", "#3d4756", "#93aeff",
    ),
}  # fmt: skip
_SEQUENCE: Final = ("#e9ecf1", "#b0c6f8", "#7598ee", "#3e63d6", "#1d37a0")
# Advance widths of Inter, in thousandths of the size, from the space to the tilde.
_ADVANCES: Final = (
    281, 288, 466, 633, 642, 982, 644, 300, 365, 365, 501, 662, 288, 460, 288, 360, 631, 407, 610, 618, 646,
    593, 620, 566, 619, 620, 288, 302, 662, 662, 662, 511, 966, 690, 654, 730, 722, 601, 590, 746, 743, 269,
    571, 672, 565, 903, 753, 765, 639, 765, 644, 642, 646, 744, 690, 985, 682, 679, 629, 365, 360, 365, 471,
    456, 323, 562, 612, 571, 612, 583, 370, 613, 591, 242, 242, 549, 242, 876, 591, 600, 612, 612, 376, 528,
    327, 591, 562, 818, 546, 562, 552, 426, 333, 426, 662,
)  # fmt: skip
NOBODY: Final = "No public profile here"
NOTHING: Final = "Nothing of this is public"
BADGES: Final = ("streak", "active-days", "pull-requests")
"""Beside one for each measure."""


def clean(text: str) -> str:
    """As it may stand in SVG: without what XML forbids, and on one line."""
    kept = (" " if mark.isspace() else mark for mark in text if mark.isspace() or _is_plain(mark))
    return escape(" ".join("".join(kept).split()), {'"': "&quot;", "'": "&apos;"})


def _is_plain(mark: str) -> bool:
    """Cc: controls, Cf: among them those that turn the direction, Cs: halves of a pair, Cn: no characters."""
    return category(mark) not in {"Cc", "Cf", "Cs", "Cn"} and ord(mark) not in (0xFFFE, 0xFFFF)


def width_of(text: str, size: float) -> float:
    """In pixels, about: what isn't ASCII counts as wide."""
    return sum(_ADVANCES[ord(mark) - 32] if 32 <= ord(mark) < 127 else 1000 for mark in text) * size / 1000


def fitting(text: str, size: float, most: float) -> str:
    """The text, cut where it is wider than `most` pixels."""
    if width_of(text, size) <= most:
        return text
    while text and width_of(f"{text}…", size) > most:
        text = text[:-1]
    return f"{text.rstrip()}…"


# --- the card -------------------------------------------------------------------------------------------------------


def card(shown: Shown | None, theme: Theme) -> str:
    """480 × 196 px. None: nobody is found here. A part that isn't shown leaves its place to words."""
    if shown is None:
        return _worded(NOBODY, "It may have moved, or was never published.", theme)
    rows, activity = _rows(shown.measures), shown.activity
    if not (rows or activity or shown.totals):
        return _worded(fitting(shown.name, 16, 400), NOTHING, theme)
    name = fitting(shown.name, 16, 230)
    parts = [_text(24, 36, name, "n")]
    if (days := _days(shown)) is not None:
        parts.append(_text(456, 36, f"{counted(days, 'active day')} in 12 months", "s", "end"))
    for place, one in enumerate(rows):
        parts += _ruler(one, 68 + 29 * place)
    if not rows:
        parts.append(_text(24, 82, "How well it goes is not public.", "l"))
    if activity:
        parts += _bars(_weeks(activity))
        parts.append(_text(24, 184, f"{WEEKS} weeks, last four in blue", "s"))
    parts.append(_text(456, 184, "Code Card", "s", "end"))
    return _framed(f"{clean(shown.name)} on Code Card", _described(shown, rows), parts, theme)


def _days(shown: Shown) -> int | None:
    if shown.totals:
        return shown.totals.active_days
    return shown.activity.active_days if shown.activity else None


def _rows(measures: Sequence[Measure]) -> list[Measure]:
    return [one for one in measures if one.reading.value is not None][:2]


def _described(shown: Shown, rows: Iterable[Measure]) -> str:
    told = [f"{one.label}: {_value(one.reading)}{_healthy(one.reading)}" for one in rows]
    days = _days(shown)
    return "; ".join([*told, *([f"{counted(days, 'active day')} in 12 months"] if days is not None else [])])


def _value(reading: Reading) -> str:
    return f"{_number(reading)}{' of few' if reading.is_few else ''}"


def _number(reading: Reading) -> str:
    assert reading.value is not None
    return share(reading.value, digits=0) if reading.unit == "share" else quantity(reading.value, reading.unit)


def _healthy(reading: Reading) -> str:
    return f" (healthy {reading.band.text(reading.unit)})" if reading.band else ""


def _places(reading: Reading, left: float, width: float) -> tuple[float, float, float, list[float]]:
    """Where the value stands, from where to where its healthy range goes, and those ends that aren't open."""
    assert reading.value is not None
    scale, band = scale_of(reading.unit, *reading.domain), reading.band or Band()

    def at(value: float) -> float:
        return left + width * min(1.0, max(0.0, scale.ratio(value)))

    low = left if band.low is None else at(band.low)
    high = left + width if band.high is None else at(band.high)
    return at(reading.value), low, max(low, high), [at(end) for end in (band.low, band.high) if end is not None]


def _ruler(one: Measure, y: float) -> list[str]:
    left, width = 136.0, 248.0
    reading = one.reading
    value, low, high, ends = _places(reading, left, width)
    parts = [
        _text(24, y + 4.5, one.short, "l"),
        f'<rect x="{left}" y="{y - 2.5}" width="{width}" height="5" rx="2.5" class="tr"/>',
    ]
    if reading.band:
        parts.append(f'<rect x="{low:.1f}" y="{y - 4.5}" width="{high - low:.1f}" height="9" class="bd"/>')
        parts += [f'<rect x="{end - 0.75:.1f}" y="{y - 4.5}" width="1.5" height="9" class="ed"/>' for end in ends]
    kind = "fw" if reading.is_few else "dt"
    parts.append(f'<circle cx="{value:.1f}" cy="{y}" r="6" stroke-width="2" class="{kind}"/>')
    parts.append(_text(456, y + 4.5, _number(reading), "w" if reading.is_few else "v", "end"))
    return parts


def _weeks(activity: Activity) -> list[int]:
    """Whole weeks, Monday first, of which the last one runs."""
    counts = [number for _, number in activity.days]
    weeks = [sum(counts[start : start + 7]) for start in range(0, len(counts), 7)]
    return weeks[-WEEKS:]


def _bars(weeks: Sequence[int]) -> list[str]:
    most, step = max(weeks, default=0) or 1, 432 / WEEKS
    parts = []
    for place, number in enumerate(weeks):
        height = max(2.0, 38 * number / most)
        kind = "b1" if place >= len(weeks) - LATELY else "b0"
        x = 24 + step * (WEEKS - len(weeks) + place)
        parts.append(
            f'<rect x="{x:.1f}" y="{166 - height:.1f}" width="13.7" height="{height:.1f}" rx="1.5" class="{kind}"/>'
        )
    return parts


def _worded(title: str, words: str, theme: Theme) -> str:
    parts = [_text(24, 84, title, "n"), _text(24, 108, words, "l"), _text(456, 184, "Code Card", "s", "end")]
    return _framed(f"{clean(title)} on Code Card", words, parts, theme)


def _text(x: float, y: float, text: str, kind: str, anchor: str = "") -> str:
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{where} class="{kind}">{clean(text)}</text>'


def _framed(title: str, description: str, parts: Iterable[str], theme: Theme) -> str:
    frame = f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="11.5" class="bg"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' role="img" aria-labelledby="ct cd"><title id="ct">{title}</title><desc id="cd">{clean(description)}</desc>'
        f"<style>{_style(theme)}</style>{frame}{''.join(parts)}</svg>"
    )


def _style(theme: Theme) -> str:
    plain = (
        f"text{{font-family:{_FAMILY}}}.n{{font-size:16px;font-weight:600}}.s{{font-size:12px}}.l{{font-size:13px}}"
        ".v,.w{font-size:14px;font-weight:600}"
    )
    if theme is not Theme.AUTO:
        return plain + _painted(theme)
    return f"{plain}{_painted(Theme.LIGHT)}@media(prefers-color-scheme:dark){{{_painted(Theme.DARK)}}}"


def _painted(theme: Theme) -> str:
    ground, line, track, band, edge, text, less, least, bar, late = _COLOURS[theme]
    return (
        f".bg{{fill:{ground};stroke:{line}}}.tr{{fill:{track}}}.bd{{fill:{band}}}.ed{{fill:{edge}}}"
        f".dt{{fill:{text};stroke:{ground}}}.fw{{fill:{ground};stroke:{text}}}.n,.v{{fill:{text}}}.l{{fill:{less}}}"
        f".s,.w{{fill:{least}}}.b0{{fill:{bar}}}.b1{{fill:{late}}}"
    )


# --- badges ---------------------------------------------------------------------------------------------------------


def badge(shown: Shown | None, what: str) -> str:
    """One value, 20 px high, as badges of READMEs are. `what`: a measure's slug, or one of BADGES."""
    if shown is None:
        return _badge("Code Card", NOBODY.lower(), "#6d737c")
    for one in shown.measures:
        if one.slug == what and one.reading.value is not None:
            kind = one.reading.verdict.kind
            colour = {"ok": "#07625a", "warn": "#8a3f00"}.get(kind, "#434c5c")
            return _badge(one.label, _value(one.reading), colour)
    told = _counted_badge(shown, what)
    return _badge(*told, "#2447c9") if told else _badge("Code Card", NOTHING.lower(), "#6d737c")


def _counted_badge(shown: Shown, what: str) -> tuple[str, str] | None:
    days = _days(shown)
    if what == "streak" and shown.activity:
        return "AI-assisted streak", counted(shown.activity.current_streak, "day")
    if what == "active-days" and days is not None:
        return "active days with AI", f"{count(days)} in 12 months"
    if what == "pull-requests" and shown.totals:
        return "AI-assisted pull requests", count(shown.totals.pull_requests)
    return None


def _badge(label: str, value: str, colour: str) -> str:
    left, right = (round(width_of(text, 11)) + 12 for text in (label, value))
    whole, title = left + right, f"{clean(label)}: {clean(value)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{title}">'
        f'<title>{title}</title><clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#3d424b"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        f'<g fill="#fff" font-family=\'{_FAMILY}\' font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14" textLength="{left - 12}">{clean(label)}</text>'
        f'<text x="{left + right / 2:g}" y="14" textLength="{right - 12}">{clean(value)}</text></g></svg>'
    )


# --- the picture ----------------------------------------------------------------------------------------------------


def picture(shown: Shown | None) -> str:
    """1200 × 630 px, for whoever shows links with a picture."""
    name = fitting(shown.name, 44, 680) if shown else NOBODY
    days = _days(shown) if shown else None
    told = "On Code Card" if days is None else f"{counted(days, 'day')} with AI in the last 12 months"
    letters = "".join(word[0] for word in name.split()[:2]).upper() if shown else "?"
    parts = [
        '<rect width="1200" height="630" fill="#fff"/><circle cx="112" cy="112" r="40" fill="#2955d3"/>',
        _big(112, 124, letters, 32, "#fff", "middle", bold=True),
        _big(176, 108, name, 44, "#12161d", bold=True),
        _big(176, 144, told, 24, "#596273"),
        _big(1128, 112, "Code Card", 26, "#12161d", "end", bold=True),
    ]
    for place, one in enumerate(_rows(shown.measures) if shown else []):
        parts += _big_ruler(one, 72 + 576 * place)
    if shown and shown.activity:
        parts += _year(shown.activity)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630" viewBox="0 0 1200 630" font-family="Inter">'
        f"{''.join(parts)}</svg>"
    )


def _big(x: float, y: float, text: str, size: int, colour: str, anchor: str = "start", *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    style = f'font-size="{size}"{weight} fill="{colour}" text-anchor="{anchor}"'
    return f'<text x="{x:g}" y="{y:g}" {style}>{clean(text)}</text>'


def _big_ruler(one: Measure, left: float) -> list[str]:
    reading, width = one.reading, 480.0
    value, low, high, ends = _places(reading, left, width)
    parts = [
        _big(left, 248, one.label, 24, "#434c5c"),
        _big(left + width, 248, _value(reading), 34, "#12161d", "end", bold=True),
        f'<rect x="{left:g}" y="278" width="{width:g}" height="8" rx="4" fill="#f0f2f5"/>',
    ]
    if reading.band:
        parts.append(f'<rect x="{low:.1f}" y="274" width="{high - low:.1f}" height="16" fill="#d5ece8"/>')
        parts += [f'<rect x="{end:.1f}" y="274" width="2.5" height="16" fill="#0b8074"/>' for end in ends]
        told = reading.band.text(reading.unit).replace("≥", "from").replace("≤", "up to").replace("–", " to ")
        parts.append(_big(left, 326, f"healthy {' '.join(told.split())}", 20, "#596273"))
    fill, stroke = ("#fff", "#12161d") if reading.is_few else ("#12161d", "#fff")
    parts.append(f'<circle cx="{value:.1f}" cy="282" r="12" fill="{fill}" stroke="{stroke}" stroke-width="4"/>')
    return parts


def _year(activity: Activity) -> list[str]:
    """53 weeks as columns, five shades by quarters of the busiest day."""
    most, step = max((number for _, number in activity.days), default=0) or 1, 1056 / 53
    parts = []
    for place, (_, number) in enumerate(activity.days):
        shade = _SEQUENCE[0 if not number else min(4, 1 + 4 * number // (most + 1))]
        x, y = 72 + step * (place // 7), 392 + step * (place % 7)
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="15.5" height="15.5" rx="3.5" fill="{shade}"/>')
    return parts
