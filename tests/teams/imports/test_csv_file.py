import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.imports.csv_file import MOST_LINES, ImportRefusedError, read
from teams.imports.lines import Line, TeamName, as_data, from_data

HEAD = "team,parent,email,github,lead\n"


def lines(text: str) -> list[Line]:
    source = read(text.encode(), "teams.csv")
    assert source.problems == []
    return source.lines


def problems(text: str) -> list[tuple[int, str]]:
    return [(problem.number, problem.text) for problem in read((HEAD + text).encode(), "teams.csv").problems]


def refusal(raw: bytes) -> str:
    with pytest.raises(ImportRefusedError) as refused:
        read(raw, "teams.csv")
    return str(refused.value)


def test_a_line_is_a_team_and_maybe_a_person() -> None:
    assert lines(HEAD + "Payments,Platform,Mara@Example.COM,,yes\nOps,,,@Octo-Lin,\n\nEmpty,,,,\n") == [
        Line(2, TeamName("Payments"), TeamName("Platform"), "mara@example.com", "", True),
        Line(3, TeamName("Ops"), None, "", "octo-lin", None),
        Line(5, TeamName("Empty")),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_spreadsheets_write_in_many_ways(delimiter: str, encoding: str, end: str) -> None:
    text = end.join([delimiter.join(["Team", "E-Mail"]), delimiter.join(['"Zahlung,; ""Süd"""', "a@x.example"])])
    source = read(text.encode(encoding), "x.csv")
    assert source.lines == [Line(2, TeamName('Zahlung,; "Süd"'), email="a@x.example")]
    assert len(source.notes) == (encoding == "cp1252")


def test_only_the_columns_that_are_needed_are_asked_for() -> None:
    source = read(b"email,Notes,team\na@x.example,hello,Ops\n", "x.csv")
    assert source.lines == [Line(2, TeamName("Ops"), email="a@x.example")]
    assert source.notes == ["1\u00a0column is not used: notes."]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (",,a@x.example,,", "The column team is empty."),
        ("=cmd|'/c calc'!A1,,,,", "begins like a formula"),
        ("+1,,,,", "begins like a formula"),
        ("@SUM(A1),,,,", "begins like a formula"),
        ("-2+3,,,,", "begins like a formula"),
        ("Ops,=1+1,,,", "begins like a formula"),
        ("x" * 151 + ",,,,", "longer than 150"),
        ("Op\u202es,,,,", "can't be seen"),
        ("Ops,,nobody,,", "“nobody” is no e-mail address."),
        ("Ops,,=a@x.example<script>,,", "is no e-mail address."),
        ("Ops,,,not a login,", "“not a login” is no login of GitHub."),
        ("Ops,,,-x,", "is no login of GitHub."),
        ("Ops,,a@x.example,,maybe", "The column lead says “maybe”: write yes or no."),
        ("Ops,,,,yes", "but not who"),
        ("Ops, EU,,a@x.example,,yes", "more cells than there are columns"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_its_number(line: str, words: str) -> None:
    found = problems(f"Fine,,,,\n{line}\n")
    assert [number for number, _ in found] == [3]
    assert words in found[0][1]


def test_a_line_is_numbered_as_an_editor_does() -> None:
    assert [number for number, _ in problems('"Two\nlines",,,,\n\n,,x,,\n')] == [5]


def test_markup_is_only_text() -> None:
    assert lines(HEAD + "<script>alert(1)</script>,,,,\n")[0].team.name == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "The file is empty."),
        (b" \r\n \n", "The file is empty."),
        (HEAD.encode(), "There are no lines below"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "This is no text file."),
        (b"PK\x03\x04\x14\x00\x06\x00", "This is no text file."),
        (b"\xff\xfe\x00", "This is no text file."),
        (b"team\n\x81\x8d\x8f\n", "encoding is not known"),
        (b"name,mail\nx,y\n", "The first line must name the columns"),
        (b"team,email,e-mail\nx,,\n", "The column email is there twice."),
        (b'team\n"Ops\nPay\n', "from line 2 on: a quotation mark is not closed."),
        (b'team\nOps\n"' + b"x" * 200_000 + b'"\n', "can't be read from line 3 on"),
        (b"team\n" + b"Ops\n" * (MOST_LINES + 1), "more than 5,000 lines"),
    ],
)
def test_what_is_no_such_file_is_refused_as_a_whole(raw: bytes, words: str) -> None:
    assert words in refusal(raw)


def test_five_thousand_lines_are_not_too_many() -> None:
    assert len(read(b"team\n" + b"Ops\n" * MOST_LINES, "x").lines) == MOST_LINES


def test_what_was_read_survives_the_wait_in_the_cache() -> None:
    source = read((HEAD + "Payments,Platform,a@x.example,octo,no\nOps,,,,\n=1,,,,").encode(), "x.csv")
    assert from_data(as_data(source)) == source


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for given_bytes in (raw, b"team,email,lead\n" + raw):
        try:
            source = read(given_bytes, "x")
        except ImportRefusedError:
            continue
        assert source.lines or source.problems


CELLS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20).filter(
    lambda text: text[0] not in "=+-@"
)


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_every_name_comes_back_as_it_was_written(names: list[str]) -> None:
    written = StringIO()
    csv.writer(written).writerows([["team"], *([name] for name in names)])
    assert [line.team.name for line in read(written.getvalue().encode(), "x").lines] == names
