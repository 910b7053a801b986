import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.entering import entry_of
from codecard.lib.reading import Band

UNITS = ["share", "minutes", "duration", "money", "tokens", "count", "number", "points"]


@pytest.mark.parametrize(
    ("unit", "typed", "value"),
    [
        ("share", 57, 0.57), ("share", 60.5, 0.605), ("minutes", 10, 10), ("duration", 10, 600),
        ("money", 1.25, 1_250_000), ("tokens", 1500, 1500), ("points", -3, -3),
        ("number", 7.5, 7.5),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_value_in_the_unit_of_the_metric(unit: str, typed: float, value: float) -> None:
    assert entry_of(unit).value(typed) == value
    assert entry_of(unit).typed(value) == typed


@given(unit=st.sampled_from(UNITS), hundredths=st.integers(0, 10_000))
def test_what_was_typed_is_what_the_form_shows_again(unit: str, hundredths: int) -> None:
    entry, typed = entry_of(unit), hundredths / 100
    assert entry.typed(entry.value(typed)) == typed


@pytest.mark.parametrize(
    ("unit", "value", "is_plausible"),
    [
        ("share", 0.0, True), ("share", 1.0, True), ("share", 1.01, False), ("share", -0.01, False),
        ("duration", 600.0, True), ("minutes", -1.0, False), ("minutes", 600_000.0, False), ("points", -3.0, True),
        ("share", float("nan"), False), ("points", float("inf"), False),
    ],
)  # fmt: skip
def test_a_value_that_can_not_be_is_known(unit: str, value: float, is_plausible: bool) -> None:
    assert entry_of(unit).is_plausible(value) is is_plausible


@pytest.mark.parametrize(
    ("unit", "band", "text"),
    [
        ("share", Band(0.25, 0.6), "25–60%"), ("share", Band(0.605, None), "≥ 60.5%"),
        ("minutes", Band(None, 10), "≤ 10 minutes"), ("duration", Band(60, 3600), "1–60 minutes"),
        ("tokens", Band(None, 2500), "≤ 2,500 tokens"), ("count", Band(1, 10), "1–10"),
        ("points", Band(-3, 2), "-3–2 points"),
    ],
)  # fmt: skip
def test_a_range_reads_as_people_type_it(unit: str, band: Band, text: str) -> None:
    assert entry_of(unit).text(band).replace("\u00a0", " ") == text
