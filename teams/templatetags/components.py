"""Template parts: pictures, icons, words for values. Thin tags over the pure functions of codecard.lib.

They live in the lowest app so that every app's templates may load them: ``{% load components %}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.template import Context
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from codecard.lib import formats, svg
from codecard.lib.icons import icon_address
from codecard.lib.reading import Amount, Band, Reading, Verdict
from codecard.lib.svg.heat import LEVELS, WEEKDAYS
from codecard.lib.svg.heat import heat as heat_of
from codecard.lib.svg.lanes import LaneChart, lane_plot
from codecard.lib.svg.scatter import ScatterChart, scatter_plot
from teams.templatetags._drawing import drawn

register = template.Library()

# --- values ----------------------------------------------------------------------------------------------------------

_UNIT = re.compile(r"(?<=\d)(\u00a0?)(pts|[%a-zA-Z]+)")


@register.filter
def units(text: str) -> SafeString:
    """Sets the units of a printed value smaller: 41.8<small>%</small>."""
    return mark_safe(_UNIT.sub(r"<small>\1\2</small>", conditional_escape(text)))  # noqa: S308 - escaped just before


@register.filter
def number(value: float | None) -> str:
    return "–" if value is None else formats.count(value)


@register.filter
def compact(value: float | None) -> str:
    return "–" if value is None else formats.compact(value)


@register.filter
def share(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else formats.share(value, digits=digits)


@register.filter
def money(micro_usd: int | None) -> str:
    return "–" if micro_usd is None else formats.money(micro_usd)


@register.filter
def duration(seconds: float | None) -> str:
    return "–" if seconds is None else formats.duration(seconds)


@register.filter
def quantity(value: float | None, unit: str) -> str:
    return "–" if value is None else formats.quantity(value, formats.Unit(unit))


@register.filter
def tick(value: float, unit: str) -> str:
    return formats.tick(value, formats.Unit(unit))


@register.filter
def counted(value: int, nouns: str) -> str:
    """``{{ 9|counted:"person,people" }}`` gives "9 people"."""
    return formats.counted(value, *nouns.split(","))


@register.filter
def counted_as(value: float, noun: str) -> str:
    """``{{ 1|counted_as:"pull requests" }}`` gives "1 pull request"; for nouns that take an s."""
    return formats.counted(round(value), noun.removesuffix("s"), noun)


@register.filter
def day(value: date) -> str:
    return formats.day(value)


@register.simple_tag
def days(start_on: date, end_on: date) -> str:
    """The half-open range of days, last day in words."""
    return formats.days(start_on, end_on)


@register.simple_tag
def ago(value: datetime | None) -> SafeString:
    """How long ago, with the exact time for those who ask."""
    if value is None:
        return mark_safe('<span class="dim">never</span>')
    words = formats.ago((timezone.now() - value).total_seconds())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), f"{value:%Y-%m-%d %H:%M:%S %Z}", words
    )


@register.simple_tag
def delta(value: Reading | Amount) -> SafeString:
    """Arrow and size of the change against the period before, neutral in colour; nothing where none may be told."""
    change = value.delta
    if change is None or value.previous is None:
        return SafeString("")
    return format_html(
        '<span class="delta" title="before: {}"><span aria-hidden="true">{}</span><span class="vh">{}</span> {}</span>',
        formats.quantity(value.previous, value.unit),
        change.arrow,
        "" if change.direction == "same" else change.direction,
        change.text,
    )


# --- words and icons -------------------------------------------------------------------------------------------------


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, size: int = 16, css: str = "") -> SafeString:
    """An icon, silent for screen readers: a word always stands beside it."""
    return format_html(
        '<svg width="{0}" height="{0}" aria-hidden="true"{1}><use href="{2}"/></svg>',
        size,
        format_html(' class="{}"', css) if css else "",
        icon_address(name),
    )


@drawn(register, "_components/status.html")
def status(what: Reading | str, word: str = "", icon_name: str = "") -> dict[str, Any]:
    """The verdict of a reading, or a status of one's own: ``{% status "ok" "Healthy" %}``."""
    if isinstance(what, Reading):
        return {"verdict": what.verdict}
    return {"verdict": Verdict(what, icon_name or {"ok": "check", "na": "info"}.get(what, "warn"), word)}


@register.inclusion_tag("_components/empty.html")
def empty(title: str, text: str, action: str = "", href: str = "", icon_name: str = "pulse") -> dict[str, Any]:
    """An empty state: what is missing, and one action."""
    return {"title": title, "text": text, "action": action, "href": href, "icon_name": icon_name}


@drawn(register, "_components/tile.html")
def tile(label: str, value: Reading | Amount, note: str = "", spark: Sequence[float | None] = ()) -> dict[str, Any]:
    """A key figure. A Reading brings its ruler and verdict, an Amount its spark."""
    is_reading = isinstance(value, Reading)
    return {
        "label": label,
        "value": value,
        "note": note,
        "reading": value if is_reading else None,
        "spark": svg.spark(spark, value.band) if isinstance(value, Reading) else svg.spark(value.spark),
    }


@drawn(register, "events/_metric_tile.html")
def metric_tile(
    label: str, href: str, reading: Reading | None, note: str, spark: Sequence[float | None], aside: str
) -> dict[str, Any]:
    """A measure on a dashboard, which its name opens. `reading` None: it can't be told, and `note` says why."""
    return {"label": label, "href": href, "reading": reading, "note": note, "spark": spark, "aside": aside}


