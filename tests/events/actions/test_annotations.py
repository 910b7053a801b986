"""Annotations: written, changed and removed, once each; and which of them a team's charts number."""

from datetime import date
from typing import Any

import pytest

from codecard.lib.periods import Days
from codecard.lib.tenant import tenant
from events.actions.annotations import AnnotationRefusedError, add_annotation, change_annotation, remove_annotation
from events.actions.holding import TeamGoneError
from events.models import Annotation
from events.queries.annotations import annotations_of
from teams import actions
from teams.models import AuditEntry, Organization, Team, User
from tests.factories import NOW, make_team

pytestmark = pytest.mark.django_db
JUNE = Days(date(2026, 6, 1), date(2026, 7, 1))


def write(organization: Organization, day: int, text: str, team: Team | None = None, **given: Any) -> Annotation | None:
    given = {"on": date(2026, 6, day), "by": None, "now": NOW, **given}
    return add_annotation(organization=organization, team=team, text=text, **given)


def told(organization: Organization) -> list[tuple[str, Any, Any]]:
    with tenant(organization.id):
        rows = AuditEntry.objects.filter(action__startswith="annotation.").order_by("id")
        return [(row.action, row.details["before"], row.details["after"]) for row in rows]


def seen(organization: Organization, team: Team | None, days: Days = JUNE) -> list[tuple[int, int, str]]:
    with tenant(organization.id):
        found = annotations_of(organization.id, team.id if team else None, days)
        return [(one.number, one.on.day, one.text) for one in found]


def test_a_team_sees_its_own_and_everybodys_by_date(acme: Organization, payments: Team) -> None:
    other = make_team(acme)
    write(acme, 30, "last day", payments)
    write(acme, 9, "new model")
    write(acme, 9, "tests first", payments)
    write(acme, 1, "first day", other)
    write(acme, 1, "out of it", payments, on=JUNE.end_on)
    write(acme, 1, "before it", payments, on=date(2026, 5, 31))
    assert seen(acme, payments) == [(1, 9, "new model"), (2, 9, "tests first"), (3, 30, "last day")]
    assert seen(acme, other) == [(1, 1, "first day"), (2, 9, "new model")]
    assert seen(acme, None) == [(1, 9, "new model")]


def test_it_is_written_changed_and_removed_once_and_the_audit_keeps_it(
    acme: Organization, payments: Team, alice: User
) -> None:
    made = write(acme, 9, "  tests \n first ", payments, by=alice)
    assert made
    assert write(acme, 9, "tests first", payments) is None
    assert write(acme, 9, "tests first")  # everybody's is another one
    for is_first in (True, False):
        assert (
            change_annotation(annotation=made, on=date(2026, 6, 10), text="Tests first", by=None, now=NOW) is is_first
        )
    with tenant(acme.id):
        made.refresh_from_db()
        assert (made.text, made.on.day, made.made_by, made.made_at) == ("Tests first", 10, alice, NOW)
    for is_first in (True, False):
        assert remove_annotation(annotation=made, by=None, now=NOW) is is_first
    facts = {"on": "2026-06-09", "text": "tests first", "team": "Payments"}
    changed = {"on": "2026-06-10", "text": "Tests first", "team": "Payments"}
    assert told(acme) == [
        ("annotation.added", None, facts),
        ("annotation.added", None, {**facts, "team": None}),
        ("annotation.changed", facts, changed),
        ("annotation.removed", changed, None),
    ]
    with pytest.raises(AnnotationRefusedError):
        change_annotation(annotation=made, on=date(2026, 6, 10), text="again", by=None, now=NOW)


def test_two_that_say_the_same_of_a_day_can_not_be(acme: Organization, payments: Team) -> None:
    write(acme, 9, "tests first", payments)
    other = write(acme, 10, "tests first", payments)
    assert other
    with pytest.raises(AnnotationRefusedError):
        change_annotation(annotation=other, on=date(2026, 6, 9), text="tests first", by=None, now=NOW)


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 81, "a\x00b", "a\u202eb", "\ue000"])
def test_what_is_no_short_line_of_plain_text_is_refused(acme: Organization, text: str) -> None:
    with pytest.raises(AnnotationRefusedError):
        write(acme, 9, text)
    assert told(acme) == []


def test_the_annotations_of_a_team_go_with_it(acme: Organization, payments: Team) -> None:
    write(acme, 9, "tests first", payments)
    actions.delete_team(team=payments, by=None, now=NOW)
    with tenant(acme.id):
        assert not Annotation.objects.exists()
    with pytest.raises(TeamGoneError):
        write(acme, 9, "too late", payments)


def test_a_team_of_another_organization_can_not_be_written_about(globex: Organization, payments: Team) -> None:
    with pytest.raises(TeamGoneError):
        write(globex, 9, "spy", payments)
