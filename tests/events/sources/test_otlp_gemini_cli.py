"""A working day of Gemini CLI 0.61.0, headless with --yolo: records, cumulative counters, and the same as deltas."""

import json
from typing import Any

import pytest

from events.schema import Activity, Edit, Prompt, Response, Suggestion
from events.sources._base import DataPoint, Invalid, Parsed, Record
from events.sources.otlp_gemini_cli import LOGS, METRICS, GeminiCli
from tests.events.sources._totals import CONTEXT, events, read, totals

GEMINI = GeminiCli()
RESOURCE = {"service.name": "gemini-cli", "service.version": "v20.20.2", "session.id": "s1"}
CALLS = {
    ("Response", "gemini-2.5-pro", "requests"): 10,
    ("Response", "gemini-2.5-pro", "input_tokens"): 32685 - 32500,
    ("Response", "gemini-2.5-pro", "cache_read_tokens"): 32500,
    ("Response", "gemini-2.5-pro", "output_tokens"): 1975 + 145,
    ("Response", "gemini-2.5-pro", "reasoning_tokens"): 145,
    ("Response", "gemini-2.5-flash", "requests"): 10,
    ("Response", "gemini-2.5-flash", "input_tokens"): 62745 - 62500,
    ("Response", "gemini-2.5-flash", "cache_read_tokens"): 62500,
    ("Response", "gemini-2.5-flash", "output_tokens"): 2755 + 205,
    ("Response", "gemini-2.5-flash", "reasoning_tokens"): 205,
    ("Activity", None, "lines_added"): 32,
    ("Activity", None, "lines_removed"): 3,
    ("Suggestion", None, "count"): 7,
}


def record(name: str, **attributes: Any) -> Record:
    when = {"event.timestamp": "2026-11-22T23:19:16.781Z", "session.id": "s1", "interactive": True}
    return Record(RESOURCE, "gemini-cli", name, 1795389556781000000, 0, when | attributes)


def told(name: str, **attributes: Any) -> Parsed:
    parsed = Parsed()
    GEMINI.log(record(name, **attributes), parsed, CONTEXT)
    return parsed


def edit(decision: str, *, success: bool = True, interactive: bool = True, **metadata: int) -> Parsed:
    return told(
        "gemini_cli.tool_call", function_name="replace", decision=decision, success=success, interactive=interactive,
        metadata=json.dumps(metadata),
    )  # fmt: skip


def point(name: str, value: float, *, is_cumulative: bool = False, **attributes: Any) -> DataPoint:
    return DataPoint(
        RESOURCE, "gemini-cli", name, "sum", is_cumulative, 1795389550_000000000, 1795389560_000000000, value, 0,
        {"session.id": "s1", "interactive": True} | attributes,
    )  # fmt: skip


def counted(*points: DataPoint) -> Parsed:
    parsed = Parsed()
    for one in points:
        GEMINI.point(one, parsed, CONTEXT)
    return parsed


def test_records_tell_a_working_day_exactly() -> None:
    found = totals(read("gemini-cli/working-day", "logs"))["gemini_cli.logs"]
    lines = {("Suggestion", None, "lines_added"): 32, ("Suggestion", None, "lines_removed"): 3}
    assert found == CALLS | lines


@pytest.mark.parametrize("name", ["gemini-cli/working-day", "gemini-cli/working-day-delta"])
def test_counters_tell_the_same_whether_cumulative_or_delta(name: str) -> None:
    assert totals(read(name, "metrics"))["gemini_cli.metrics"] == CALLS


def test_each_kind_counts_once_by_the_better_ranked_channel() -> None:
    assert {LOGS.rank_of(kind) for kind in (Response.number, Suggestion.number, Activity.number)} == {10}
    assert {METRICS.rank_of(kind) for kind in (Response.number, Suggestion.number, Activity.number)} == {20}


def test_both_channels_tell_the_same_sessions() -> None:
    logs, metrics = read("gemini-cli/working-day", "logs"), read("gemini-cli/working-day-delta", "metrics")
    sessions = {event.session for event in events(logs, Response)}
    assert len(sessions) == 4
    assert {event.session for event in metrics.events()} == sessions


def test_deltas_told_again_have_the_same_ids_and_no_two_the_same() -> None:
    ids = [{(event.id, event.at) for event in read("gemini-cli/working-day-delta", "metrics").events()} for _ in "ab"]
    assert ids[0] == ids[1]
    assert len(ids[0]) == len(list(read("gemini-cli/working-day-delta", "metrics").events()))


