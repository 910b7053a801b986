"""A person says of a session of theirs what its tool told wrongly, or not at all: the repository, and the kind of work.

Facts that are stored, and those that arrive later, count by what the person says. What the tool told stays beside it in
each fact, so that the correction can be taken back exactly.
"""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from codecard.lib.tenant import tenant
from events.actions.own_data import OwnDataRefusedError, begin
from events.ledger.correcting import correct_facts
from events.models import Dimension, DimensionKind, Repository, Session, SessionLink
from events.pulls import chores
from events.pulls.chores import ChoreKind
from events.schema import TaskType
from teams import audit
from teams.models import Contributor, Organization, User

UNKNOWN = 0


def correct_session(
    *,
    organization: Organization,
    contributor: Contributor,
    session: int,
    repository: int | None,
    task: TaskType | None,
    by: User,
    now: datetime,
) -> bool:
    """What holds of the session from now on. None is as the tool told it. False where that is so already, or where the
    session is gone or somebody else's.

    :param repository: a number of `repositories_to_choose`, or UNKNOWN.
    :raises OwnDataRefusedError: it can't be done: its facts are not kept any more, or there is no such repository.
    """
    with tenant(organization.id), connection.cursor() as cursor:
        since = begin(cursor, organization, contributor)
        rows = Session.objects.filter(organization=organization, id=session, contributor_id=contributor.id)
        row = rows.filter(is_instance=False).first()
        if row is None:
            return False
        if since and row.started_at < since:
            raise OwnDataRefusedError(
                "Single events of this session are not kept any more, so nothing tells what of the sums is its. Nothing"
                " was changed."
            )
        if repository and not repositories_to_choose(organization.id, contributor.id).filter(id=repository).exists():
            raise OwnDataRefusedError("There is no such repository here. Nothing was changed.")
        if not correct_facts(cursor, row, repository=repository, task=task):
            return False
        links = SessionLink.objects.filter(organization=organization, session=row.id)
        pulls = list(links.values_list("pull_request_id", flat=True))
        chores.leave(organization.id, ChoreKind.SESSION, [row.id], not_before=now)
        chores.leave(organization.id, ChoreKind.PULL, pulls, not_before=now)
        audit.record(organization, "own_data.session_corrected", organization, by=by, now=now)
    return True


def repositories_to_choose(organization_id: int, person: int) -> QuerySet[Dimension, Any]:
    """Those of the organization that are connected, and those that the person's own sessions were told to be in."""
    connected = Repository.objects.filter(organization=organization_id).values("dimension_id")
    own = Session.objects.filter(organization=organization_id, contributor_id=person).values("repository_id")
    told = Session.objects.filter(organization=organization_id, contributor_id=person, told_repository_id__gt=0)
    named = Dimension.objects.filter(organization=organization_id, kind=DimensionKind.REPOSITORY)
    chosen = named.filter(id__in=connected) | named.filter(id__in=own)
    return (chosen | named.filter(id__in=told.values("told_repository_id"))).order_by("value")
