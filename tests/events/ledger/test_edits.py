"""What became of accepted code, counted by distance: exact, once, whoever tells it in whichever order."""

import random
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events import retention
from events.ledger import record
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.ledger.statements import STORE
from events.models import EditDay, EditHorizon, Event
from events.schema import Edit, Prompt
from events.sources._base import Channel
from events.sources.otlp_claude_code import LOGS, METRICS
from teams import actions
from teams.models import Identity, Organization
from tests.events.ledger.books import NOW, access, books, parsed, store

pytestmark = pytest.mark.django_db
WHERE: dict[str, Any] = {
    "tool": "claude-code", "model": "claude-sonnet-4-5", "repository": "github.com/a/b", "language": "Python",
    "path_class": "view", "email": "mara@acme.test",
}  # fmt: skip


def edit(key: str, distance: float = 0.25, hours: int = 1, **fields: Any) -> Edit:
    common = {"at": NOW - timedelta(hours=hours), "session": "s1", "horizon": "minutes", "lines": 4, **WHERE}
    return Edit(**{"id": key, "distance": distance, **common, **fields})


def kept(organization: Organization, *columns: str) -> list[Any]:
    with tenant(organization.pk):
        return list(EditDay.objects.order_by(*columns).values_list(*columns))


def rebuilt(organization: Organization) -> Any:
    list(rebuild(organization.pk, days_to_rebuild(organization.pk)))
    return books(organization)


def test_a_distance_lies_in_the_bucket_of_its_hundredth(acme: Organization) -> None:
    buckets = {0: 0, 0.004: 0, 0.005: 1, 0.145: 15, 1 - 0.9: 10, 1e-7: 0, 0.994: 99, 0.995: 100, 1: 100}
    who = access(acme)
    for number, distance in enumerate(buckets):
        store(who, edit(str(number), distance, repository=f"r{number:02}"))
    with tenant(acme.pk):
        rows = EditDay.objects.order_by("repository_id").values_list("bucket", flat=True)
        assert list(rows) == list(buckets.values())


def test_an_edit_stands_under_everything_that_is_known_of_it(acme: Organization) -> None:
    store(access(acme), edit("a", horizon="merge"))
    [row] = books(acme)["edits"]
    assert row == (
        NOW.date(), "email:mara@acme.test", "claude-code", "claude-sonnet-4-5", "github.com/a/b", "Python", 4,
        EditHorizon.MERGE, 25, 1, 4,
    )  # fmt: skip


def test_horizons_and_distances_stay_apart_and_the_rest_adds_up(acme: Organization) -> None:
    who = access(acme)
    store(who, *(edit(f"{horizon}{n}", horizon=horizon) for horizon in ("minutes", "commit", "merge") for n in "ab"))
    store(who, edit("c", 0.253, lines=10), edit("d", 0.26))
    columns = ("horizon", "bucket", "count", "lines")
    assert kept(acme, *columns) == [(1, 25, 3, 18), (1, 26, 1, 4), (2, 25, 2, 8), (3, 25, 2, 8)]


def test_an_edit_whose_lines_nobody_tells_weighs_one(acme: Organization) -> None:
    store(access(acme), edit("a", lines=0), edit("b", lines=0), edit("c", lines=1))
    assert kept(acme, "count", "lines") == [(3, 3)]


