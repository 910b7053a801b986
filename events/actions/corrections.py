"""A person says of a session of theirs what its tool told wrongly, or not at all: the repository, and the kind of work.

Facts that are stored, and those that arrive later, count by what the person says. What the tool told stays beside it in
each fact, so that the correction can be taken back exactly.
"""

from datetime import datetime

from django.db import connection

from codecard.lib.tenant import tenant
from events.actions.own_data import OwnDataRefusedError, begin
from events.ledger.correcting import correct_facts
from events.models import Session, SessionLink
from events.pulls import chores
from events.pulls.chores import ChoreKind
from events.queries.own_sessions import UNKNOWN, repositories_to_choose
from events.schema import TaskType
from teams import audit
from teams.models import Contributor, Organization, User


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
        if (
            repository not in (None, UNKNOWN)
            and not repositories_to_choose(organization.id, contributor.id).filter(id=repository).exists()
        ):
            raise OwnDataRefusedError("There is no such repository here. Nothing was changed.")
        if not correct_facts(cursor, row, repository=repository, task=task):
            return False
        links = SessionLink.objects.filter(organization=organization, session=row.id)
        pulls = list(links.values_list("pull_request_id", flat=True))
        chores.leave(organization.id, ChoreKind.SESSION, [row.id], not_before=now)
        chores.leave(organization.id, ChoreKind.PULL, pulls, not_before=now)
        audit.record(organization, "own_data.session_corrected", organization, by=by, now=now)
    return True
