"""One branch serves many pull requests, one after the other: whose a push is, is asked of those whom it may concern."""

import random
from datetime import timedelta

import pytest

from events.models import PullRequest
from events.pulls.branches import following
from tests.factories import NOW


def ended_before(one: PullRequest, others: list[PullRequest]) -> object:
    """From when on its pushes may be, as `is_of` asks."""
    return max((x.closed_at for x in others if x.closed_at and x.closed_at <= one.opened_at), default=None)


@pytest.mark.parametrize("seed", range(20))
def test_all_whose_beginning_an_end_moves_are_found_and_few_others(seed: int) -> None:
    chance = random.Random(seed)
    at = [NOW + timedelta(hours=hour) for hour in range(40)]
    siblings = []
    for number in range(12):
        opened, closed = sorted(chance.sample(range(40), 2))
        siblings.append(PullRequest(id=number, opened_at=at[opened], closed_at=chance.choice([at[closed], None])))
    pull = PullRequest(id=99, opened_at=at[0], closed_at=None)
    end = chance.choice(at)
    before = {one.id: ended_before(one, siblings) for one in siblings}
    pull.closed_at = end
    moved = {one.id for one in siblings if ended_before(one, [*siblings, pull]) != before[one.id]}
    found = following(siblings, [end])
    assert moved <= {one.id for one in found}
    assert all(one.opened_at >= end for one in found)
