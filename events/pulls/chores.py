"""What is left to do for pull requests: rows written in the transaction that made it necessary, claimed in turn.

A claim is a lease: whoever holds it has that long, and what a killed worker held is claimed again afterwards. So every
handler is safe to run twice. The queue only hints at an organization; the rows say what is left of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.utils import timezone

from events.models import Chore


class ChoreKind(StrEnum):
    """`key` of each: the id of a row of that kind."""

    FETCH = "fetch"
    """Pull request: ask GitHub for what deliveries don't tell (commits, files, changed lines)."""
    REPLAY = "replay"
    """Repository: bring the line owners up to the newest default-branch commit."""
    SESSION = "session"
    """Session: find the pull requests that it worked on."""
    PULL = "pull"
    """Pull request: classify, link, and judge it."""
    TESTS = "tests"
    """Pull request: what its first test run told."""
    QUALITY = "quality"
    """Pull request: what analysers told of the lines that it touched."""
    DEFECT = "defect"
    """Pull request: whether it signals a defect (a fix or a revert), and of whom."""
    TASK_TYPES = "task_types"
    """Pull request: read the task types of those behind it again. 0: of all."""


LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Claim:
    kind: ChoreKind
    key: int
    chore_ids: list[int]
    attempts: int


def leave(organization_id: int, kind: ChoreKind, keys: Iterable[int], *, not_before: datetime | None = None) -> None:
    """Inside the tenant, in the transaction that makes it necessary."""
    at = not_before or timezone.now()
    Chore.objects.bulk_create(
        [Chore(organization_id=organization_id, kind=kind, key=key, not_before=at) for key in sorted(set(keys))]
    )


# Index chore_left: organization, kind, not_before; the dead are not in it.
_CLAIM = """
    WITH next AS (
        SELECT key FROM events_chore
        WHERE organization_id = %(org)s AND kind = %(kind)s AND not_before <= %(now)s AND NOT is_dead
        ORDER BY not_before, key LIMIT 1),
    mine AS (
        SELECT c.id FROM events_chore c JOIN next USING (key)
        WHERE c.organization_id = %(org)s AND c.kind = %(kind)s AND c.not_before <= %(now)s AND NOT c.is_dead
        ORDER BY c.id FOR UPDATE OF c SKIP LOCKED)
    UPDATE events_chore c SET not_before = %(until)s, attempts = attempts + 1 FROM mine
    WHERE c.organization_id = %(org)s AND c.id = mine.id
    RETURNING c.id, c.key, c.attempts
"""


def claim(organization_id: int, kinds: Iterable[ChoreKind], *, now: datetime) -> Claim | None:
    """The next chore of the first of `kinds` that has one, with all rows that say the same. Inside the tenant; commit
    before working on it."""
    for kind in kinds:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, {"org": organization_id, "kind": kind, "now": now, "until": now + LEASE})
            rows = cursor.fetchall()
        if rows:
            return Claim(kind, rows[0][1], sorted(row[0] for row in rows), max(row[2] for row in rows))
    return None


def done(organization_id: int, claim: Claim) -> None:
    """In the transaction that did it. Rows written meanwhile stay, and are done again."""
    Chore.objects.filter(organization_id=organization_id, id__in=claim.chore_ids).delete()


def put_off(organization_id: int, claim: Claim, *, until: datetime) -> None:
    """It was not its turn (a rate limit): no attempt is counted."""
    Chore.objects.filter(organization_id=organization_id, id__in=claim.chore_ids).update(
        not_before=until, attempts=max(0, claim.attempts - 1)
    )


def failed(organization_id: int, claim: Claim, error: str, *, now: datetime) -> None:
    """Tried again after a pause that doubles; after `MOST_ATTEMPTS` it waits for a person. `error` holds no data."""
    is_dead = claim.attempts >= MOST_ATTEMPTS
    pause = timedelta(seconds=15 * 2 ** min(claim.attempts, 10))
    Chore.objects.filter(organization_id=organization_id, id__in=claim.chore_ids).update(
        error=error[:300], is_dead=is_dead, not_before=now + pause
    )


def is_anything_left(organization_id: int, kinds: Iterable[ChoreKind], *, now: datetime) -> bool:
    return Chore.objects.filter(
        organization_id=organization_id, kind__in=list(kinds), not_before__lte=now, is_dead=False
    ).exists()
