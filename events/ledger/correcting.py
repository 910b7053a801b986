"""What a person says of a session in place of what its tool told: facts and sums follow in one transaction.

A fact keeps what was told of it in `detail` ("told": repository, path class), so nothing is lost by a correction. The
session's row says what holds, for what arrives later.
"""

from typing import Any

from django.db.backends.utils import CursorWrapper
from msgspec.json import decode, encode

from events.ledger.statements import CORRECT, PRUNE, STAGE_COLUMNS, TAKE_BACK
from events.models import TASK_TYPES, TYPED, Session
from events.schema import Kind, TaskType

_COLUMNS = list(STAGE_COLUMNS)
_KIND, _REPOSITORY, _PATH_CLASS, _DETAIL = map(_COLUMNS.index, ("kind", "repository_id", "path_class", "detail"))
TYPED_KINDS = (int(Kind.SUGGESTION), int(Kind.EDIT))
"""Facts that have a task type."""


def correct_facts(cursor: CursorWrapper, session: Session, *, repository: int | None, task: TaskType | None) -> bool:
    """None: as told. False where nothing changes. Inside the tenant, under the organization's exclusive lock."""
    number = None if task is None else TASK_TYPES[task]
    if (session.corrected_repository_id, session.corrected_task) == (repository, number):
        return False
    told = session.repository_as_told
    asked: dict[str, Any] = {
        "org": session.organization_id, "session": session.id, "from": session.started_at, "to": session.ended_at,
        "repository": repository, "task": number, "typed": list(TYPED_KINDS),
    }  # fmt: skip
    cursor.execute(TAKE_BACK, asked)
    cursor.execute(CORRECT, asked)
    facts, first, last = cursor.fetchone()
    if facts:
        for statement in PRUNE:
            cursor.execute(statement, {"org": session.organization_id, "first": first, "last": last})
    Session.objects.filter(organization=session.organization_id, id=session.id).update(
        repository_id=told if repository is None else repository,
        told_repository_id=None if repository is None else told,
        corrected_task=number,
    )
    return True


def correct_row(row: list[Any], repository: int | None, task: int | None) -> None:
    """A row of the stage that arrives after its session was corrected, as CORRECT makes those stored before."""
    detail = {} if row[_DETAIL] is None else decode(row[_DETAIL])
    row[_DETAIL] = encode({**detail, "told": [row[_REPOSITORY], row[_PATH_CLASS]]}).decode()
    if repository is not None:
        row[_REPOSITORY] = repository
    if task is not None and row[_KIND] in TYPED_KINDS:
        row[_PATH_CLASS] = row[_PATH_CLASS] % TYPED + TYPED * task
