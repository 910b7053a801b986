"""Healthy ranges: set, replaced and taken back, once each; and which of several holds."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from codecard.lib.reading import Band
from codecard.lib.tenant import tenant
from events.actions.holding import TeamGoneError
from events.actions.ranges import RangeRefusedError, clear_range, set_range
from events.metrics import all_metrics
from events.models import HealthyRange
from events.queries.ranges import Range, Source, ranges_of
from teams import actions
from teams.models import AuditEntry, Organization, Team, User
from tests.factories import NOW, make_team

pytestmark = pytest.mark.django_db

ESCAPE = next(metric for metric in all_metrics() if metric.slug == "defect-escape-rate")
LATENCY = next(metric for metric in all_metrics() if metric.slug == "latency-to-integration")
DEFAULT = Band(0.25, 0.6)


def put(organization: Organization, **given: Any) -> HealthyRange | None:
    given = {"metric": ESCAPE, "low": None, "high": 0.1, "by": None, "now": NOW, **given}
    return set_range(organization=organization, **given)


def told(organization: Organization) -> list[tuple[str, str, Any, Any]]:
    with tenant(organization.id):
        rows = AuditEntry.objects.filter(action__startswith="range.").order_by("id")
        return [(row.action, row.object_label, row.details["before"], row.details["after"]) for row in rows]


def held(organization: Organization, *asked: Any, default: Band | None = DEFAULT) -> Range | None:
    with tenant(organization.id):
        return ranges_of(organization.id).of(ESCAPE.slug, *asked, default=default)


def test_a_range_is_set_replaced_and_taken_back_and_the_audit_tells(
    acme: Organization, payments: Team, alice: User
) -> None:
    later = NOW + timedelta(days=1)
    assert put(acme, team=payments, task_type="test", low=0.02, by=alice)
    assert put(acme, team=payments, task_type="test", low=0.02, by=None, now=later) is None
    found = held(acme, payments.id, "test")
    assert found == Range(Band(0.02, 0.1), Source.TEAM, "Alice", NOW)
    assert put(acme, team=payments, task_type="test", high=0.2, now=later)
    assert held(acme, payments.id, "test") == Range(Band(None, 0.2), Source.TEAM, "", later)
    which: dict[str, Any] = {"metric": ESCAPE, "team": payments, "task_type": "test", "by": None, "now": later}
    assert clear_range(organization=acme, **which)
    assert not clear_range(organization=acme, **which)
    assert held(acme, payments.id, "test") == Range(DEFAULT, Source.DEFAULT)
    label = "defect-escape-rate, Payments, test"
    assert told(acme) == [
        ("range.set", label, None, {"low": 0.02, "high": 0.1}),
        ("range.set", label, {"low": 0.02, "high": 0.1}, {"low": None, "high": 0.2}),
        ("range.cleared", label, {"low": None, "high": 0.2}, None),
    ]


def test_the_most_specific_range_holds(acme: Organization, payments: Team) -> None:
    """All sixteen ways in which some of the four can be set, each asked for in four ways."""
    other = make_team(acme)
    places = [(payments, "test"), (payments, ""), (None, "test"), (None, "")]
    for chosen in product([True, False], repeat=4):
        with tenant(acme.id):
            HealthyRange.objects.all().delete()
        for number, (team, task_type) in enumerate(places):
            if chosen[number]:
                put(acme, team=team, task_type=task_type, high=number / 10)
        for asked, order in (
            ((payments.id, "test"), (0, 1, 2, 3)), ((payments.id, ""), (1, 3)), ((payments.id, "docs"), (1, 3)),
            ((other.id, "test"), (2, 3)), ((None, "test"), (2, 3)), ((None, ""), (3,)),
        ):  # fmt: skip
            first = next((number for number in order if chosen[number]), None)
            found = held(acme, *asked)
            assert found
            assert found.band == (DEFAULT if first is None else Band(None, first / 10)), (chosen, asked)
            assert found.source == {None: "default", 0: "team", 1: "team"}.get(first, "organization")


def test_without_a_default_there_is_no_range(acme: Organization) -> None:
    assert held(acme, default=None) is None
    put(acme)
    assert held(acme, default=None) == Range(Band(None, 0.1), Source.ORGANIZATION, "", NOW)
    with tenant(acme.id):
        assert ranges_of(acme.id).of(LATENCY.slug) is None


def test_all_ranges_are_read_in_one_statement(acme: Organization, payments: Team, alice: User) -> None:
    for task_type in ("", "test", "docs"):
        put(acme, team=payments, task_type=task_type, by=alice)
    with tenant(acme.id), CaptureQueriesContext(connection) as asked:
        assert ranges_of(acme.id).of(ESCAPE.slug, payments.id, "docs")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (None, None), (0.5, 0.4), (-0.1, None), (None, 1.01), (float("nan"), None), (None, float("inf")),
        (float("-inf"), 0.4), (60, 80),
    ],
)  # fmt: skip
def test_what_is_no_range_of_shares_is_refused(acme: Organization, low: float | None, high: float | None) -> None:
    with pytest.raises(RangeRefusedError):
        put(acme, low=low, high=high)
    assert told(acme) == []


def test_what_no_latency_can_be_is_refused(acme: Organization) -> None:
    for low in (-1.0, 1e9):
        with pytest.raises(RangeRefusedError):
            put(acme, metric=LATENCY, low=low, high=None)
    assert put(acme, metric=LATENCY, low=None, high=60.0)


def test_an_unknown_kind_of_work_is_refused(acme: Organization) -> None:
    with pytest.raises(RangeRefusedError):
        put(acme, task_type="poetry")


def test_the_ranges_of_a_team_go_with_it(acme: Organization, payments: Team) -> None:
    put(acme, team=payments)
    put(acme, high=0.3)
    actions.delete_team(team=payments, by=None, now=NOW)
    with tenant(acme.id):
        assert [row.team_id for row in HealthyRange.objects.all()] == [None]
    with pytest.raises(TeamGoneError):
        put(acme, team=payments)


def test_another_organization_has_ranges_of_its_own(acme: Organization, globex: Organization, payments: Team) -> None:
    put(globex, high=0.7)
    assert held(acme) == Range(DEFAULT)
    with pytest.raises(TeamGoneError):
        put(globex, team=payments)


def test_the_database_holds_one_range_for_each_place(acme: Organization, payments: Team) -> None:
    for team in (None, payments):
        fields: dict[str, Any] = {"organization": acme, "metric": "x", "team": team, "set_at": NOW, "high": 1}
        with pytest.raises(IntegrityError), tenant(acme.id):
            HealthyRange.objects.bulk_create([HealthyRange(**fields), HealthyRange(**fields)])
    for ends in ({"low": None, "high": None}, {"low": 2.0, "high": 1.0}):
        with pytest.raises(IntegrityError), tenant(acme.id):
            HealthyRange.objects.create(organization=acme, metric="x", set_at=NOW, **ends)
