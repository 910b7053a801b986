"""Taking out what a person did: facts with everything that is summed over them, and the sessions they were of.

Sums and facts agree after each transaction, so that sums always equal those made anew from what remains. All of it
happens inside the tenant, under the organization's exclusive lock.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db.backends.utils import CursorWrapper

from events.ledger.first_runs import find_again
from events.ledger.statements import FORGET, FORGET_SUMS, PRUNE
from events.models import (
    COUNTERS,
    AiEvidence,
    Attribution,
    Chore,
    ClientCommit,
    LinkDecision,
    PullRequest,
    Session,
    SessionLink,
)

_DAY: Final = timedelta(days=1)
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)


@dataclass
class Gone:
    """What was taken out. `pulls`: pull requests whose sessions are others now, to be judged again."""

    facts: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    sessions: set[int] = field(default_factory=set)
    """Those that lost facts."""
    pulls: set[int] = field(default_factory=set)


def forget_facts(
    cursor: CursorWrapper,
    organization_id: int,
    person: int,
    *,
    start: datetime,
    end: datetime,
    session: int | None = None,
    day: date | None = None,
) -> Gone:
    """Facts from `start` to before `end`; of one session, or of one local day, only these."""
    asked: dict[str, Any] = {
        "org": organization_id, "person": person, "from": start, "until": end, "session": session, "day": day,
    }  # fmt: skip
    cursor.execute(FORGET, asked)
    facts, first, last, first_at, last_at, sessions = cursor.fetchone()
    if facts:
        _prune(cursor, organization_id, first, last)
    return Gone(facts, first_at, last_at, set(sessions))


def span_of(day: date) -> tuple[datetime, datetime]:
    """In which the facts of a local day must lie, wherever their person was."""
    midnight = datetime.combine(day, time.min, UTC)
    return midnight - _DAY, midnight + 2 * _DAY


def forget_sums(cursor: CursorWrapper, organization_id: int, person: int, day: date | None = None) -> None:
    """What sums hold of the person once the facts have gone: of days whose facts were kept no longer."""
    for statement in FORGET_SUMS:
        cursor.execute(statement, {"org": organization_id, "person": person, "day": day})
    first, last = cursor.fetchone()
    if first:
        _prune(cursor, organization_id, first, last)


def _prune(cursor: CursorWrapper, organization_id: int, first: date, last: date) -> None:
    for statement in PRUNE:
        cursor.execute(statement, {"org": organization_id, "first": first, "last": last})


# Constraint session_in_organization; the sessions' own spans bound the search for facts.
_LEFT = """
    WITH chosen AS (
        SELECT id, started_at, ended_at FROM events_session
        WHERE organization_id = %(org)s AND id = ANY(%(ids)s::bigint[]))
    SELECT e.session_id, min(e.occurred_at), max(e.occurred_at), (array_agg(e.day ORDER BY e.occurred_at, e.id))[1],
           (array_agg(e.contributor_id ORDER BY e.occurred_at, e.id))[1],
           (array_agg(e.identity_id ORDER BY e.occurred_at, e.id))[1]
    FROM events_event e WHERE e.organization_id = %(org)s AND e.session_id IN (SELECT id FROM chosen)
      AND e.occurred_at BETWEEN (SELECT min(started_at) FROM chosen) AND (SELECT max(ended_at) FROM chosen)
    GROUP BY e.session_id
"""


def settle_sessions(
    cursor: CursorWrapper, organization_id: int, sessions: Collection[int], kept_since: datetime | None
) -> set[int]:
    """After they lost facts: those without any, and without sums older than kept facts, go; the others begin and end
    with what is left of them. Pull requests that the gone ones were linked to, or those left are."""
    if not sessions:
        return set()
    cursor.execute(_LEFT, {"org": organization_id, "ids": sorted(sessions)})
    left = {row[0]: row[1:] for row in cursor.fetchall()}
    rows = Session.objects.filter(organization=organization_id, id__in=sorted(sessions))
    empty = [one for one in rows if one.id not in left and not any(getattr(one, name) for name in COUNTERS)]
    pulls = drop_sessions(organization_id, [one.id for one in empty])
    kept = [one for one in rows if one.id in left and (kept_since is None or one.started_at >= kept_since)]
    for one in kept:
        first, last, day, contributor_id, identity_id = left[one.id]
        span = {"started_at": first, "ended_at": last, "started_on": day}
        # A process keeps what each name told of it; a conversation belongs to whoever began it.
        whose = {} if one.is_instance else {"contributor_id": contributor_id, "identity_id": identity_id}
        Session.objects.filter(organization=organization_id, id=one.id).update(**(span | whose))
    find_again(cursor, organization_id, [one.id for one in kept], kept_since)
    linked = SessionLink.objects.filter(organization=organization_id, session__in=[one.id for one in kept])
    return pulls | set(linked.values_list("pull_request_id", flat=True))


def drop_sessions(organization_id: int, sessions: Collection[int]) -> set[int]:
    """Sessions, and all that names them. The pull requests that they were linked to."""
    if not sessions:
        return set()
    here: dict[str, Any] = {"organization": organization_id}
    of_sessions = {**here, "session__in": list(sessions)}
    keys = list(Session.objects.filter(**here, id__in=list(sessions), is_instance=False).values_list("key", flat=True))
    links = SessionLink.objects.filter(**of_sessions)
    pulls = set(links.values_list("pull_request_id", flat=True))
    links.delete()
    decided = LinkDecision.objects.filter(**of_sessions)
    pulls |= set(decided.values_list("pull_request_id", flat=True))
    decided.delete()
    for pull in PullRequest.objects.filter(**here, open_sessions__overlap=list(sessions), id__in=sorted(pulls)):
        open_sessions = [number for number in pull.open_sessions if number not in set(sessions)]
        PullRequest.objects.filter(**here, id=pull.id).update(open_sessions=open_sessions)
    told = [key[:300] for key in keys]
    marks = AiEvidence.objects.filter(**here, session_key__in=told)
    pulls |= set(marks.values_list("pull_request_id", flat=True))
    marks.delete()
    # How many lines a tool wrote of a commit is told of the commit; only whose session it was goes.
    Attribution.objects.filter(**here, session_key__in=told).update(session_key="")
    ClientCommit.objects.filter(**here, session_id__in=list(sessions)).delete()
    Chore.objects.filter(**here, kind="session", key__in=list(sessions)).delete()
    Session.objects.filter(**here, id__in=list(sessions)).delete()
    return pulls
