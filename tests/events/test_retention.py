"""Deleting by age: events go, what pages show stays."""

from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from events import retention, tasks
from events.ledger import record
from events.ledger.keeping import kept_from
from events.ledger.locks import lock_organization
from events.models import Event, JUnitUpload, PullQuality, QualityUpload, SeriesPoint
from events.schema import Prompt
from teams.models import Organization, Team
from tests import factories
from tests.events.dashboards._work import monday, work
from tests.events.ledger.books import access, books, parsed_points, store, total
from tests.events.ledger.test_series import point
from tests.factories import NOW
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True)
SUMS = ("sessions", "detail", "contributor", "organization", "commits")


def keep(organization: Organization, days: int | None) -> None:
    Organization.objects.filter(id=organization.id).update(retention_days=days)


def fill(organization: Organization) -> None:
    with tenant(organization.id):
        people = [factories.make_contributor(organization) for _ in range(6)]
    for person in people:
        for weeks_ago in (1, 2, 5, 6, 20):
            work(organization, person, monday(weeks_ago), accepted=5, rejected=2, lines=30)


def days_left(organization: Organization) -> set[date]:
    with tenant(organization.id):
        return set(Event.objects.values_list("day", flat=True))


def sums(organization: Organization) -> list[Any]:
    found = books(organization)
    return [found[name] for name in SUMS]


def apply(organization: Organization) -> int:
    return retention.apply_retention(organization_id=organization.id, now=NOW)


def test_old_events_go_and_every_sum_stays(acme: Organization, globex: Organization) -> None:
    fill(acme)
    fill(globex)
    keep(acme, 30)
    before, theirs = sums(acme), books(globex)
    assert all(before[:4])
    assert apply(acme) > 0
    assert days_left(acme) == {monday(1), monday(2)}
    assert sums(acme) == before
    assert books(globex) == theirs
    after = books(acme)
    assert apply(acme) == 0
    assert books(acme) == after
    assert kept_from(Organization.objects.get(id=acme.id)) == NOW.date() - timedelta(days=30)


def test_dashboards_don_t_change(acme: Organization, payments: Team, owner_client: Client) -> None:
    fill(acme)
    keep(acme, 1)
    pages = ("/o/acme/", "/o/acme/?p=91d", "/o/acme/t/payments/?p=91d")
    before = [owner_client.get(page).text for page in pages]
    assert apply(acme) > 0
    assert days_left(acme) == set()

    def without_token(text: str) -> list[str]:
        return [line for line in text.splitlines() if "csrf" not in line.lower()]

    assert [without_token(owner_client.get(page).text) for page in pages] == list(map(without_token, before))


def test_a_rebuild_afterwards_leaves_the_sums_alone(acme: Organization) -> None:
    """Of the day before the oldest event nothing is left to count; its sums must survive."""
    with tenant(acme.id):
        person = factories.make_contributor(acme)
    for days_ago in range(8):
        work(acme, person, NOW.date() - timedelta(days=days_ago), accepted=5)
    keep(acme, 4)
    before = sums(acme)
    assert apply(acme) > 0
    for first in ([], ["--from", "2026-05-01"]):
        call_command("rebuild_rollups", *first, stdout=StringIO())
        assert sums(acme) == before


def test_whoever_keeps_events_loses_none(acme: Organization) -> None:
    fill(acme)
    before = books(acme)
    assert apply(acme) == 0
    assert books(acme) == before


def test_killed_in_the_middle_it_goes_on(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(acme)
    keep(acme, 30)
    before, count = sums(acme), 0
    lock = lock_organization

    def killed(*arguments: Any, **named: Any) -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        lock(*arguments, **named)

    monkeypatch.setattr(retention, "_ROWS", 7)
    with monkeypatch.context() as patch:
        patch.setattr(retention, "lock_organization", killed)
        with pytest.raises(KeyboardInterrupt):
            apply(acme)
    assert len(days_left(acme)) > 2
    assert sums(acme) == before
    assert apply(acme) > 0
    assert days_left(acme) == {monday(1), monday(2)}
    assert sums(acme) == before


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
def test_whole_local_days_go(acme: Organization, zone: str) -> None:
    """So that what is left of a day can be counted again."""
    Organization.objects.filter(id=acme.id).update(time_zone=zone)
    who = access(acme)
    for hours in range(0, 24 * 5, 2):
        at = NOW - timedelta(days=5) + timedelta(hours=hours)
        store(who, Prompt(id=str(hours), at=at, tool="claude-code", session="s"))
    with tenant(acme.id):
        before = list(Event.objects.order_by("occurred_at").values_list("id", "day"))
    keep(acme, 3)
    apply(acme)
    first = NOW.date() - timedelta(days=3)
    with tenant(acme.id):
        left = list(Event.objects.order_by("occurred_at").values_list("id", "day"))
    assert left == [(number, day) for number, day in before if day >= first]
    assert 0 < len(left) < len(before)


def test_a_longer_time_later_does_not_say_that_old_days_are_complete(acme: Organization) -> None:
    keep(acme, 10)
    apply(acme)
    keep(acme, 100)
    apply(acme)
    assert kept_from(Organization.objects.get(id=acme.id)) == NOW.date() - timedelta(days=10)


def test_the_newest_old_point_of_each_chain_stays(acme: Organization) -> None:
    who = access(acme)
    day = 24 * 60
    # Minutes count from two days before NOW; the first four are older than a day more than is kept.
    for minute, value in ((-9 * day, 10), (-8 * day, 20), (-7 * day, 35), (-6 * day, 50), (-1 * day, 70)):
        record(parsed_points(point(minute, value)), who, now=NOW, source="test")
    record(parsed_points(point(-9 * day, 5, series="other")), who, now=NOW, source="test")
    assert total(acme, "input_tokens") == 75
    keep(acme, 5)
    for _ in range(2):
        apply(acme)
        with tenant(acme.id):
            assert sorted(SeriesPoint.objects.values_list("value", flat=True)) == [5, 50, 70]
    # Between the kept ones, and after them: increases over the point before, as if none had gone.
    record(parsed_points(point(-2 * day, 60), point(0, 100)), who, now=NOW, source="test")
    record(parsed_points(point(0, 9, series="other")), who, now=NOW, source="test")
    assert total(acme, "input_tokens") == 100 + 9


def test_the_night_s_task_asks_for_each_that_does_not_keep_for_ever(
    acme: Organization, globex: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, int]] = []
    monkeypatch.setattr(tasks.apply_retention, "delay", lambda **about: asked.append(about))
    keep(acme, 30)
    tasks.apply_all_retention()
    assert asked == [{"organization_id": acme.id}]
    for _ in range(2):
        tasks.apply_retention(organization_id=acme.id)


