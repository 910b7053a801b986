from datetime import date, timedelta

import pytest

from codecard.lib.reading import Reading
from events.dashboards import figures
from events.dashboards.figures import OpenWeek, Share, Span
from events.queries.team import Measure, Week

FIRST = date(2026, 5, 4)
EVERYTHING = frozenset(Measure)


def _week(number: int = 0, *, open_for: frozenset[Measure] = EVERYTHING, people: int = 5, **sums: int) -> OpenWeek:
    week = Week(people={Measure.ANYTHING: frozenset(range(people))})
    week.sums.update(sums)
    return OpenWeek(FIRST + timedelta(weeks=number), week, open_for)


def test_a_total_leaves_closed_weeks_out() -> None:
    weeks = [_week(prompts=3), _week(prompts=40, open_for=frozenset({Measure.ANYTHING}))]
    assert figures.total(weeks, Measure.PROMPTS, "prompts") == 3


def test_a_total_of_nothing_is_not_nought() -> None:
    assert figures.total([], Measure.PROMPTS, "prompts") is None
    assert figures.total([_week(people=0)], Measure.PROMPTS, "prompts") is None
    assert figures.total([_week()], Measure.PROMPTS, "prompts") == 0


def test_sums_are_not_compared_where_a_week_is_missing_on_either_side() -> None:
    closed = _week(open_for=frozenset())
    assert Span([_week()], [_week()]).is_comparable(Measure.PROMPTS)
    assert not Span([_week()], [closed]).is_comparable(Measure.PROMPTS)
    assert not Span([closed], [_week()]).is_comparable(Measure.PROMPTS)
    assert not Span([_week()], [_week(people=0)]).is_comparable(Measure.PROMPTS)
    assert not Span([_week()], None).is_comparable(Measure.PROMPTS)


def test_acceptance_is_of_decisions_that_people_made() -> None:
    reading = figures.acceptance(Span([_week(accepted=60, rejected=60, auto_accepted=900)], None))
    assert (reading.value, reading.n) == (0.5, 120)
    assert reading.previous is None


def test_a_change_is_real_only_where_the_interval_of_the_difference_leaves_out_nought() -> None:
    now = Share(600, 1000, 1.0)
    assert figures.share_reading(now, Share(400, 1000, 1.0)).is_real_change is True
    assert figures.share_reading(now, Share(590, 1000, 1.0)).is_real_change is False
    assert figures.share_reading(now, Share(400, 1000, 50.0)).is_real_change is False


def test_few_decisions_are_neither_judged_nor_compared() -> None:
    few, many = Share(30, 99, 1.0), Share(300, 1000, 1.0)
    assert figures.share_reading(few, many).is_few
    assert figures.share_reading(few, many).previous is None
    assert figures.share_reading(many, few).previous is None
    assert not figures.share_reading(many, few).is_few


def test_alike_decisions_widen_the_interval() -> None:
    narrow, wide = (figures.share_reading(Share(500, 1000, effect), None).interval for effect in (1.0, 9.0))
    assert narrow
    assert wide
    assert wide[1] - wide[0] == pytest.approx(3 * (narrow[1] - narrow[0]), rel=0.02)


def test_no_decision_is_no_data_and_closed_ones_are_withheld() -> None:
    assert figures.share_reading(Share(0, 0, 1.0), None) == Reading(value=None, band=figures.ACCEPTANCE_BAND)
    assert figures.acceptance(Span([_week(accepted=5, open_for=frozenset({Measure.ANYTHING}))], None)).is_withheld


def test_active_people_are_counted_once_over_the_weeks() -> None:
    reading = figures.active(Span([_week(people=5), _week(1, people=6)], [_week(people=5)]), members=10)
    assert (reading.value, reading.previous) == (0.6, 0.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (None, "of 120 decisions"),
        (True, "of 120 decisions, probably a real change"),
        (False, "of 120 decisions, no clear change"),
    ],
)
def test_the_note_says_what_may_be_said_of_the_change(change: bool | None, words: str) -> None:
    note = figures.note(Reading(value=0.5, n=120, is_real_change=change))
    assert note.replace("\u00a0", " ") == words
