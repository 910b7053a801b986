"""Defect escape rate: the worked example, and what is too little to say."""

from datetime import timedelta
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.metrics import all_metrics
from events.metrics.defect_escape_rate import METRIC, Rate, Row, rate, rows_of
from events.models import AiClass, EscapeState, Verdict
from events.pulls import escapes
from teams.models import Organization
from tests.events.pulls._bugs import Shop, added, day, replaced, sha_of_merge
from tests.factories import NOW
from tests.pull_requests import make_author, make_repository

OVER, OPEN = NOW - timedelta(days=1), NOW + timedelta(days=1)


def _row(state: EscapeState = EscapeState.CLEAN, **fields: Any) -> Row:
    weight = 1.0 if state in (EscapeState.CONFIRMED, EscapeState.PROBABLE) else 0.0
    values = {
        "due_at": OVER, "defects": int(weight), "weight": weight, "ai_class": AiClass.AI, "ai_lines": 100,
        "repository": 1, "size": 2,
    }  # fmt: skip
    return Row(state, **{**values, **fields})


def _of(n: int, k: int, **fields: Any) -> list[Row]:
    return [_row(EscapeState.PROBABLE, **fields)] * k + [_row(**fields)] * (n - k)


def test_the_worked_example() -> None:
    """40 AI-assisted pull requests whose 30 days are over, 5 with a counted defect, 2 with a possible one."""
    rows = [
        *_of(38, 5), *[_row(EscapeState.POSSIBLE)] * 2, *[_row(EscapeState.PENDING, due_at=OPEN)] * 3,
        *_of(30, 2, ai_class=AiClass.HUMAN), *_of(9, 1, ai_class=AiClass.UNKNOWN),
    ]  # fmt: skip
    found = rate(rows, NOW)
    assert (found.k, found.n, found.pending, found.possible) == (5, 40, 3, 2)
    assert found.value == 0.125
    assert found.interval is not None
    assert (round(found.interval.low, 4), round(found.interval.high, 4)) == (0.0546, 0.2611)
    assert found.per_lines is not None
    # 5 defects in 4,000 lines; Garwood of 5: 1.6235 to 11.668 (PULLS.md 3.3).
    assert found.per_lines.value == 1.25
    assert found.per_lines.interval.low == pytest.approx(1.6235 / 4, abs=1e-3)
    assert found.per_lines.interval.high == pytest.approx(11.668 / 4, abs=1e-3)
    assert found.is_enough
    assert found.control is None


def test_the_metric_is_found_by_its_slug() -> None:
    assert METRIC in all_metrics()


@pytest.mark.parametrize("state", [EscapeState.CONFIRMED, EscapeState.PROBABLE])
def test_a_defect_in_an_open_window_is_pending_all_the_same(state: EscapeState) -> None:
    """Else young pull requests would be counted only where they failed."""
    found = rate([_row(state, due_at=OPEN)], NOW)
    assert (found.k, found.n, found.pending, found.value, found.interval) == (0, 0, 1, None, None)


def test_a_window_that_is_over_counts_before_the_daily_task_came_by() -> None:
    assert rate([_row(EscapeState.PENDING)], NOW).n == 1


def test_nineteen_are_too_few_to_judge_and_none_is_not_zero() -> None:
    assert not rate(_of(19, 0), NOW).is_enough
    assert rate(_of(20, 0), NOW).is_enough
    nothing = rate([], NOW)
    assert (nothing.value, nothing.per_lines, nothing.control) == (None, None, None)


def test_lines_that_nobody_attributed_are_in_neither_part_of_the_ratio() -> None:
    found = rate([*_of(10, 1), *_of(10, 4, ai_lines=None)], NOW)
    assert found.per_lines is not None
    assert (found.per_lines.defects, found.per_lines.lines) == (1, 1000)


def test_shared_defects_get_an_interval_by_drawing_pull_requests_anew() -> None:
    rows = [*_of(48, 3), *[_row(EscapeState.CONFIRMED, weight=0.5)] * 3]
    found = [rate(rows, NOW).per_lines for _ in range(2)]
    assert found[0] == found[1]
    assert found[0] is not None
    assert found[0].defects == 4.5
    assert found[0].interval.low < found[0].value < found[0].interval.high


