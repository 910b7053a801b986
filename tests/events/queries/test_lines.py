"""Churn, survival and lines alive, from what replay keeps."""

from collections.abc import Iterator

import pytest

from codecard.lib.tenant import tenant
from events.models import AiClass
from events.queries.lines import Age, Churn, Lines, churn, ends_of_lines, lives_of_lines, survival
from teams.models import Organization
from tests.events.pulls._bugs import Shop, added, day, opaque, replaced
from tests.events.pulls._histories import lines_by_owner, owners_of
from tests.pull_requests import make_repository

pytestmark = pytest.mark.django_db
AI, HUMAN = AiClass.AI, AiClass.HUMAN


@pytest.fixture
def shop(acme: Organization) -> Iterator[Shop]:
    """Ten AI lines on day 10; one goes after 5 days, two after 20, one after 40. Followed to day 100."""
    with tenant(acme.id):
        shop = Shop(make_repository(acme))
        shop.lands(1, 10, added(), ai_class=AI)
        shop.lands(2, 15, replaced(1), ai_class=HUMAN)
        shop.commit(30, replaced(2, 2))
        shop.lands(3, 50, replaced(4), ai_class=AI)
        shop.commit(100, added("shop/late.py"))
        shop.judge()
        yield shop


def test_lines_alive_are_those_that_stand_in_the_files(shop: Shop, acme: Organization) -> None:
    lives = lives_of_lines(acme.id, day(0), day(90))
    assert lives == {AI: Lines(11, 4, 0), HUMAN: Lines(1, 0, 0)}
    standing = lines_by_owner(owners_of(shop.repository))
    assert lives[AI].alive == standing[1] + standing[4] == 7
    assert lives_of_lines(acme.id, day(11), day(90), repositories=[]) == {}


@pytest.mark.parametrize(("days", "expected"), [(14, Churn(11, 1)), (30, Churn(11, 3)), (90, Churn(10, 4))])
def test_churn_counts_commits_that_were_followed_long_enough(
    shop: Shop, acme: Organization, days: int, expected: Churn
) -> None:
    """Pull request 3 was followed for 50 days."""
    assert churn(acme.id, day(0), day(99), days=days)[AI] == expected


def test_survival_censors_what_still_stands_and_what_was_lost(shop: Shop, acme: Organization) -> None:
    ages = ends_of_lines(acme.id, day(0), day(20))[AI]
    assert ages == [Age(5, 1, 0), Age(20, 2, 0), Age(40, 1, 0), Age(90, 0, 6)]
    curve = survival(ages)
    assert [days for days, _ in curve] == [5, 20, 40]
    assert [share for _, share in curve] == pytest.approx([0.9, 0.7, 0.6])
    shop.commit(60, opaque())
    shop.judge()
    # The replay goes on from day 100; what the opaque commit hid was followed until its own day.
    ages = ends_of_lines(acme.id, day(0), day(20))[AI]
    assert sum(age.removed for age in ages) == 4
    assert sum(age.censored for age in ages) == 6


def test_nothing_is_nothing(acme: Organization) -> None:
    with tenant(acme.id):
        assert lives_of_lines(acme.id, day(0), day(90)) == {}
        assert churn(acme.id, day(0), day(90), days=14) == {}
    assert survival([]) == []
    assert Churn(0, 0).share is None
