"""`manage.py rebuild_rollups`: what it makes, where it goes on, and what it shows meanwhile."""

import os
import signal
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import transaction

from codecard.lib.tenant import tenant
from events.models import ContributorDay, DetailDay, OrganizationDay, Session
from events.schema import Prompt
from teams.models import Organization
from tests._processes import Processes, wait_until
from tests.events.ledger.books import NOW, access, books, store

pytestmark = pytest.mark.django_db
DAYS = 30
SPAN = DAYS + 2
"""A day more at both ends, where events of people in other time zones may stand."""
FIRST, LAST = NOW.date() - timedelta(days=DAYS), NOW.date()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def worked(acme: Organization) -> Organization:
    """A prompt a day and person, each day a session of its own."""
    return _work(acme)


def _work(organization: Organization) -> Organization:
    who = access(organization)
    for day in range(DAYS):
        at, common = NOW - timedelta(days=DAYS - day), dict[str, Any](tool="claude-code", session=f"s{day}")
        store(who, *(Prompt(id=f"{day}{name}", at=at, email=f"{name}@acme.test", **common) for name in "ab"))
    return organization


def spoil(organization: Organization, *, first: date = FIRST, last: date = LAST) -> None:
    """Makes every sum of some days wrong, and takes some rows away."""
    with tenant(organization.pk):
        for model in (ContributorDay, DetailDay, OrganizationDay):
            rows = model.objects.filter(organization_id=organization.pk, day__range=(first, last))
            rows.update(prompts=99, input_tokens=7)
        DetailDay.objects.filter(organization_id=organization.pk, day=first).delete()
        sessions = Session.objects.filter(organization=organization, started_on__range=(first, last))
        sessions.update(prompts=50, lines_added=3)


def run(*options: str, **streams: Any) -> str:
    out = StringIO()
    call_command("rebuild_rollups", *options, stdout=out, **streams)
    return out.getvalue()


def test_makes_all_sums_anew_from_the_events(worked: Organization) -> None:
    before = books(worked)
    spoil(worked)
    assert books(worked) != before
    assert run() == f"acme: {SPAN} days rebuilt\n"
    assert books(worked) == before


def test_twice_changes_nothing(worked: Organization) -> None:
    before = books(worked)
    assert run() == run() == f"acme: {SPAN} days rebuilt\n"
    assert books(worked) == before


def test_takes_out_sums_of_days_that_have_no_events(worked: Organization) -> None:
    before = books(worked)
    with tenant(worked.pk):
        ContributorDay.objects.create(organization_id=worked.pk, day=NOW.date(), contributor_id=1, prompts=3)
    run()
    assert books(worked) == before


def test_only_the_named_organization(worked: Organization, globex: Organization) -> None:
    _work(globex)
    before = books(worked)
    for organization in (worked, globex):
        spoil(organization)
    untouched = books(globex)
    assert run("--organization", "acme") == f"acme: {SPAN} days rebuilt\n"
    assert books(worked) == before
    assert books(globex) == untouched


def test_all_organizations_unless_one_is_named(worked: Organization, globex: Organization) -> None:
    _work(globex)
    before = books(worked), books(globex)
    spoil(worked)
    spoil(globex)
    assert run() == f"acme: {SPAN} days rebuilt\nglobex: {SPAN} days rebuilt\n"
    assert (books(worked), books(globex)) == before


def test_only_the_days_that_were_asked_for(worked: Organization) -> None:
    before = books(worked)
    inside = {"first": FIRST + timedelta(days=5), "last": FIRST + timedelta(days=9)}
    spoil(worked, **inside)
    assert run("--from", "1999-01-01", "--to", str(inside["first"] - timedelta(days=1))) == "acme: 6 days rebuilt\n"
    assert books(worked) != before
    assert run("--from", str(inside["first"]), "--to", str(inside["last"])) == "acme: 5 days rebuilt\n"
    assert books(worked) == before