@pytest.mark.parametrize(
    ("ai", "human", "is_shown"), [((30, 5), (30, 5), True), ((29, 5), (30, 5), False), ((30, 5), (30, 4), False)]
)
def test_a_control_needs_thirty_and_five_on_both_sides(
    ai: tuple[int, int], human: tuple[int, int], is_shown: bool
) -> None:
    rows = [*_of(*ai), *_of(*human, ai_class=AiClass.HUMAN)]
    assert (rate(rows, NOW).control is not None) == is_shown


def test_the_control_compares_within_repository_and_size() -> None:
    """Large ones fail alike in both arms, and AI has more of them: the crude ratio of 1.9 is none within sizes."""
    rows = [
        *_of(20, 2, size=1), *_of(80, 32, size=4),
        *_of(80, 8, size=1, ai_class=AiClass.HUMAN), *_of(20, 8, size=4, ai_class=AiClass.HUMAN),
        *_of(9, 9, repository=2),
    ]  # fmt: skip
    found = rate(rows, NOW).control
    assert found is not None
    assert found.ratio.value == pytest.approx(1.0)
    assert found.ratio.low < 1 < found.ratio.high
    assert (found.ai, found.human) == ((43, 109), (16, 100))


# --- from rows -------------------------------------------------------------------------------------------------------


def _rate_of(shop: Shop, organization: Organization, at: float, **narrowed: Any) -> Rate:
    return rate(rows_of(organization.id, day(0), day(100), **narrowed), day(at))


@pytest.mark.django_db
def test_the_clock_alone_changes_the_rate(acme: Organization) -> None:
    """Day 30 passes without a word from anybody."""
    with tenant(acme.id):
        shop = Shop(make_repository(acme))
        shop.lands(1, 10, added(), ai_class=AiClass.AI, ai_lines=10)
        shop.lands(2, 10, added("shop/other.py"), ai_class=AiClass.AI, ai_lines=30)
        shop.lands(3, 15, replaced(1), stated={"reverts_shas": [sha_of_merge(1)]})
        shop.judge(now=day(39.9))
        before = _rate_of(shop, acme, 39.9)
        assert (before.k, before.n, before.pending) == (0, 0, 2)
        escapes.mature(acme.id, now=day(40))
        after = _rate_of(shop, acme, 40)
        assert (after.k, after.n, after.pending, after.expected) == (1, 2, 0, 1.0)
        assert after.per_lines is not None
        assert after.per_lines.value == 25.0
        ninety = rate(rows_of(acme.id, day(0), day(100), horizon_days=90), day(40), horizon_days=90)
        assert (ninety.n, ninety.pending) == (0, 2)


@pytest.mark.django_db
def test_rejected_and_possible_links_are_expected_by_their_probability_or_not_at_all(acme: Organization) -> None:
    with tenant(acme.id):
        shop = Shop(make_repository(acme))
        shop.lands(1, 10, added(), ai_class=AiClass.AI)
        shop.fixes(2, 12, replaced(1))
        shop.fixes(3, 13, replaced(2))
        shop.judge()
        assert _rate_of(shop, acme, 90).expected == pytest.approx(2 * 0.71)
        link = shop.repository.defects.get(key="pull:3").links.get()
        link.decision = Verdict.REJECTED
        link.save()
        assert _rate_of(shop, acme, 90).expected == pytest.approx(0.71)


@pytest.mark.django_db
def test_bots_are_left_out_and_people_and_repositories_narrow_it(acme: Organization) -> None:
    with tenant(acme.id):
        shop = Shop(make_repository(acme))
        author = make_author(acme)
        shop.lands(1, 10, added(), ai_class=AiClass.AI, author=author)
        shop.lands(2, 10, added("b.py"), ai_class=AiClass.AI)
        shop.lands(3, 10, added("c.py"), ai_class=AiClass.BOT, is_bot=True)
        shop.judge()
        assert len(rows_of(acme.id, day(0), day(100))) == 2
        assert len(rows_of(acme.id, day(0), day(100), people=[author.contributor_id])) == 1
        assert rows_of(acme.id, day(0), day(100), repositories=[]) == []
        assert rows_of(acme.id, day(0), day(10)) == []
