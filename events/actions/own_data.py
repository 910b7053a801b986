"""What people do to their own data in one organization: delete a session, a day, everything; pause and go on.

Each leaves a tombstone, so that what is gone can't come back by a client that sends it again, and an entry in the
audit. Refused while names of the organization are still being put together: facts may be on their way between two.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.backends.utils import CursorWrapper

from codecard.lib.tenant import tenant
from events.ledger.forgetting import (
    EVER,
    Gone,
    drop_sessions,
    forget_facts,
    forget_sums,
    settle_sessions,
    span_of,
)
from events.ledger.keeping import KEPT_FROM, kept_since
from events.ledger.locks import lock_organization
from events.ledger.tombstones import CONTRIBUTOR, Name, hashes_of, session_name, subjects_of
from events.models import (
    ClientCommit,
    Deletion,
    Dimension,
    Event,
    Fate,
    IntakeDay,
    PullRequest,
    PullRequestCommit,
    Relocation,
    Session,
    SessionLink,
    Tombstone,
    TombstoneKind,
)
from events.pulls import chores
from events.pulls.chores import ChoreKind
from teams import audit
from teams.forgetting import forget_person
from teams.merging import raise_identity_epoch
from teams.models import Contributor, Identity, IdentityKind, Key, Organization, User

SPAN = timedelta(days=7)
"""Of facts that go in one transaction, for which everybody else of the organization waits."""
AT_ONCE = 20_000
"""Organizations with fewer facts than this don't wait for a worker."""
_MOMENT = timedelta(microseconds=1)


class OwnDataRefusedError(ValueError):
    """It can't be done now. Says why in words."""


def forget_session(
    *, organization: Organization, contributor: Contributor, session: int, by: User, now: datetime
) -> int:
    """Deletes one session and all that happened in it; how many facts that were. 0 where it is gone already, or is
    somebody else's.

    :raises OwnDataRefusedError: its facts are not kept any more, so nothing tells what of the sums is its.
    """
    with tenant(organization.id), connection.cursor() as cursor:
        since = begin(cursor, organization, contributor)
        row = Session.objects.filter(organization=organization, id=session, contributor_id=contributor.id).first()
        if row is None or row.is_instance:
            return 0
        if since and row.started_at < since:
            raise OwnDataRefusedError(
                "Single events of this session are not kept any more, so nothing tells what of the sums is its. Delete"
                " its day instead."
            )
        end = row.ended_at + _MOMENT
        tool = Dimension.objects.filter(organization=organization, id=row.tool_id).values_list("value", flat=True)
        _bury(organization, [session_name(next(iter(tool), ""), row.key)], None, max(now, end), now)
        gone = forget_facts(cursor, organization.id, contributor.id, start=row.started_at, end=end, session=row.id)
        others = Event.objects.filter(
            organization_id=organization.id, occurred_at__gte=row.started_at, occurred_at__lt=end, session_id=row.id
        )
        if others.exists():
            gone.pulls |= settle_sessions(cursor, organization.id, [row.id], since)
        else:
            gone.pulls |= drop_sessions(organization.id, [row.id])
        _finish(organization, gone, "own_data.session_deleted", by, now, facts=gone.facts)
    return gone.facts


