"""The simulator without a database: the same twice, readable by the sources, and of the shape that was asked for."""

from collections import Counter
from datetime import date
from functools import cache
from itertools import chain, islice

import msgspec
import pytest

from events.schema import Event, Suggestion
from events.simulation import Body, Simulation, Totals, batches, trends
from events.simulation.people import DOMAIN, TEAMS, ZONES, cast
from events.simulation.work import works
from events.sources import code_card
from events.sources._base import Context, Parsed
from events.sources._otlp import parse

UNTIL = date(2026, 6, 1)
CONTEXT = Context(b"k" * 32)
SMALL = Simulation(seed=3, people=12, weeks=2, until=UNTIL)
DECODER = msgspec.json.Decoder(list[Event])


def parsed(body: Body) -> Parsed:
    if body.path == "/api/v1/events":
        return code_card.parse(body.data, body.content_type, CONTEXT)
    form = "json" if body.content_type == "application/json" else "protobuf"
    return parse(body.path.rpartition("/")[2], body.data, form, CONTEXT)  # type: ignore[arg-type]


def test_the_same_seed_sends_the_same_bytes() -> None:
    again = Simulation(seed=3, people=12, weeks=2, until=UNTIL)
    assert list(SMALL.bodies(0)) == list(again.bodies(0))


def test_a_week_does_not_depend_on_the_weeks_made_before_it() -> None:
    fresh = Simulation(seed=3, people=12, weeks=2, until=UNTIL)
    list(fresh.bodies(0))
    assert list(fresh.bodies(1)) == list(SMALL.bodies(1))


def test_another_seed_is_another_story() -> None:
    other = Simulation(seed=4, people=12, weeks=2, until=UNTIL)
    assert SMALL.meant(0).sessions.isdisjoint(other.meant(0).sessions)


def test_weeks_are_seven_days_each_and_end_before_the_day_given() -> None:
    days = [*SMALL.days(1), *SMALL.days(0)]
    assert days == sorted(set(days))
    assert len(days) == 14
    assert max(days) < UNTIL


@cache
def week_of_everybody() -> list[tuple[Body, Parsed]]:
    bodies = Simulation(seed=1, people=36, weeks=1, until=UNTIL).bodies(0)
    return [(body, parsed(body)) for body in bodies]


def test_the_sources_understand_every_word() -> None:
    seen = [found for _, found in week_of_everybody()]
    assert sum((found.unknown for found in seen), Counter()) == Counter()
    assert [item for found in seen for item in found.rejected] == []
    assert set(chain.from_iterable(found.ignored for found in seen)) <= {("codex", "logs", "codex.sse_event")}


def test_all_wires_are_spoken_in_json_and_protobuf() -> None:
    groups = chain.from_iterable([*found.groups, *found.points] for _, found in week_of_everybody())
    channels = {group.channel.name for group in groups}
    assert channels >= {
        *("claude_code.logs", "claude_code.metrics", "codex.logs", "gemini_cli.logs", "gemini_cli.metrics"),
        *("copilot.spans", "copilot.logs", "copilot.metrics", "code_card.api"),
    }
    assert {body.content_type for body, _ in week_of_everybody()} == {"application/json", "application/x-protobuf"}


def test_protobuf_says_the_same_as_json() -> None:
    person = next(person for person in SMALL.cast if person.is_binary and "claude-code" in person.tools)
    binary = [body for body in SMALL.bodies(0) if body.sender == person.sender and "protobuf" in body.content_type]
    assert binary
    totals = Totals()
    for body in binary:
        totals.add(parsed(body).events())
    meant = Totals()
    done = chain.from_iterable(works(3, person, day, 0) for day in SMALL.days(0))
    meant.add(chain.from_iterable(work.events for work in done if work.tool == "claude-code"))
    told = {by: count for by, count in totals.tokens.items() if by[0] == "claude-code"}
    assert told == meant.tokens
    assert totals.counts["claude-code", "lines_added"] == meant.counts["claude-code", "lines_added"] > 0