def test_an_organization_without_events_has_no_days(acme: Organization) -> None:
    assert run() == "acme: 0 days rebuilt\n"


def test_sums_older_than_the_kept_events_are_left_alone(worked: Organization) -> None:
    old = FIRST - timedelta(days=400)
    with tenant(worked.pk):
        ContributorDay.objects.create(organization_id=worked.pk, day=old, contributor_id=1, prompts=3)
    before = books(worked)
    run()
    run("--from", "1999-01-01")
    assert books(worked) == before


def test_says_which_organization_is_missing(worked: Organization) -> None:
    with pytest.raises(CommandError, match="There is no organization 'nobody'"):
        run("--organization", "nobody")


def test_a_terminal_sees_how_far_it_is(worked: Organization) -> None:
    shown = Terminal()
    run(stderr=shown)
    steps = shown.getvalue().split("\r")[1:]
    assert len(steps) == SPAN
    assert steps[0] == f"acme [{'.' * 30}] 1/{SPAN} days"
    assert steps[SPAN // 2 - 1] == f"acme [{'#' * 15}{'.' * 15}] {SPAN // 2}/{SPAN} days"
    assert steps[-1] == f"acme [{'#' * 30}] {SPAN}/{SPAN} days\n"


def test_a_log_is_spared_the_bar(worked: Organization) -> None:
    shown = StringIO()
    run(stderr=shown)
    assert shown.getvalue() == ""


# --- stopped in the middle --------------------------------------------------------------------------------------------


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    started = Processes(tmp_path)
    yield started
    started.close()


def _stop_before(organization: Organization, day: date, processes: Processes, *options: str) -> None:
    """Starts the command, lets it come to a day and no further, and kills it there."""
    memory = f"rebuild:{organization.pk}:None:None"
    with tenant(organization.pk):
        list(ContributorDay.objects.select_for_update().filter(organization_id=organization.pk, day=day))
        command = processes.start("manage.py", "rebuild_rollups", *options, DJANGO_SETTINGS_MODULE="tests.settings")
        assert wait_until(lambda: cache.get(memory) == str(day - timedelta(days=1)))
        os.kill(command.pid, signal.SIGKILL)
        command.wait()
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_goes_on_where_it_was_killed(worked: Organization, processes: Processes) -> None:
    before, middle = books(worked), FIRST + timedelta(days=12)
    spoil(worked)
    _stop_before(worked, middle, processes)
    with tenant(worked.pk):
        wrong = DetailDay.objects.filter(organization_id=worked.pk, prompts=99).order_by("day")
        assert wrong[0].day == middle
    assert run() == f"acme: {SPAN - 13} days rebuilt, 13 done before\n"
    assert books(worked) == before
    assert run() == f"acme: {SPAN} days rebuilt\n"


@pytest.mark.django_db(transaction=True)
def test_starts_over_when_told_to_or_when_asked_for_other_days(worked: Organization, processes: Processes) -> None:
    before, middle = books(worked), FIRST + timedelta(days=3)
    _stop_before(worked, middle, processes)
    spoil(worked)
    assert run("--from", str(FIRST - timedelta(days=1))) == f"acme: {SPAN} days rebuilt\n"
    assert books(worked) == before
    spoil(worked)
    assert run("--restart") == f"acme: {SPAN} days rebuilt\n"
    assert books(worked) == before


@pytest.mark.django_db(transaction=True)
def test_what_arrives_after_the_kill_is_counted(worked: Organization, processes: Processes) -> None:
    spoil(worked)
    _stop_before(worked, FIRST + timedelta(days=12), processes)
    late = [Prompt(id="late", at=NOW - timedelta(days=number), tool="codex", email="c@acme.test") for number in (1, 28)]
    store(access(worked), *late)
    run()
    found = books(worked)
    run("--restart")
    assert books(worked) == found
    assert sum(row[2] for row in found["contributor"]) == 2 * DAYS + 2