def forget_day(*, organization: Organization, contributor: Contributor, day: date, by: User, now: datetime) -> int:
    """Deletes all of one local day, sums of days whose facts are kept no longer included; how many facts that were."""
    with tenant(organization.id), connection.cursor() as cursor:
        since = begin(cursor, organization, contributor)
        start, end = span_of(day)
        gone = forget_facts(cursor, organization.id, contributor.id, start=start, end=end, day=day)
        forget_sums(cursor, organization.id, contributor.id, day)
        local, after = _local(day, organization, contributor)
        until = min(after, now)
        commits = ClientCommit.objects.filter(
            organization=organization, contributor_id=contributor.id, committed_at__gte=local, committed_at__lt=after
        )
        linked = set(commits.exclude(session_id=0).values_list("session_id", flat=True))
        commits.delete()
        begun = Session.objects.filter(organization=organization, contributor_id=contributor.id, started_on=day)
        touched = gone.sessions | linked | set(begun.values_list("id", flat=True))
        gone.pulls |= settle_sessions(cursor, organization.id, touched, since)
        old = begun.filter(is_instance=False, started_at__lt=since) if since else begun.none()
        gone.pulls |= drop_sessions(organization.id, list(old.values_list("id", flat=True)))
        first, last = gone.first_at or local, (gone.last_at or local) + _MOMENT
        _bury(organization, _names_of(organization, contributor), min(local, first), max(until, last), now)
        _finish(organization, gone, "own_data.day_deleted", by, now, day=day.isoformat(), facts=gone.facts)
    return gone.facts


def begin_deletion(*, organization: Organization, contributor: Contributor, by: User, now: datetime) -> Deletion | None:
    """Begins to delete everything that is known of a person here, their names, keys and teams included; from now on
    nothing of theirs is taken in. None where a small organization has none of it left when this returns; else
    `deletion_step` goes on. Twice is once."""
    with tenant(organization.id), connection.cursor() as cursor:
        before = Deletion.objects.filter(organization=organization, contributor_id=contributor.id).first()
        if before is not None:
            return before
        begin(cursor, organization, contributor)
        names = _names_of(organization, contributor)
        tombstone = _bury(organization, names, None, None, now)
        Key.objects.filter(organization=organization, contributor=contributor, revoked_at=None).update(revoked_at=now)
        events = Event.objects.filter(organization_id=organization.id)
        first = events.order_by("occurred_at", "id").values_list("occurred_at", flat=True).first()
        last = events.order_by("-occurred_at", "-id").values_list("occurred_at", flat=True).first()
        deletion = Deletion.objects.create(
            organization=organization, contributor_id=contributor.id, user_id=by.id, tombstone=tombstone, asked_at=now,
            first_at=first, last_at=last, done_until=first,
        )  # fmt: skip
        audit.record(organization, "own_data.deletion_asked", organization, by=by, now=now)
        stored = IntakeDay.objects.filter(organization_id=organization.id, fate=Fate.ACCEPTED)
        if sum(stored.values_list("items", flat=True)) > AT_ONCE:
            return deletion
        while _step(cursor, organization, deletion, now, EVER[1] - EVER[0]):
            pass
    return None


def deletion_step(organization_id: int, *, now: datetime) -> bool:
    """One step of the oldest deletion; whether there was anything to do. Safe to repeat and to kill."""
    with tenant(organization_id), connection.cursor() as cursor:
        organization = Organization.objects.get(id=organization_id)
        left = Deletion.objects.filter(organization=organization).order_by("id")
        deletion = left.select_for_update(skip_locked=True).first()
        if deletion is None:
            return False
        raise_identity_epoch(organization_id)
        lock_organization(cursor, organization_id, exclusive=True)
        _step(cursor, organization, deletion, now, SPAN)
    return True


def _step(
    cursor: CursorWrapper, organization: Organization, deletion: Deletion, now: datetime, span: timedelta
) -> bool:
    """Whether anything is left after it."""
    if not deletion.has_facts_left:
        _end(cursor, organization, deletion, now)
        return False
    start = deletion.done_until
    assert start is not None
    # A sparse year is looked through in one step, a busy week goes alone.
    end = min(start + span, EVER[1])
    deletion.gone += forget_facts(cursor, organization.id, deletion.contributor_id, start=start, end=end).facts
    deletion.done_until = end
    deletion.save(update_fields=["gone", "done_until"])
    return True


