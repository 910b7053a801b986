"""What both decoders of OTLP give: blocks of items that share a resource and a scope, and what they judge alike."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from events.sources._base import Attributes, DataPoint, Invalid, Record, Span

Shape = Literal["sum", "gauge", "histogram"]
Item = Record | DataPoint | Span | Invalid | None
"""An `Invalid` is an item that can't be used; None is a data point that says that it has no value."""

MOST_ITEMS = 200_000
MOST_BRACKETS = 2_000_000
"""More in one body is no telemetry: a real item takes a hundred bytes or more, and empty ones only time and memory."""

NO_VALUE = 1  # bit of a data point's flags: "there was nothing to record"


class Block(NamedTuple):
    resource: Attributes
    items: Iterator[Item]


def is_cumulative(shape: Shape, temporality: int | str) -> bool:
    """:raises Invalid: for a sum that doesn't say of what: taken for the wrong one, it would count many times over."""
    if temporality in (2, "AGGREGATION_TEMPORALITY_CUMULATIVE"):
        return True
    if shape == "sum" and temporality not in (1, "AGGREGATION_TEMPORALITY_DELTA"):
        raise Invalid("the aggregation temporality is unspecified")
    return False


def is_error(code: int | str) -> bool:
    return code in (2, "STATUS_CODE_ERROR")