def test_a_better_channel_takes_the_poorer_one_s_edits_back(acme: Organization) -> None:
    who = access(acme)
    store(who, edit("poor", 0.9), edit("other", 0.9, session="s2"), channel=METRICS)
    store(who, edit("good", 0.1), channel=LOGS)
    assert kept(acme, "bucket", "count", "lines") == [(10, 1, 4), (90, 1, 4)]
    store(who, edit("late", 0.5), channel=METRICS)
    store(who, edit("good", 0.1), channel=LOGS)
    assert kept(acme, "bucket", "count", "lines") == [(10, 1, 4), (90, 1, 4)]


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_arrival_leaves_no_trace(acme: Organization, globex: Organization, seed: int) -> None:
    told = _told(random.Random(seed))
    for organization, shuffle in ((acme, seed), (globex, seed + 100)):
        draw, who = random.Random(shuffle), access(organization)
        bodies = [*draw.sample(told, len(told)), *draw.sample(told, len(told) // 2)]
        while bodies:
            channel, alike = next(groupby(bodies[: draw.randint(1, 5)], key=itemgetter(0)))
            body = [event for _, event in alike]
            bodies = bodies[len(body) :]
            store(who, *body, channel=channel)
    assert books(acme) == books(globex)
    assert sum(row[-2] for row in books(acme)["edits"]) == _counted(told)
    assert rebuilt(acme) == books(globex)


def _told(draw: random.Random) -> list[tuple[Channel, Edit | Prompt]]:
    told: list[tuple[Channel, Edit | Prompt]] = []
    for number in range(30):
        fields: dict[str, Any] = {"session": f"s{draw.randrange(6)}", "hours": draw.randrange(60)}
        fields |= {"horizon": draw.choice(["minutes", "commit"]), "lines": draw.randrange(3)}
        told.append((draw.choice([LOGS, METRICS]), edit(str(number), draw.randrange(5) / 100, **fields)))
    told.append((LOGS, Prompt(id="p", at=NOW, session="s1", tool="claude-code", email="mara@acme.test")))
    return told


def _counted(told: list[tuple[Channel, Edit | Prompt]]) -> int:
    edits = [(channel, event.session) for channel, event in told if isinstance(event, Edit)]
    best = {session for channel, session in edits if channel is LOGS}
    return sum(channel is LOGS or session not in best for channel, session in edits)


def test_a_rebuild_makes_them_of_what_was_stored_before_they_were_kept(acme: Organization) -> None:
    store(access(acme), edit("a"), edit("b", 0.5, hours=50), edit("c", horizon="commit"))
    before = books(acme)
    with tenant(acme.pk):
        EditDay.objects.filter(day=NOW.date()).delete()
        EditDay.objects.update(count=7, lines=9, bucket=3)
    assert books(acme)["edits"] != before["edits"]
    assert rebuilt(acme) == before


def test_they_go_with_their_person_and_come_back(acme: Organization) -> None:
    store(access(acme), edit("a", email="lee@acme.test"), edit("b"), edit("c", 0.9, email="lee@acme.test"))
    before = books(acme)
    move = _merge(acme)
    assert [row[-2:] for row in books(acme)["edits"]] == [(2, 8), (1, 4)]
    assert rebuilt(acme)["edits"] == books(acme)["edits"]
    actions.undo_move(organization=acme, move=move, by=None, now=NOW)
    assert books(acme) == before


def test_what_is_left_of_deleted_events_follows_a_merge(acme: Organization) -> None:
    store(access(acme), edit("a", email="lee@acme.test"), edit("b"))
    with tenant(acme.pk):
        Event.objects.all().delete()
    _merge(acme)
    assert [row[-2:] for row in books(acme)["edits"]] == [(2, 8)]


def _merge(organization: Organization) -> Any:
    with tenant(organization.pk):
        names = Identity.objects.filter(organization=organization).select_related("contributor")
        found = {name.value: name.contributor for name in names}
    loser, winner = found["lee@acme.test"], found["mara@acme.test"]
    return actions.merge_contributors(organization=organization, loser=loser, winner=winner, by=None, now=NOW)


def test_deleting_events_by_age_leaves_them(acme: Organization) -> None:
    store(access(acme), edit("a", hours=24 * 60), edit("b"))
    before = books(acme)["edits"]
    Organization.objects.filter(id=acme.id).update(retention_days=30)
    assert retention.apply_retention(organization_id=acme.id, now=NOW) == 1
    list(rebuild(acme.pk, days_to_rebuild(acme.pk, NOW.date() - timedelta(days=30))))
    assert books(acme)["edits"] == before


def test_a_body_without_edits_pays_nothing_for_them(acme: Organization) -> None:
    assert "events_edit_day" not in STORE
    record(parsed(Prompt(id="p", at=NOW, tool="t"), edit("a")), access(acme), now=NOW, source="test")
    assert kept(acme, "count") == [(1,)]