def _end(cursor: CursorWrapper, organization: Organization, deletion: Deletion, now: datetime) -> None:
    """What hangs on no fact: sums of old days, sessions, commits, and at last the names themselves."""
    person, here = deletion.contributor_id, {"organization": organization}
    forget_facts(cursor, organization.id, person, start=EVER[0], end=deletion.first_at or EVER[0])
    forget_facts(cursor, organization.id, person, start=deletion.done_until or EVER[0], end=EVER[1])
    forget_sums(cursor, organization.id, person)
    gone = Gone(deletion.gone)
    sessions = Session.objects.filter(**here, contributor_id=person)
    ClientCommit.objects.filter(**here, contributor_id=person).delete()
    gone.pulls |= drop_sessions(organization.id, list(sessions.values_list("id", flat=True)))
    identities = Identity.objects.filter(**here, contributor_id=person)
    gone.pulls |= _unname_pulls(cursor, organization, list(identities))
    Relocation.objects.filter(**here, giver_id=person).delete()
    Relocation.objects.filter(**here, taker_id=person).delete()
    contributor = Contributor.objects.filter(**here, id=person).first()
    if contributor is not None:
        _join_tombstones(organization, contributor, deletion.tombstone_id, now)
        forget_person(organization=organization, contributor=contributor)
    by = User.objects.filter(id=deletion.user_id).first()
    Deletion.objects.filter(**here, id=deletion.id).delete()
    _finish(organization, gone, "own_data.deleted", by, now, facts=gone.facts)


# Pushes keep their commits as JSON, each with the identity of its author.
_PUSHES = """
    UPDATE events_push SET commits = (
        SELECT coalesce(jsonb_agg(CASE WHEN one ->> 'author' = ANY(%(ids)s) THEN one || '{"author": null}'
                                  ELSE one END ORDER BY place), '[]'::jsonb)
        FROM jsonb_array_elements(commits) WITH ORDINALITY AS told (one, place))
    WHERE organization_id = %(org)s AND EXISTS (
        SELECT 1 FROM jsonb_array_elements(commits) AS one WHERE one ->> 'author' = ANY(%(ids)s))
"""


def _unname_pulls(cursor: CursorWrapper, organization: Organization, identities: list[Identity]) -> set[int]:
    """Pull requests stay the organization's work, by nobody known."""
    here, ids = {"organization": organization}, [one.id for one in identities]
    logins = [one.value for one in identities if one.kind == IdentityKind.GITHUB]
    pulls = PullRequest.objects.filter(**here, author_id__in=ids)
    found = set(pulls.values_list("id", flat=True))
    pulls.update(author=None, author_login="")
    PullRequestCommit.objects.filter(**here, author_id__in=ids).update(author=None)
    for login in logins:
        PullRequest.objects.filter(**here, author_login__iexact=login).update(author_login="")
        PullRequest.objects.filter(**here, merged_by_login__iexact=login).update(merged_by_login="")
    cursor.execute(_PUSHES, {"org": organization.id, "ids": [str(number) for number in ids]})
    return found


def _join_tombstones(organization: Organization, contributor: Contributor, tombstone_id: int, now: datetime) -> None:
    """One is left, of all names that came to be known until now, and it ends now."""
    subjects = subjects_of(organization.id, _names_of(organization, contributor))
    Tombstone.objects.filter(organization=organization, subjects__overlap=subjects).exclude(id=tombstone_id).delete()
    Tombstone.objects.filter(organization=organization, id=tombstone_id).update(subjects=subjects, until_at=now)


def pause(*, organization: Organization, contributor: Contributor, by: User, now: datetime) -> bool:
    """From now on nothing of the person is stored here. False where that was so."""
    with tenant(organization.id), connection.cursor() as cursor:
        begin(cursor, organization, contributor)
        if paused(organization, contributor) is not None:
            return False
        _bury(organization, _names_of(organization, contributor), now, None, now, TombstoneKind.PAUSED)
        audit.record(organization, "own_data.paused", organization, by=by, now=now)
    return True


