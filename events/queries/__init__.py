"""Named reads over roll-ups, sessions and data health. The organization comes first; outside its tenant they raise."""

from events.queries.usage import Breakdown, UsageRow, dimension_names, usage

__all__ = ["Breakdown", "UsageRow", "dimension_names", "usage"]