def test_nothing_told_belongs_to_anybody() -> None:
    for body in SMALL.bodies(0):
        for event in parsed(body).events():
            assert event.email is None or event.email.endswith(f"@{DOMAIN}")
            assert event.repository is None or event.repository.startswith("git.sample.invalid/")


def test_the_cast_has_every_role_zone_and_way_of_being_told() -> None:
    people = cast(20, 36)
    members = [person for person in people if person.is_member]
    assert len(members) == 36
    assert Counter(person.role for person in members) == {
        "owner": 1, "admin": 1, "lead": 4, "viewer": 1, "developer": 29,
    }  # fmt: skip
    assert {person.zone for person in members} == set(ZONES)
    assert {person.telling for person in people} == {"key", "email", "device"}
    assert {person.team for person in members if person.role == "lead"} == {team.slug for team in TEAMS}
    assert sum(person.is_bot for person in people) == 2
    assert sum(person.has_second_key for person in people) == 1
    assert len({person.name for person in people}) == len(people)


def test_large_casts_have_no_two_of_the_same_address() -> None:
    people = cast(1, 2_000, "email")
    assert len({person.email for person in people}) == 2_000


def acceptance(team: str, weeks_ago: int) -> float:
    people = [person for person in cast(20, 36) if person.team == team]
    simulation = Simulation(seed=20, people=36, weeks=26, until=UNTIL)
    done = chain.from_iterable(
        works(20, person, day, weeks_ago) for person in people for day in simulation.days(weeks_ago)
    )
    decided = [
        event for event in chain.from_iterable(work.events for work in done)
        if isinstance(event, Suggestion) and event.decided_by == "person"
    ]  # fmt: skip
    return sum(event.outcome == "accepted" for event in decided) / len(decided)


def average(team: str, weeks: range) -> float:
    return sum(acceptance(team, week) for week in weeks) / len(weeks)


def test_one_team_accepts_less_than_it_did_and_one_more() -> None:
    assert average("checkout", range(4)) < average("checkout", range(10, 14)) - 0.07
    assert average("platform", range(4)) > average("platform", range(14, 18)) + 0.06


def test_a_rule_decides_most_in_one_team() -> None:
    assert trends.habit_of("data", 3).automatic > 0.7
    assert all(trends.habit_of(team.slug, 3).automatic < 0.3 for team in TEAMS if team.slug != "data")


def test_work_rests_at_weekends_and_on_holidays() -> None:
    monday, sunday, christmas = date(2026, 5, 18), date(2026, 5, 17), date(2026, 12, 25)
    assert trends.attendance(monday) > 10 * trends.attendance(sunday)
    assert trends.attendance(monday) > 10 * trends.attendance(christmas)


def test_models_give_way_to_newer_ones() -> None:
    def share(model: str, weeks_ago: int) -> float:
        names, upto = trends.models_of("claude-code", weeks_ago)
        shares = dict(zip(names, (b - a for a, b in zip((0.0, *upto), upto, strict=False)), strict=True))
        return shares[model] / upto[-1]

    assert share("claude-sonnet-5-5", 25) < 0.02 < 0.5 < share("claude-sonnet-5-5", 0)


def test_more_events_a_day_mean_more_work() -> None:
    busy = Simulation(seed=3, people=12, weeks=1, until=UNTIL, pace=3.0)
    assert busy.meant(0).events > 1.8 * SMALL.meant(0).events


@pytest.mark.parametrize("events", [1, 999, 2_500])
def test_batches_hold_as_many_events_as_asked_for(events: int) -> None:
    sizes = [len(DECODER.decode(body)) for body in batches(1, events, people=12)]
    assert sum(sizes) == events
    assert all(size == 1_000 for size in sizes[:-1])


def test_batches_of_two_seeds_share_no_fact() -> None:
    first, second = ({event.id for event in DECODER.decode(next(batches(seed, 500)))} for seed in (1, 2))
    assert len(first) == len(second) == 500
    assert not first & second


def test_batches_go_on_as_long_as_one_likes() -> None:
    days = {event.at.date() for body in islice(batches(1, 10**9, people=12), 12) for event in DECODER.decode(body)}
    assert len(days) > 10