def resume(*, organization: Organization, contributor: Contributor, by: User, now: datetime) -> bool:
    """What happens from now on is stored again; what happened meanwhile never is. False where nothing was paused."""
    with tenant(organization.id), connection.cursor() as cursor:
        begin(cursor, organization, contributor)
        row = paused(organization, contributor)
        if row is None:
            return False
        subjects = subjects_of(organization.id, _names_of(organization, contributor))
        Tombstone.objects.filter(organization=organization, id=row.id).update(
            until_at=now, subjects=sorted({*row.subjects, *subjects})
        )
        audit.record(organization, "own_data.resumed", organization, by=by, now=now)
    return True


def keep_paused(organization_id: int, contributor_id: int) -> None:
    """A name that turns out in a pause to be the person's is under it as well. Inside the tenant, in the transaction of
    whoever gave them the name."""
    person = Contributor.objects.select_related("organization").get(organization=organization_id, id=contributor_id)
    row = paused(person.organization, person)
    if row is None:
        return
    subjects = subjects_of(organization_id, _names_of(person.organization, person))
    if not set(subjects) <= set(row.subjects):
        subjects = sorted({*row.subjects, *subjects})
        Tombstone.objects.filter(organization=organization_id, id=row.id).update(subjects=subjects)
        raise_identity_epoch(organization_id)


def paused(organization: Organization, contributor: Contributor) -> Tombstone | None:
    """Since when nothing of the person is stored. Inside the tenant."""
    subjects = hashes_of(organization.id, (CONTRIBUTOR, str(contributor.id)))
    rows = Tombstone.objects.filter(organization=organization, kind=TombstoneKind.PAUSED, until_at=None)
    return rows.filter(subjects__overlap=subjects).first()


# --- what they share ------------------------------------------------------------------------------------------------


def begin(cursor: CursorWrapper, organization: Organization, contributor: Contributor) -> datetime | None:
    """From when on facts are kept. Every process forgets what it remembers, and nobody else writes until the end.
    Inside the tenant."""
    raise_identity_epoch(organization.id)
    if Relocation.objects.filter(organization=organization, finished_at=None).exists():
        raise OwnDataRefusedError(
            "Names of this organization are just being put together. Nothing was changed; try again in some minutes."
        )
    if Deletion.objects.filter(organization=organization, contributor_id=contributor.id).exists():
        raise OwnDataRefusedError("Everything of yours is being deleted already.")
    lock_organization(cursor, organization.id, exclusive=True)
    row = Organization.objects.values_list("settings", flat=True).get(id=organization.id)
    return kept_since(row.get(KEPT_FROM))


def _bury(
    organization: Organization,
    names: list[Name],
    start: datetime | None,
    end: datetime | None,
    now: datetime,
    kind: TombstoneKind = TombstoneKind.DELETED,
) -> Tombstone:
    subjects = subjects_of(organization.id, names)
    return Tombstone.objects.create(
        organization=organization, kind=kind, subjects=subjects, from_at=start, until_at=end, made_at=now
    )


def _names_of(organization: Organization, contributor: Contributor) -> list[Name]:
    rows = Identity.objects.filter(organization=organization, contributor=contributor)
    return [(CONTRIBUTOR, str(contributor.id)), *rows.values_list("kind", "value")]


def _local(day: date, organization: Organization, contributor: Contributor) -> tuple[datetime, datetime]:
    zone = ZoneInfo(contributor.time_zone or organization.time_zone)
    return datetime.combine(day, time.min, zone), datetime.combine(day + timedelta(days=1), time.min, zone)


def _finish(
    organization: Organization, gone: Gone, action: str, by: User | None, now: datetime, **details: Any
) -> None:
    linked = SessionLink.objects.filter(organization=organization, session__in=gone.sessions)
    pulls = gone.pulls | set(linked.values_list("pull_request_id", flat=True))
    chores.leave(organization.id, ChoreKind.PULL, pulls, not_before=now)
    audit.record(organization, action, organization, by=by, now=now, **details)
