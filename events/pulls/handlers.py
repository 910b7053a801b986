"""Who does which chore, in the order in which they rest on each other."""

from collections.abc import Mapping
from typing import Final

from events.pulls import defects, ownership
from events.pulls.chores import ChoreKind
from events.pulls.fetching import fetch
from events.pulls.judging import judge_pull_request, judge_session
from events.pulls.quality import judge_quality
from events.pulls.retyping import read_some_again
from events.pulls.tested import judge_tests
from events.pulls.working import Handler

JUDGING: Final[Mapping[ChoreKind, Handler]] = {
    ChoreKind.REPLAY: ownership.handle,
    ChoreKind.SESSION: judge_session,
    ChoreKind.PULL: judge_pull_request,
    ChoreKind.TESTS: judge_tests,
    ChoreKind.QUALITY: judge_quality,
    ChoreKind.DEFECT: defects.handle,
    ChoreKind.TASK_TYPES: read_some_again,
}
"""What needs nothing but our own rows."""
FETCHING: Final[Mapping[ChoreKind, Handler]] = {ChoreKind.FETCH: fetch}
"""What asks GitHub, and has a queue of its own: it waits for others."""
