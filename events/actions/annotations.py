"""Annotations: what leads and admins write beside the weeks. Who may is asked by the views (`teams.editing`)."""

from datetime import date, datetime
from typing import Any

from codecard.lib.tenant import tenant
from events.actions.holding import hold_team
from events.models import Annotation
from events.models.annotation import LONGEST_TEXT
from teams import audit
from teams.models import Organization, Team, User


class AnnotationRefusedError(ValueError):
    """It can't be written like that. Says why in words."""


def add_annotation(
    *, organization: Organization, team: Team | None, on: date, text: str, by: User | None, now: datetime
) -> Annotation | None:
    """Writes a few words beside a day, for one team or for everybody. None where the same stands there already.

    :raises AnnotationRefusedError: the text is empty, too long, or no plain line.
    :raises TeamGoneError: the team was deleted meanwhile.
    """
    text = plain(text)
    with tenant(organization.id):
        hold_team(organization, team)
        row, is_new = Annotation.objects.get_or_create(
            organization=organization, team=team, on=on, text=text, defaults={"made_by": by, "made_at": now}
        )
        if not is_new:
            return None
        audit.record(organization, "annotation.added", row, by=by, now=now, before=None, after=_facts(row))
    return row


def change_annotation(*, annotation: Annotation, on: date, text: str, by: User | None, now: datetime) -> bool:
    """Moves it to another day, or says it in other words; who made it stays. False where it was so already.

    :raises AnnotationRefusedError: as adding does, and where the same stands there already, or it is gone.
    """
    text = plain(text)
    with tenant(annotation.organization_id):
        row = _locked(annotation)
        if row is None:
            raise AnnotationRefusedError("Somebody removed it meanwhile.")
        before = _facts(row)
        row.on, row.text = on, text
        if (after := _facts(row)) == before:
            return False
        others = Annotation.objects.filter(organization=row.organization, team=row.team_id, on=on, text=text)
        if others.exclude(id=row.id).exists():
            raise AnnotationRefusedError("The same stands there already.")
        row.save(update_fields=["on", "text"])
        audit.record(row.organization, "annotation.changed", row, by=by, now=now, before=before, after=after)
    return True


def remove_annotation(*, annotation: Annotation, by: User | None, now: datetime) -> bool:
    """The audit keeps what it said, so that it can be written again. False where it was gone already."""
    with tenant(annotation.organization_id):
        row = _locked(annotation)
        if row is None:
            return False
        audit.record(row.organization, "annotation.removed", row, by=by, now=now, before=_facts(row), after=None)
        row.delete()
    return True


def plain(text: str) -> str:
    """One line with single spaces.

    :raises AnnotationRefusedError: nothing is left of it, it is too long, or holds what can't be printed.
    """
    line = " ".join(text.split())
    if not line:
        raise AnnotationRefusedError("Say in a few words what happened.")
    if len(line) > LONGEST_TEXT:
        raise AnnotationRefusedError(f"At most {LONGEST_TEXT} characters.")
    if not line.isprintable():
        raise AnnotationRefusedError("Plain text only.")
    return line


def _locked(annotation: Annotation) -> Annotation | None:
    rows = Annotation.objects.filter(organization=annotation.organization_id, id=annotation.id)
    return rows.select_related("organization", "team").select_for_update(of=("self",)).first()


def _facts(row: Annotation) -> dict[str, Any]:
    return {"on": row.on.isoformat(), "text": row.text, "team": row.team.name if row.team else None}
