"""Who does which chore, in the order in which they rest on each other."""

from collections.abc import Mapping
from typing import Final

from events.pulls.chores import ChoreKind
from events.pulls.fetching import fetch
from events.pulls.working import Handler

JUDGING: Final[Mapping[ChoreKind, Handler]] = {}
"""What needs nothing but our own rows."""
FETCHING: Final[Mapping[ChoreKind, Handler]] = {ChoreKind.FETCH: fetch}
"""What asks GitHub, and has a queue of its own: it waits for others."""
