import pytest

from codecard.lib import reading
from codecard.lib.formats import NBSP, Unit
from codecard.lib.reading import Amount, Band, Reading

HEALTHY = Band(0.25, 0.60)


@pytest.mark.parametrize(
    ("value", "word"),
    [(0.24, "Below range"), (0.25, "In range"), (0.60, "In range"), (0.61, "Above range")],
)
def test_the_ends_of_a_range_are_healthy(value: float, word: str) -> None:
    assert Reading(value=value, n=500, band=HEALTHY).verdict.word == word


def test_too_few_is_an_answer_and_comes_before_any_verdict() -> None:
    few = Reading(value=0.9, previous=0.4, n=12, band=HEALTHY, is_few=True)
    assert few.verdict is reading.TOO_FEW
    assert few.delta is None


def test_withheld_no_data_and_no_range_are_told_apart() -> None:
    assert Reading(value=None, is_withheld=True, band=HEALTHY).verdict is reading.WITHHELD
    assert Reading(value=None, band=HEALTHY).verdict is reading.NO_DATA
    assert Reading(value=0.4, n=500).verdict is reading.NO_RANGE


@pytest.mark.parametrize(
    ("band", "unit", "text"),
    [
        (HEALTHY, Unit.SHARE, "25–60%"),
        (Band(0.6, None), Unit.SHARE, f"≥{NBSP}60%"),
        (Band(None, 600), Unit.DURATION, f"≤{NBSP}10m"),
        (Band(60, 3600), Unit.DURATION, f"1m – 1{NBSP}h"),
        (Band(), Unit.SHARE, "not set"),
    ],
)
def test_a_range_is_said_in_words(band: Band, unit: Unit, text: str) -> None:
    assert band.text(unit) == text


def test_the_description_holds_everything_the_ruler_draws() -> None:
    described = Reading(value=0.418, n=12_480, band=HEALTHY, previous=0.389, interval=(0.409, 0.427)).description
    assert described == "41.8%, in range, healthy range 25–60%, period before 38.9%, 95% interval 40.9% to 42.7%"


def test_a_withheld_reading_describes_no_number() -> None:
    assert Reading(value=None, is_withheld=True, n=3).description == "Withheld"


def test_shares_change_by_points_and_amounts_by_percent() -> None:
    assert reading.delta(0.418, 0.389, Unit.SHARE) == reading.Delta("up", f"2.9{NBSP}pts")
    assert reading.delta(431, 402, Unit.COUNT) == reading.Delta("up", "7%")
    assert reading.delta(300, 400, Unit.COUNT) == reading.Delta("down", "25%")


def test_a_change_too_small_to_print_is_called_unchanged() -> None:
    assert reading.delta(0.4180, 0.4181, Unit.SHARE) == reading.Delta("same", "unchanged")
    assert reading.delta(10_000, 10_001, Unit.COUNT).direction == "same"


def test_a_change_from_nothing_is_the_amount_itself() -> None:
    assert reading.delta(12, 0, Unit.COUNT) == reading.Delta("up", "12")
    assert reading.delta(0, 0, Unit.COUNT).direction == "same"


def test_a_tenfold_change_is_said_as_a_multiple() -> None:
    assert reading.delta(1_300, 100, Unit.COUNT) == reading.Delta("up", f"13{NBSP}times")


def test_an_unknown_amount_has_no_change_and_prints_no_zero() -> None:
    unknown = Amount(value=None, previous=5)
    assert unknown.delta is None
    assert unknown.text == "–"
