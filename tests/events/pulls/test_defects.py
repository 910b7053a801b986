"""Judging again: in any order, from nothing, after people decided, and as days pass."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.models import (
    Chore,
    DefaultCommit,
    Defect,
    DefectDecision,
    DefectLink,
    DiffState,
    Escape,
    FileOwners,
    Incident,
    LineRemoval,
    PullRequest,
    SignalKind,
    Verdict,
)
from events.pulls import defects, escapes
from events.pulls.chores import ChoreKind
from teams.models import Organization
from tests.events.pulls._bugs import Shop, added, day, inserted, replaced, sha_of_merge
from tests.factories import NOW
from tests.pull_requests import make_repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme: Organization) -> Iterator[Shop]:
    with tenant(acme.id):
        yield Shop(make_repository(acme))


def _many_things_happen(shop: Shop) -> None:
    """One of each: traced, possible, stated, reverted, taken back, by hand, an incident, two fixes of one bug."""
    shop.lands(1, 10, added())
    shop.lands(2, 11, replaced(1, 4))
    shop.bug(50, 14)
    shop.fixes(3, 15, replaced(2, 5), issue=50)
    shop.fixes(4, 16, inserted(8), issue=50)
    shop.lands(5, 17, added("shop/other.py"))
    shop.lands(6, 18, replaced(1, 10, "shop/other.py"), stated={"reverts_subject": "subject 5"})
    shop.lands(7, 18.5, replaced(1, 10, "shop/other.py"), head_branch="revert-6-x")
    shop.commit(19, replaced(1), stated={"reverts_shas": [sha_of_merge(2)]})
    shop.fixes(8, 30, replaced(5, 1, "shop/other.py"), stated={"caused_by_numbers": [7]})
    shop.fixes(9, 40, replaced(6, 1, "shop/other.py"))
    _incident(shop, "INC-1", 39, fix_number=9)
    _decide(shop, "pull:8", 7, Verdict.REJECTED)


def _incident(shop: Shop, external_id: str, at: float, **fields: Any) -> Incident:
    return Incident.objects.create(**shop.mine, external_id=external_id, opened_at=day(at), **fields)


def _decide(shop: Shop, key: str, number: int, verdict: str, at: float = 100) -> DefectDecision:
    origin = PullRequest.objects.get(**shop.mine, number=number)
    return DefectDecision.objects.create(
        **shop.mine, defect_key=key, origin=origin, verdict=verdict, reason="looked", decided_at=day(at)
    )


def test_everything_in_any_order_twice_and_from_nothing_is_the_same(shop: Shop) -> None:
    _many_things_happen(shop)
    shop.judge()
    expected = shop.tables()
    assert len(shop.defects()) >= 6
    assert len(shop.links()) >= 6
    ids = list(PullRequest.objects.filter(**shop.mine).values_list("id", flat=True))
    for seed in range(3):
        random.Random(seed).shuffle(ids)
        shop.judge(order=[*ids, *ids[:3]])
        assert shop.tables() == expected
    for seed in range(3):
        Defect.objects.filter(**shop.mine).delete()
        Escape.objects.filter(organization_id=shop.repository.organization_id).delete()
        shop.repository.refresh_from_db()
        DefaultCommit.objects.filter(**shop.mine).update(applied_seq=None)
        shop.repository.replayed_to = 0
        shop.repository.save()
        _forget_lines(shop)
        random.Random(seed).shuffle(ids)
        shop.judge(order=ids)
        assert shop.tables() == expected


def _forget_lines(shop: Shop) -> None:
    for model in (FileOwners, LineRemoval):
        model.objects.filter(**shop.mine).delete()


def test_things_that_become_known_in_any_order_end_the_same(shop: Shop, acme: Organization) -> None:
    """Merges, diffs and commits are told one by one and judged between: the last word is the same."""
    _many_things_happen(shop)
    shop.judge()
    expected = shop.tables()
    for seed in range(2):
        chance = random.Random(seed)
        Defect.objects.filter(**shop.mine).delete()
        Escape.objects.filter(organization_id=acme.id).delete()
        merges = {one.id: (one.integrated_at, one.integration) for one in PullRequest.objects.filter(**shop.mine)}
        PullRequest.objects.filter(**shop.mine).update(integrated_at=None)
        shop.judge()
        assert not any(shop.states(number) for number in range(1, 10))
        steps = list(merges)
        chance.shuffle(steps)
        for key in steps:
            at, how = merges[key]
            PullRequest.objects.filter(id=key).update(integrated_at=at, integration=how)
            defects.handle(acme.id, key, now=NOW)
            shop.work_off()
        assert shop.tables() == expected


def test_a_fix_waits_for_its_diff_and_is_traced_when_it_comes(shop: Shop) -> None:
    shop.lands(1, 10, added())
    shop.fixes(2, 20, replaced(1, 2), commit={"diff_state": DiffState.MISSING})
    shop.judge()
    assert (shop.defects(), shop.links()) == (["pull:2"], [])
    DefaultCommit.objects.filter(seq=2).update(diff_state=DiffState.COMPLETE)
    Chore.objects.create(organization_id=shop.repository.organization_id, kind=ChoreKind.REPLAY, key=shop.repository.id)
    shop.work_off()
    assert [link[:2] for link in shop.links()] == [("pull:2", 1)]


# --- people ----------------------------------------------------------------------------------------------------------


def test_a_rejected_origin_counts_no_more_and_stays_rejected(shop: Shop) -> None:
    shop.lands(1, 10, added())
    shop.fixes(2, 20, replaced(1, 2))
    _decide(shop, "pull:2", 1, Verdict.REJECTED)
    for _ in range(2):
        shop.judge()
        link = DefectLink.objects.get()
        assert (link.decision, link.tier, link.weight) == ("rejected", "probable", 0.0)
        assert shop.states(1) == ["clean"] * 3


def test_a_confirmed_one_is_confirmed_and_the_newest_word_counts(shop: Shop) -> None:
    shop.lands(1, 10, added())
    shop.fixes(2, 20, replaced(1, 2))
    _decide(shop, "pull:2", 1, Verdict.REJECTED, at=100)
    _decide(shop, "pull:2", 1, Verdict.CONFIRMED, at=101)
    shop.judge()
    assert shop.states(1)[1] == "confirmed"
    _decide(shop, "pull:2", 1, "", at=102)
    shop.judge()
    assert (shop.states(1)[1], DefectLink.objects.get().decision) == ("probable", "")


def test_a_decision_outlives_that_the_bug_gets_an_issue_or_an_incident(shop: Shop) -> None:
    shop.lands(1, 10, added())
    fix = shop.fixes(2, 20, replaced(1, 2))
    _decide(shop, "pull:2", 1, Verdict.REJECTED)
    shop.judge()
    _incident(shop, "INC-7", 19, fix_number=2)
    defects.handle(shop.repository.organization_id, fix.id, now=NOW)
    assert shop.defects() == ["incident:INC-7"]
    assert DefectLink.objects.get().decision == "rejected"


def test_a_person_can_name_an_origin_that_nothing_else_found(shop: Shop) -> None:
    shop.lands(1, 10, added())
    shop.lands(2, 11, added("shop/other.py"))
    shop.fixes(3, 20, replaced(1, 2))
    _decide(shop, "pull:3", 2, Verdict.CONFIRMED)
    _decide(shop, "pull:3", 1, Verdict.REJECTED)
    shop.judge()
    assert shop.links() == [
        ("pull:3", 1, "traced", "probable", 0.0),
        ("pull:3", 2, "person", "confirmed", 1.0),
    ]


def test_a_report_is_a_defect_of_its_own_until_it_is_taken_back(shop: Shop) -> None:
    shop.lands(1, 10, added())
    _decide(shop, "report:9", 1, Verdict.CONFIRMED, at=12)
    shop.judge()
    assert shop.links() == [("report:9", 1, "person", "confirmed", 1.0)]
    assert Defect.objects.get().kind == SignalKind.REPORT
    assert shop.states(1) == ["confirmed"] * 3
    _decide(shop, "report:9", 1, Verdict.REJECTED, at=13)
    shop.judge()
    assert shop.states(1) == ["clean"] * 3


# --- incidents -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cause", [{"cause_number": 1}, {"cause_sha": sha_of_merge(1)}, {"cause_sha": sha_of_merge(1)[:14]}]
)
def test_an_incident_that_names_its_cause_is_confirmed_whenever_the_cause_arrives(
    shop: Shop, cause: dict[str, Any]
) -> None:
    _incident(shop, "INC-2", 12, **cause)
    defects.judge_incident(shop.repository, "INC-2", now=NOW)
    assert (shop.defects(), shop.links()) == (["incident:INC-2"], [])
    shop.lands(1, 10, added())
    shop.judge()
    assert shop.links() == [("incident:INC-2", 1, "incident", "confirmed", 1.0)]
    assert DefectLink.objects.get().lag_seconds == 2 * 86_400


def test_an_incident_with_its_fix_is_traced_and_is_the_same_defect(shop: Shop) -> None:
    shop.lands(1, 10, added())
    shop.fixes(2, 20, replaced(1, 2))
    shop.judge()
    assert shop.defects() == ["pull:2"]
    _incident(shop, "INC-3", 13, fix_number=2)
    defects.judge_incident(shop.repository, "INC-3", now=NOW)
    assert shop.links() == [("incident:INC-3", 1, "traced", "probable", 1.0)]
    assert Defect.objects.get().detected_at == day(13)
    assert shop.states(1)[0] == "probable"


# --- time ------------------------------------------------------------------------------------------------------------


def test_windows_mature_by_the_clock_alone(shop: Shop) -> None:
    shop.lands(1, 10, added())
    shop.judge(now=day(12))
    assert shop.states(1) == ["pending"] * 3
    organization_id = shop.repository.organization_id
    almost = day(17) - timedelta(seconds=1)
    assert [escapes.mature(organization_id, now=at) for at in (almost, day(17), day(40), day(40))] == [0, 1, 1, 0]
    assert shop.states(1) == ["clean", "clean", "pending"]
    matured = shop.tables()
    shop.judge(now=day(40))
    assert shop.tables() == matured


def test_a_defect_in_an_open_window_shows_at_once_at_the_horizons_that_reach_it(shop: Shop) -> None:
    shop.lands(1, 10, added())
    shop.fixes(2, 20, replaced(1, 2))
    shop.judge(now=day(21))
    assert shop.states(1) == ["clean", "probable", "probable"]
    assert shop.states(2) == ["pending"] * 3


def test_a_pull_request_that_is_gone_is_nothing_to_do(acme: Organization) -> None:
    defects.handle(acme.id, 4711, now=NOW)
