from pathlib import Path

import pytest

from codecard.local.terminal import Tail, for_people, last_lines


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"level": "INFO", "message": "GET /"}', ""),
        ('{"level": "WARNING", "message": "slow"}', ""),
        ('{"level": "ERROR", "message": "broke", "exc": "Traceback"}', "ERROR broke\nTraceback"),
        ("[INFO] Started worker-1", ""),
        ("Your sign-in code is 123456", "Your sign-in code is 123456"),
        ("{not json", "{not json"),
        ("17", "17"),
    ],
)
def test_errors_and_mails_are_for_people_and_routine_is_not(line: str, shown: str) -> None:
    assert for_people(line) == shown


def test_only_what_is_new_and_complete_is_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "web.log"
    log.write_text("of the last run\n")
    tail = Tail(log)
    with log.open("a") as file:
        file.write("first\nhalf")
    tail.show_new()
    with log.open("a") as file:
        file.write(" done\n")
    tail.show_new()
    assert capfd.readouterr().out == "first\nhalf done\n"


def test_the_end_of_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none.log") == ""
