import pytest

from teams.imports.lines import Line, Source, TeamName
from teams.imports.plan import Change, Plan, Snapshot, TeamThere, make_plan

THERE = Snapshot(
    teams=[TeamThere(1, "Platform", "platform", None, None), TeamThere(2, "Payments", "pay", 1, 77)],
    owners={("email", "a@x.example"): 10, ("github", "bobby"): 11},
    labels={10: "Ann", 11: "Bob"},
    members={(2, 10): False, (2, 11): True},
)
EMPTY = Snapshot([], {}, {}, {})


def plan(*lines: Line, there: Snapshot = THERE) -> Plan:
    return make_plan(Source("x", list(lines), [], []), there)


def line(number: int, team: str, parent: str = "", **fields: object) -> Line:
    return Line(number, TeamName(team), TeamName(parent) if parent else None, **fields)  # type: ignore[arg-type]


def changes(made: Plan) -> list[tuple[str, str]]:
    assert made.problems == []
    return [(change.kind, change.what) for change in made.changes]


def test_what_is_there_already_changes_nothing() -> None:
    made = plan(line(2, "payments", "PLATFORM", email="a@x.example"), line(3, "pay", github="bobby", is_lead=True))
    assert not made.changes
    assert not made.problems


def test_teams_and_people_who_are_new_are_made() -> None:
    made = plan(line(2, "Ops", "Platform", email="new@x.example", github="newbie", is_lead=True))
    assert made.changes == [
        Change("Create team", "Ops", "inside Platform"),
        Change("New person", "new", "known by new@x.example, newbie; nobody has signed in as them"),
        Change("Add to team", "new", "to Ops, as lead"),
    ]


def test_a_parent_that_is_not_there_is_made_too() -> None:
    assert changes(plan(line(2, "Ops", "Infra"))) == [("Create team", "Ops"), ("Create team", "Infra")]


def test_a_team_moves_and_an_empty_parent_leaves_it_where_it_is() -> None:
    assert changes(plan(line(2, "Payments", "Ops"))) == [("Move team", "Payments"), ("Create team", "Ops")]
    assert changes(plan(line(2, "Payments"))) == []


def test_marks_change_only_where_the_file_says_so() -> None:
    made = plan(line(2, "pay", email="a@x.example", is_lead=True), line(3, "pay", github="bobby", is_lead=False))
    assert changes(made) == [("Make lead", "Ann"), ("Make lead no more", "Bob")]


def test_a_second_name_of_a_known_person_becomes_theirs() -> None:
    assert changes(plan(line(2, "pay", email="a@x.example", github="ann-gh"))) == [("Add identity", "Ann")]


def test_lines_that_repeat_are_counted_and_those_that_contradict_are_wrong() -> None:
    same = line(2, "Ops", email="n@x.example", is_lead=True)
    assert plan(same, same._replace(number=3)).repeats == 1
    made = plan(same, same._replace(number=3, is_lead=False))
    assert [problem.number for problem in made.problems] == [3]
    made = plan(line(2, "Ops", "Platform"), line(3, "Ops", "pay"))
    assert made.problems[0].text == "“Ops” is in “Payments” here, and in “Platform” further up."


def test_two_teams_with_one_address_are_told_apart() -> None:
    made = plan(line(2, "Ops"), line(3, "Ops!"), line(4, "platform!", email="q@x.example"))
    assert [problem.number for problem in made.problems] == [3, 4]
    assert made.problems[0].text == "“Ops!” would have the address t/ops/, which is that of the team “Ops”."
    # A line that is wrong is not used at all: its person isn't made either.
    assert [change.kind for change in made.changes] == ["Create team"]


def test_two_people_are_not_made_one_by_the_way() -> None:
    made = plan(line(2, "Ops", email="a@x.example", github="bobby"))
    assert "those of two people, Ann and Bob: merge them first" in made.problems[0].text
    assert made.changes == []


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ([line(2, "A", "A")], [2]),
        ([line(2, "A", "B"), line(3, "B", "A")], [2, 3]),
        ([line(2, "A", "B"), line(3, "B", "C"), line(4, "C", "A"), line(5, "D", "A")], [2, 3, 4]),
        ([line(2, "Platform", "Payments")], [2]),  # which is inside it already
        ([line(2, "Platform", "Payments"), line(3, "Payments", "Ops")], []),  # which turns it round
    ],
)
def test_rings_are_found_with_all_that_make_them(lines: list[Line], wrong: list[int]) -> None:
    made = plan(*lines)
    assert [problem.number for problem in made.problems] == wrong
    assert all("inside" in problem.text for problem in made.problems)
    # What is left is no ring.
    for team in made.teams:
        seen = set()
        node = team
        while node.parent:
            assert node not in seen
            seen.add(node)
            node = node.parent


def test_github_s_id_decides_and_its_name_wins() -> None:
    renamed = Line(0, TeamName("Money", "money", 77))
    assert plan(renamed).changes == [Change("Rename team", "Payments", "to Money; its address stays t/pay/")]
    tied = Line(0, TeamName("Platform", "platform", 5))
    assert changes(plan(tied)) == [("Tie to GitHub", "Platform")]
    other = Line(0, TeamName("Pay", "pay", 99))
    assert "which is that of the team “Payments”" in plan(other).problems[0].text


def test_the_digest_names_what_would_change() -> None:
    lines = [line(2, "Ops", "Platform", email="n@x.example")]
    assert plan(*lines).digest == plan(*lines).digest
    moved = THERE._replace(owners={**THERE.owners, ("email", "n@x.example"): 11})
    assert plan(*lines).digest != plan(*lines, there=moved).digest
    assert plan(*lines).digest != plan(*lines, there=EMPTY).digest