def test_prompts_of_one_headless_session_differ_though_their_prompt_id_does_not() -> None:
    prompts = events(read("gemini-cli/working-day", "logs"), Prompt)
    assert len({prompt.id for prompt in prompts}) == len(prompts) == 6


def test_nothing_of_the_command_line_or_the_answers_is_kept() -> None:
    for signal in ("logs", "metrics", "traces"):
        assert "lorem" not in repr(read("gemini-cli/working-day", signal))


def test_the_version_of_node_is_not_that_of_the_tool() -> None:
    assert {event.tool_version for event in read("gemini-cli/working-day", "logs").events()} == {None}


def test_headless_decisions_are_a_rules() -> None:
    decided_by = {event.decided_by for event in events(read("gemini-cli/working-day", "logs"), Suggestion)}  # type: ignore[union-attr]
    assert decided_by == {"rule"}


@pytest.mark.parametrize(
    ("decision", "interactive", "expected"),
    [
        ("accept", True, ("accepted", "person", False)),
        ("modify", True, ("accepted", "person", True)),
        ("reject", True, ("rejected", "person", False)),
        ("auto_accept", True, ("accepted", "rule", False)),
        ("Accept", False, ("accepted", "rule", False)),
        ("reject", False, ("rejected", "rule", False)),
    ],
)
def test_a_decision_is_a_persons_where_one_was_asked(
    decision: str, interactive: bool, expected: tuple[str, str, bool]
) -> None:
    [event] = events(edit(decision, interactive=interactive), Suggestion)
    assert isinstance(event, Suggestion)
    assert (event.outcome, event.decided_by, event.modified) == expected


def test_a_modified_proposal_tells_how_much_was_rewritten_and_whose_lines_are_whose() -> None:
    parsed = edit(
        "modify", model_added_lines=10, model_added_chars=100, user_added_lines=3, user_removed_lines=2,
        user_added_chars=30, user_removed_chars=20,
    )  # fmt: skip
    [distance] = events(parsed, Edit)
    assert isinstance(distance, Edit)
    assert distance.distance == pytest.approx((30 + 20) / (100 + 80 + 30))
    assert (distance.horizon, distance.lines, distance.lines_kept) == ("minutes", 10, 8)
    origins = {event.origin: event.lines_added for event in events(parsed, Activity) if isinstance(event, Activity)}
    assert origins == {"ai": 10, "human": 3}


def test_a_proposal_that_was_rewritten_from_scratch_has_distance_one() -> None:
    parsed = edit("modify", model_added_chars=50, user_added_chars=50, user_removed_chars=50)
    assert [event.distance for event in events(parsed, Edit) if isinstance(event, Edit)] == [1.0]


def test_a_modification_of_unknown_size_has_no_distance() -> None:
    assert not events(edit("modify"), Edit)


def test_a_rejected_proposal_changes_no_lines() -> None:
    parsed = edit("reject", success=False, model_added_lines=10)
    assert not events(parsed, Activity)
    assert len(events(parsed, Suggestion)) == 1


@pytest.mark.parametrize("metadata", ["", "{", "[]", "5", '"x"', "null", None, 7, "\ud800"])
def test_metadata_that_cannot_be_read_leaves_the_decision(metadata: object) -> None:
    parsed = told(
        "gemini_cli.tool_call", function_name="write_file", decision="accept", success=True, metadata=metadata
    )
    assert len(list(parsed.events())) == 1


@pytest.mark.parametrize("lines", [-1, 1.5, 10**12, "many", True, None])
def test_lines_that_are_no_count_refuse_the_record(lines: object) -> None:
    metadata = json.dumps({"model_added_lines": lines})
    if lines is None:
        assert told("gemini_cli.tool_call", function_name="replace", decision="accept", metadata=metadata).groups
        return
    with pytest.raises(Invalid, match="model_added_lines"):
        told("gemini_cli.tool_call", function_name="replace", decision="accept", metadata=metadata)


