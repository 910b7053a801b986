"""What became of accepted code: a roll-up of its own, since it counts by distance (METRICS 2) and few batches tell any.

`COUNTERS` of the other roll-ups would be a hundred columns more for it. The histogram is additive like them, so it is
taken back with the sign turned, and follows its person.
"""

from typing import Final

from events.models import EditHorizon
from events.schema import Kind

TABLE: Final = "events_edit_day"
COUNTERS: Final = ("count", "lines")
_HORIZON = " ".join(f"WHEN '{horizon.name.lower()}' THEN {int(horizon)}" for horizon in EditHorizon)
# As numeric, which is what JSON holds: 0.145 is then 14.5 hundredths, which floating point makes 14.499….
KEYS: Final = {
    "horizon": f"(CASE detail ->> 'horizon' {_HORIZON} END)::smallint",
    "bucket": "round((detail -> 'distance')::numeric * 100)::smallint",
}
"""What the histogram has beside the keys of `events_detail_day`, and how it follows from an event's detail."""


def edit_sums(source: str, keys: tuple[str, ...], where: str, sign: int = 1) -> str:
    """The histogram of the edits in `source`, which has the columns of `events_event`; `keys` are columns, too."""
    listed = ", ".join((*keys, *KEYS))
    found = ", ".join((*keys, *(f"{expression} AS {name}" for name, expression in KEYS.items())))
    return f"""
        SELECT {listed}, {sign} * count(*) AS count, {sign} * sum(greatest(lines_added, 1)) AS lines
        FROM (SELECT {found}, lines_added FROM {source} WHERE kind = {int(Kind.EDIT)} AND {where}) AS told
        GROUP BY {listed}
    """
