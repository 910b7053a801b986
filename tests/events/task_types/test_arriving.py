"""An organization's rules reach what arrives after they were made, and nothing that was there before."""

import json
from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client

from codecard.lib.periods import Days
from codecard.lib.tenant import tenant
from events.actions.task_types import change_task_type_rules
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.queries.facts import Facts
from events.queries.people import Group
from events.queries.usage import Breakdown, usage
from events.task_types import Rule, TaskType
from events.task_types import known as known_rules
from events.task_types.rules import fingerprint, rule_of_told_path
from teams.models import Contributor, Organization
from tests.events.dashboards._work import LAST_WEEK, NOW
from tests.events.ledger.books import books
from tests.factories import make_contributor, make_key

pytestmark = pytest.mark.django_db(transaction=True)
RULE = Rule("billing/", TaskType.NUMERIC)


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    known_rules._type_of.cache_clear()
    yield
    known_rules._type_of.cache_clear()


@pytest.fixture
def person(acme: Organization) -> Contributor:
    with tenant(acme.id):
        return make_contributor(acme, "Ada")


def send(acme: Organization, person: Contributor, *names: str) -> None:
    """A suggestion each in a test file of billing, on the Tuesday of last week."""
    key = make_key(acme, contributor=person).secret
    told = [
        {"kind": "suggestion", "id": name, "at": f"{LAST_WEEK}T10:00:00Z", "tool": "cursor", "outcome": "accepted",
         "decided_by": "person", "path": "/home/ada/shop/billing/tests/test_rates.py"}
        for name in names
    ]  # fmt: skip
    answer = Client().post(
        "/api/v1/events", json.dumps(told), "application/json", headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.json()["rejected"] == []


def by_task(acme: Organization, person: Contributor) -> dict[str, int]:
    week = Days(LAST_WEEK, date.fromordinal(LAST_WEEK.toordinal() + 7))
    group = Group(1, "", "", frozenset({person.id}))
    with tenant(acme.id):
        facts = Facts(acme.id, "UTC", group, (group,), (week,), NOW)
        found: dict[str, int] = {}
        for one in facts.details:
            found[one.task] = found.get(one.task, 0) + one.sums["accepted"]
        return found


def make_rule(acme: Organization) -> None:
    change_task_type_rules(organization=acme, rules=[RULE], shown=fingerprint([]), by=None, now=NOW)
    known_rules._type_of.cache_clear()


def test_what_arrives_after_a_change_is_of_the_new_type(acme: Organization, person: Contributor) -> None:
    send(acme, person, "before")
    make_rule(acme)
    send(acme, person, "after", "later", "before")
    assert by_task(acme, person) == {"test": 1, "numeric": 2}


def test_a_process_asks_for_the_rules_again_within_half_a_minute(
    acme: Organization, person: Contributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr("events.task_types.known.time.monotonic", lambda: clock[0])
    send(acme, person, "before")
    change_task_type_rules(organization=acme, rules=[RULE], shown=fingerprint([]), by=None, now=NOW)
    clock[0] += 30
    send(acme, person, "after")
    assert by_task(acme, person) == {"test": 1, "numeric": 1}


def test_rules_of_another_organization_are_none_of_ours(
    acme: Organization, globex: Organization, person: Contributor
) -> None:
    change_task_type_rules(organization=globex, rules=[RULE], shown=fingerprint([]), by=None, now=NOW)
    send(acme, person, "one")
    assert by_task(acme, person) == {"test": 1}


def test_a_rebuild_keeps_the_types_and_usage_by_class_knows_none(acme: Organization, person: Contributor) -> None:
    send(acme, person, "before")
    make_rule(acme)
    send(acme, person, "after")
    kept = books(acme)
    for _ in rebuild(acme.id, days_to_rebuild(acme.id)):
        pass
    assert books(acme) == kept
    with tenant(acme.id):
        rows = usage(acme.id, LAST_WEEK, NOW.date(), [Breakdown.PATH_CLASS], with_sessions=False)
    assert [(row.keys["path_class"], row.counters["accepted"]) for row in rows] == [("test", 2)]


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("billing/**/rates.py", "billing/eu/rates.py", True),
        ("billing/**/rates.py", "shop/billing/eu/rates.py", False),
        ("billing/**/rates.py", "/home/ada/shop/billing/eu/rates.py", True),
        ("billing/**/rates.py", "C:\\Users\\ada\\shop\\billing\\eu\\rates.py", True),
        ("*_task.py", "/srv/shop/jobs/night_task.py", True),
        ("docs/", "/home/docs/shop/cart.py", False),
        ("docs/", "/home/ada/shop/docs/cart.py", True),
        ("**", "/" + "a/" * 2_000 + "b.py", False),
    ],
)
def test_in_an_absolute_path_a_pattern_begins_at_any_folder_below_the_home(glob: str, path: str, fits: bool) -> None:
    assert bool(rule_of_told_path(path, [Rule(glob, TaskType.DATA)])) is fits