@pytest.mark.parametrize(
    ("function", "decision", "success"),
    [
        ("run_shell_command", "accept", True),
        ("replace", "accept", False),
        ("replace", None, True),
        ("replace", "?", True),
    ],
)
def test_other_tools_failed_edits_and_calls_without_decision_are_no_suggestion(
    function: str, decision: str | None, success: bool
) -> None:
    told_call: dict[str, Any] = {"function_name": function, "decision": decision, "success": success}
    parsed = told("gemini_cli.tool_call", **told_call)
    assert not list(parsed.events())
    assert parsed.ignored["gemini-cli", "logs", "gemini_cli.tool_call"] == 1
    assert not counted(point("gemini_cli.tool.call.count", 1, **told_call)).groups


def test_tokens_for_tools_are_input_that_the_prompt_does_not_hold() -> None:
    tokens = {"input_token_count": 100, "cached_content_token_count": 60, "tool_token_count": 7}
    [event] = told("gemini_cli.api_response", model="gemini-2.5-pro", **tokens).events()
    assert isinstance(event, Response)
    assert event.input_tokens == 47
    usage: dict[str, Any] = {"model": "gemini-2.5-pro"}
    counters = counted(
        point("gemini_cli.token.usage", 60, type="cache", **usage),
        point("gemini_cli.token.usage", 100, type="input", **usage),
        point("gemini_cli.token.usage", 7, type="tool", **usage),
    )
    assert totals(counters)["gemini_cli.metrics"]["Response", "gemini-2.5-pro", "input_tokens"] == 47


def test_the_cached_part_is_taken_away_in_whichever_order_it_is_told() -> None:
    whole = point("gemini_cli.token.usage", 100, is_cumulative=True, type="input", model="m")
    part = point("gemini_cli.token.usage", 60, is_cumulative=True, type="cache", model="m")
    other = point("gemini_cli.token.usage", 30, is_cumulative=True, type="cache", model="n")
    for order in ((whole, part, other), (other, part, whole)):
        assert totals(counted(*order))["gemini_cli.metrics"]["Response", "m", "input_tokens"] == 40


def test_two_exports_in_one_body_are_paired_in_their_order() -> None:
    told_twice = [
        point("gemini_cli.token.usage", value, is_cumulative=True, type=kind, model="m")._replace(time_ns=time_ns)
        for time_ns, kind, value in ((1, "input", 100), (1, "cache", 60), (2, "input", 250), (2, "cache", 190))
    ]
    parsed = counted(*told_twice)
    [points] = parsed.points.values()
    assert [one.value for one in points if one.counter == "input_tokens"] == [40, 60]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e30])
def test_a_value_that_cannot_be_counted_refuses_the_point(value: float) -> None:
    for is_cumulative in (True, False):
        with pytest.raises(Invalid):
            counted(point("gemini_cli.lines.changed", value, is_cumulative=is_cumulative, type="added"))


def test_a_delta_of_zero_is_left_out_and_a_running_total_of_zero_is_not() -> None:
    assert not list(counted(point("gemini_cli.lines.changed", 0, type="added")).events())
    assert counted(point("gemini_cli.lines.changed", 0, is_cumulative=True, type="added")).points


def test_failed_requests_are_not_counted_though_told_twice() -> None:
    failed: dict[str, Any] = {"model": "m", "status_code": 529}
    parsed = counted(
        point("gemini_cli.api.request.count", 2, **failed),
        point("gemini_cli.api.request.count", 2, error_type="ApiError", **failed),
        point("gemini_cli.api.request.count", 3, model="m", status_code=200),
    )
    assert totals(parsed)["gemini_cli.metrics"] == {("Response", "m", "requests"): 3}


def test_the_second_and_third_telling_of_a_call_are_ignored() -> None:
    assert told("gen_ai.client.inference.operation.details").ignored
    assert counted(point("gen_ai.client.token.usage", 1)).ignored


def test_new_names_and_types_are_shown_as_unknown() -> None:
    assert told("gemini_cli.dream").unknown == {("gemini-cli", "logs", "gemini_cli.dream"): 1}
    for new in (point("gemini_cli.dream", 1), point("gemini_cli.token.usage", 1, type="dream")):
        assert sum(counted(new).unknown.values()) == 1


def test_set_up_puts_the_key_into_the_address_and_turns_prompts_off() -> None:
    [settings, *_] = GEMINI.steps("https://cards.example.com/otlp", "cci_key")
    telemetry = json.loads(settings.code)["telemetry"]
    assert telemetry["otlpEndpoint"] == "https://cards.example.com/otlp/k/cci_key"
    assert telemetry["logPrompts"] is False
    assert telemetry["otlpProtocol"] == "http"
