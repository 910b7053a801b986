"""What analysers in CI told of the lines that a pull request touched, in words."""

from typing import NamedTuple

from codecard.lib.formats import Unit, counted, quantity
from events.models import BaseState, PullQuality, ToolKind


class ToolWords(NamedTuple):
    tool: str
    found: str
    against: str


def told_of(row: PullQuality) -> ToolWords:
    name = f"{row.tool} {row.version}".strip()
    if row.kind == ToolKind.STYLE:
        where = f"on {counted(row.lines_added, 'added line')}" if row.is_by_line else "in the files that it touched"
        return ToolWords(name, f"{counted(row.violations, 'violation')} {where}", "")
    if row.complexity is None:
        return ToolWords(name, "It touched no function.", "")
    of = counted(row.functions, "touched function" if row.is_by_line else "function")
    where = "" if row.is_by_line else " in the files that it touched"
    level = quantity(row.complexity, Unit.NUMBER)
    return ToolWords(name, f"Complexity {level}, the 90th percentile of {of}{where}", _before(row))


def _before(row: PullQuality) -> str:
    if row.base_state == BaseState.NONE:
        return "Nobody told of its base."
    at = "its base" if row.base_state == BaseState.EXACT else "an earlier commit of the default branch"
    if row.complexity_before is None:
        return f"Nothing stood there at {at}."
    return f"At {at}: {quantity(row.complexity_before, Unit.NUMBER)}"