def test_what_comes_again_after_it_went_is_refused_and_counted_once(acme: Organization) -> None:
    """Nothing could tell that it is in the sums already: whoever remembers the organization from before forgets."""
    who = access(acme)
    old = Prompt(id="old", at=NOW - timedelta(days=40), tool="t", email="a@acme.test")
    new = Prompt(id="new", at=NOW - timedelta(days=2), tool="t", email="a@acme.test")
    store(who, old, new)
    keep(acme, 30)
    assert apply(acme) == 1
    receipt = store(who, old, new)
    assert [refusal.reason for refusal in receipt.refused] == ["at: older than this organization keeps events"]
    assert (receipt.stored, receipt.duplicates) == (0, 1)
    assert total(acme, "prompts") == 2


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Etc/GMT+12"])
def test_no_fact_of_a_day_that_is_gone_comes_back(acme: Organization, zone: str) -> None:
    Organization.objects.filter(id=acme.id).update(time_zone=zone)
    who = access(acme)
    facts = [Prompt(id=str(hour), at=NOW - timedelta(days=32, hours=-hour), tool="t") for hour in range(0, 96, 3)]
    store(who, *facts)
    keep(acme, 30)
    assert apply(acme) > 0
    store(who, *facts)
    assert total(acme, "prompts") == len(facts)


def test_points_of_a_day_that_is_gone_are_refused_too(acme: Organization) -> None:
    who = access(acme)
    points = [point(10 * number, 5.0 * number) for number in range(1, 5)]
    before = [record(parsed_points(*points), who, now=NOW, source="test")]
    keep(acme, 1)
    apply(acme)
    found = total(acme, "input_tokens")
    before.append(record(parsed_points(*points), who, now=NOW, source="test"))
    assert total(acme, "input_tokens") == found
    assert before[1].refused


def test_reports_by_file_go_after_120_days_and_what_was_found_stays(acme: Organization, globex: Organization) -> None:
    for organization in (acme, globex):
        with tenant(organization.id):
            pull = make_pull_request(make_repository(organization))
            told = {"organization_id": organization.id, "repository": pull.repository, "sha": pull.head_sha}
            for days in (119, 121):
                at = NOW - timedelta(days=days)
                QualityUpload.objects.create(**told, tool="ruff", kind="style", content=str(days), received_at=at)
                JUnitUpload.objects.create(**told, content=str(days), received_at=at)
            PullQuality.objects.create(organization=organization, pull_request=pull, tool="ruff", kind="style", sha="a")
    for gone in (1, 0):
        assert retention.forget_reports(organization_id=acme.id, now=NOW) == gone
    for organization, left in ((acme, ["119"]), (globex, ["119", "121"])):
        with tenant(organization.id):
            assert sorted(QualityUpload.objects.values_list("content", flat=True)) == left
            assert (JUnitUpload.objects.count(), PullQuality.objects.count()) == (2, 1)


def test_every_night_reports_of_all_organizations_are_looked_at(acme: Organization, globex: Organization) -> None:
    for organization in (acme, globex):
        with tenant(organization.id):
            QualityUpload.objects.create(
                organization=organization, repository=make_repository(organization), sha="a", tool="ruff", kind="style",
                content="1", received_at=timezone.now() - timedelta(days=121),
            )  # fmt: skip
    for _ in range(2):
        tasks.forget_old_reports()
    for organization in (acme, globex):
        with tenant(organization.id):
            assert not QualityUpload.objects.exists()
