import csv
import io

import pytest

from codecard.lib.tables import csv_lines


def read(*rows: list[object]) -> list[list[str]]:
    text = "".join(csv_lines(["a", "b"], rows))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_is_written_line_by_line() -> None:
    lines = csv_lines(["a"], ([number] for number in range(3)))
    assert next(lines) == "\ufeffa\r\n"
    assert list(lines) == ["0\r\n", "1\r\n", "2\r\n"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    ((told, number),) = read([f"{start}cmd|' /C calc'!A0", -5])[1:]
    assert told == f"'{start}cmd|' /C calc'!A0"
    assert number == "-5"


def test_signs_lines_and_nothing_come_through() -> None:
    assert read(['say "hi", a\nb', None]) == [["a", "b"], ['say "hi", a\nb', ""]]
