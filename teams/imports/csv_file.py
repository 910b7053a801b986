"""Teams and people from a CSV file, as spreadsheets write them."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from io import StringIO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from codecard.lib.formats import counted
from teams.identity_values import normalise
from teams.imports.github import LOGIN
from teams.imports.lines import Line, Problem, Source, TeamName
from teams.models import IdentityKind

MOST_BYTES = 2 * 1024 * 1024
MOST_LINES = 5_000
LONGEST_NAME = 150
_COLUMNS = {
    "team": "team",
    "parent": "parent",
    "parent team": "parent",
    "email": "email",
    "e-mail": "email",
    "e-mail address": "email",
    "email address": "email",
    "github": "github",
    "github login": "github",
    "lead": "lead",
}
_YES, _NO = {"yes", "y", "true", "1", "x"}, {"no", "n", "false", "0"}
# What a spreadsheet that opens an export of ours would run.
_FORMULA = re.compile(r"[=+\-@\t\r]")


class ImportRefusedError(ValueError):
    """The source as a whole can't be used. Says why in words."""


class _LineError(ValueError):
    pass


def read(raw: bytes, label: str) -> Source:
    """:raises ImportRefusedError: for what is no such file at all. What is wrong with single lines is listed."""
    text, notes = _decode(raw)
    rows = _rows(text)
    columns = _columns(next(rows, (1, []))[1], notes)
    lines: list[Line] = []
    problems: list[Problem] = []
    for count, (number, cells) in enumerate(rows, start=1):
        if count > MOST_LINES:
            raise ImportRefusedError(f"The file has more than {MOST_LINES:,} lines. Split it into several.")
        try:
            lines.append(_line(number, _cells(columns, cells)))
        except _LineError as error:
            problems.append(Problem(number, str(error)))
    if not lines and not problems:
        raise ImportRefusedError("There are no lines below the names of the columns.")
    return Source(_printable(label)[:100] or "a CSV file", lines, problems, notes)


def _decode(raw: bytes) -> tuple[str, list[str]]:
    if not raw.strip():
        raise ImportRefusedError("The file is empty.")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode("utf-16"), []
        except UnicodeDecodeError:
            pass
    if b"\x00" in raw:
        raise ImportRefusedError("This is no text file. Save the table as CSV (UTF-8), and choose that file.")
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252"), ["The file is not in UTF-8 and was read as Windows-1252: look at the umlauts."]
    except UnicodeDecodeError:
        raise ImportRefusedError("The file's encoding is not known. Save it as CSV (UTF-8).") from None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that isn't blank, with the number of the line it begins on."""
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins_on = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins_on, cells
            begins_on = reader.line_num + 1
    except csv.Error as error:
        why = "a quotation mark is not closed" if "end of data" in str(error) else f"it is no CSV ({error})"
        raise ImportRefusedError(f"The file can't be read from line {begins_on:,} on: {why}.") from None


def _columns(cells: list[str], notes: list[str]) -> list[str]:
    names = [" ".join(cell.lower().replace("_", " ").split()) for cell in cells]
    columns = [_COLUMNS.get(name, f"unknown {place}") for place, name in enumerate(names)]
    if "team" not in columns:
        raise ImportRefusedError(
            "The first line must name the columns: team, and for people email or github; parent and lead if you like."
        )
    known = [column for column in columns if not column.startswith("unknown")]
    if twice := next((column for column in known if known.count(column) > 1), None):
        raise ImportRefusedError(f"The column {twice} is there twice. Leave one of them out.")
    unread = [
        _printable(name)[:40] for name, column in zip(names, columns, strict=True) if column not in known and name
    ]
    if unread:
        listed = ", ".join(unread[:5])
        notes.append(f"{counted(len(unread), 'column is', 'columns are')} not used: {listed}.")
    return columns


def _cells(columns: list[str], cells: list[str]) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise _LineError("It has more cells than there are columns: put a name with a comma into quotation marks.")
    return dict(zip(columns, (cell.strip() for cell in cells), strict=False))


def _line(number: int, cells: dict[str, str]) -> Line:
    parent = _name(cells["parent"], "parent") if cells.get("parent") else None
    return Line(
        number,
        team=_name(cells.get("team", ""), "team"),
        parent=parent,
        email=_email(cells.get("email", "")),
        github=_github(cells.get("github", "")),
        is_lead=_lead(cells),
    )


def _name(cell: str, column: str) -> TeamName:
    name = " ".join(cell.split())
    if not name:
        raise _LineError(f"The column {column} is empty.")
    if _FORMULA.match(name):
        raise _LineError(
            f"“{_printable(name)[:40]}” begins like a formula: a spreadsheet that opens an export would run it."
        )
    if len(name) > LONGEST_NAME:
        raise _LineError(f"The name in {column} is longer than {LONGEST_NAME} letters.")
    if name != _printable(name):
        raise _LineError(f"The name in {column} holds signs that can't be seen.")
    return TeamName(name)


def _email(cell: str) -> str:
    if not cell:
        return ""
    value = normalise(IdentityKind.EMAIL, cell)
    try:
        validate_email(value)
    except ValidationError:
        raise _LineError(f"“{_printable(cell)[:60]}” is no e-mail address.") from None
    return value


def _github(cell: str) -> str:
    login = cell.removeprefix("@")
    if login and not re.fullmatch(LOGIN, login):
        raise _LineError(f"“{_printable(cell)[:60]}” is no login of GitHub.")
    return normalise(IdentityKind.GITHUB, login)


def _lead(cells: dict[str, str]) -> bool | None:
    cell = cells.get("lead", "").lower()
    if not cell:
        return None
    if cell not in _YES | _NO:
        raise _LineError(f"The column lead says “{_printable(cell)[:20]}”: write yes or no.")
    if not cells.get("email") and not cells.get("github"):
        raise _LineError("It says whether somebody leads, but not who: email and github are empty.")
    return cell in _YES


def _printable(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char)[0] != "C")