@drawn(register, "events/_task_table.html")
def task_table(tasks: Sequence[Any], tasks_why: str) -> dict[str, Any]:
    return {"tasks": tasks, "tasks_why": tasks_why}


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The widget of a form field in the product's look, tied to its help and errors for screen readers. The first
    field with an error gets the focus."""
    attrs: dict[str, Any] = {}
    if getattr(field.field.widget, "input_type", "") not in {"checkbox", "radio"}:
        attrs["class"] = f"{field.field.widget.attrs.get('class', '')} input".strip()
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    described += [f"{field.auto_id}_error"] if field.errors else []
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if field.errors and field.name == next((name for name in field.form.fields if name in field.form.errors), None):
        attrs["autofocus"] = True
    # A list of boxes gives its attributes to each of them, and only one can have the focus.
    before, focus, after = field.as_widget(attrs=attrs).partition(" autofocus")
    return SafeString(before + focus + after.replace(" autofocus", ""))


@register.inclusion_tag("_components/pages.html", takes_context=True)
def pages(context: Context, page: Page[Any], noun: str) -> dict[str, Any]:
    """Where one is in a long list, and the way on: ``{% pages page "member,members" %}``. Filters stay."""
    return {"page": page, "noun": noun, "request": context.get("request")}


@register.filter
def brief(name: str, longest: int = 36) -> SafeString:
    """A long name, such as a tool's user id, by its beginning and end; the whole of it for those who point at it."""
    if len(name) <= longest:
        return conditional_escape(name)
    return format_html('<span title="{}">{}…{}</span>', name, name[: longest - 9], name[-8:])


@register.filter
def initials(name: str) -> str:
    words = [word for word in re.split(r"[\s.@_-]+", str(name)) if word]
    return "".join(word[0] for word in words[:2]) or "?"


# --- pictures --------------------------------------------------------------------------------------------------------


@drawn(register, "_charts/ruler.html")
def ruler(reading: Reading, label: str = "", has_axis: bool = False) -> dict[str, Any]:
    words = f"{label}: {reading.description}" if label else reading.description
    return {"ruler": svg.ruler(reading), "words": words, "has_axis": has_axis}


@drawn(register, "_charts/ruler.html")
def ghost(low: float | None, high: float | None) -> dict[str, Any]:
    """The ruler of an empty state: the range, and no dot. Ends between 0 and 1."""
    return {"ruler": svg.ruler(Reading(value=None, band=Band(low, high))), "words": "No data yet"}


@drawn(register, "_charts/spark.html")
def spark(values: Sequence[float | None], band: Band | None = None) -> dict[str, Any]:
    return {"spark": svg.spark(values, band)}


@drawn(register, "_charts/line.html")
def line_chart(chart: svg.LineChart) -> dict[str, Any]:
    heads, rows = chart.table
    return {"chart": chart, "plot": svg.line_plot(chart), "heads": heads, "rows": rows}


@drawn(register, "_charts/bars.html")
def bars(chart: svg.BarChart) -> dict[str, Any]:
    heads, rows = chart.table
    return {"chart": chart, "plot": svg.bar_plot(chart), "heads": heads, "rows": rows}


@drawn(register, "_charts/scatter.html")
def scatter(chart: ScatterChart) -> dict[str, Any]:
    rows = [(mark, chart.kinds[mark.kind].name, formats.duration(mark.seconds)) for mark in chart.marks]
    return {"chart": chart, "plot": scatter_plot(chart), "rows": rows}


@register.inclusion_tag("_charts/lanes.html")
def lanes(chart: LaneChart) -> dict[str, Any]:
    """Swim lanes; only where something has a time."""
    heads, rows = chart.table
    return {"chart": chart, "plot": lane_plot(chart), "heads": heads, "rows": rows}


@register.simple_tag
def glyph(name: str) -> SafeString:
    """An icon inside a picture, as large as the box it stands in."""
    return format_html('<use href="{}"/>', icon_address(name))


@drawn(register, "_charts/heat.html")
def heat(days: Sequence[tuple[date, int]], noun: str) -> dict[str, Any]:
    """A year of days: ``{% heat activity.days "accepted suggestions" %}``."""
    return {"heat": heat_of(days, noun), "heat_levels": range(LEVELS + 1), "weekdays": WEEKDAYS}


@drawn(register, "_charts/share_bar.html")
def share_bar(slices: Sequence[svg.Slice], label: str) -> dict[str, Any]:
    """Parts of a whole in one line; the numbers must stand in a table or legend beside."""
    bar = svg.share_bar(slices)
    parts = [f"{part.name} {formats.share(part.value / bar.total, digits=0)}" for part in slices if bar.total]
    return {"bar": bar, "words": f"{label}: {', '.join(parts)}" if parts else f"{label}: nothing yet"}


@drawn(register, "_charts/origin_bar.html")
def origin_bar(file: Any, most: int) -> dict[str, Any]:
    """Parts of one file's added lines, as long as they are beside the longest file's."""
    total = sum(part.value for part in file.slices)
    parts, at = [], 0.0
    for part in file.slices:
        wide = part.value / most if most else 0.0
        if wide:
            parts.append({"x": svg.percent(at), "width": svg.percent(wide), "css": f"k{part.colour}"})
        at += wide
    words = ", ".join(f"{part.name} {formats.count(part.value)}" for part in file.slices if part.value)
    return {"parts": parts, "words": f"{file.path}: {words or formats.count(total)}"}


@drawn(register, "_charts/bar.html")
def bar(value: float, most: float, colour: int = 1) -> dict[str, Any]:
    """One horizontal bar, as decoration of the number beside it."""
    return {"width": svg.percent(min(1.0, value / most) if most > 0 else 0.0), "colour": colour}
