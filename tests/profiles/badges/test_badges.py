"""Each badge by an example that earns it, and one that all but earns it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

import profiles.badges
from codecard.lib.icons import NAMES
from events.schema import TaskType
from profiles.badges import all_badges
from profiles.badges._base import Merged, Record

TODAY = date(2026, 6, 3)
FIRST = date(2026, 1, 5)
DAY = timedelta(days=1)


def pull(day: int = 0, **fields: object) -> Merged:
    on = FIRST + day * DAY
    base = Merged(on, None, None, on + 31 * DAY, changes_tests=False, is_reviewed=False, is_small=False)
    return base._replace(**fields)  # type: ignore[arg-type]


def record(**fields: object) -> Record:
    empty = {"active": frozenset(), "rest_days": frozenset(), "today": TODAY, "tools": {}, "tasks": {}, "merged": []}
    return Record(**{**empty, **fields})  # type: ignore[arg-type]


def ten(change: Callable[[int], dict[str, object]]) -> list[Merged]:
    return [pull(n, **change(n)) for n in range(10)]


def days(*numbers: int) -> frozenset[date]:
    return frozenset(FIRST + n * DAY for n in numbers)


KINDS = dict(zip(TaskType, (FIRST + n * DAY for n in (4, 3, 2, 1, 0)), strict=False))
CASES: dict[str, tuple[Record, date, Record]] = {
    "first-merge": (record(merged=[pull(3), pull(9)]), FIRST + 3 * DAY, record()),
    "thirty-days": (
        record(active=days(*range(30))), FIRST + 29 * DAY, record(active=days(*range(29), *range(30, 59))),
    ),
    "ten-first-runs": (
        record(merged=[pull(0, first_run="failed"), *ten(lambda n: {"first_run": "passed"}), pull(99)]),
        FIRST + 9 * DAY,
        record(merged=ten(lambda n: {"first_run": "failed" if n == 5 else "passed"}) * 1),
    ),
    "clean-quarter": (
        record(merged=ten(lambda n: {"escape": "clean"})), FIRST + 40 * DAY,
        record(merged=ten(lambda n: {"escape": "probable" if n == 4 else "clean"})),
    ),
    "five-kinds": (record(tasks=KINDS), FIRST + 4 * DAY, record(tasks=dict(list(KINDS.items())[:4]))),
    "three-tools": (
        record(tools={"codex": FIRST, "cursor": FIRST + 9 * DAY, "claude-code": FIRST + DAY}), FIRST + 9 * DAY,
        record(tools={"codex": FIRST, "cursor": FIRST}),
    ),
    "tests-come-along": (
        record(merged=ten(lambda n: {"changes_tests": n % 2 == 0})), FIRST + 9 * DAY,
        record(merged=ten(lambda n: {"changes_tests": n < 4})),
    ),
    "four-eyes": (
        record(merged=ten(lambda n: {"is_reviewed": True})), FIRST + 9 * DAY,
        record(merged=ten(lambda n: {"is_reviewed": n != 7})),
    ),
    "small-steps": (
        record(merged=ten(lambda n: {"is_small": n < 5})), FIRST + 9 * DAY,
        record(merged=ten(lambda n: {"is_small": n < 4})),
    ),
}  # fmt: skip


def test_every_badge_has_an_example() -> None:
    assert {badge.slug for badge in all_badges()} == CASES.keys()


@pytest.mark.parametrize("slug", CASES)
def test_a_badge_is_earned_on_its_day_and_not_by_almost_as_much(slug: str) -> None:
    badge = next(one for one in all_badges() if one.slug == slug)
    earns, on, misses = CASES[slug]
    earned = badge.judge(earns)
    assert earned
    assert earned.on == on
    assert badge.words(earned.evidence)
    assert badge.judge(misses) is None
    assert badge.judge(record()) is None
    assert badge.icon in NAMES
    assert badge.criterion.endswith(".")


def test_days_of_rest_break_no_streak_and_count_for_none() -> None:
    badge = next(one for one in all_badges() if one.slug == "thirty-days")
    weekdays = frozenset(day for day in days(*range(60)) if day.weekday() < 5)
    earned = badge.judge(record(active=weekdays, rest_days=frozenset({5, 6})))
    assert earned
    assert earned.on == FIRST + 39 * DAY
    assert badge.judge(record(active=weekdays)) is None


def test_ten_pull_requests_over_more_than_a_quarter_are_too_few() -> None:
    badge = next(one for one in all_badges() if one.slug == "four-eyes")
    spread = [pull(n * 11, is_reviewed=True) for n in range(10)]
    assert badge.judge(record(merged=spread)) is None


def test_a_window_that_is_still_open_earns_nothing_yet() -> None:
    badge = next(one for one in all_badges() if one.slug == "clean-quarter")
    merged = ten(lambda n: {"escape": "clean"})
    assert badge.judge(record(merged=merged, today=FIRST + 39 * DAY)) is None


def test_adding_a_badge_is_adding_a_file(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    source = (
        "from profiles.badges._base import Badge\n"
        "BADGE = Badge(slug='made-up', label='x', criterion='x.', icon='check', judge=lambda r: None, words=str)\n"
    )
    (tmp_path / "made_up.py").write_text(source)
    monkeypatch.setattr(profiles.badges, "__path__", [*profiles.badges.__path__, str(tmp_path)])
    all_badges.cache_clear()
    try:
        assert "made-up" in {badge.slug for badge in all_badges()}
    finally:
        all_badges.cache_clear()
