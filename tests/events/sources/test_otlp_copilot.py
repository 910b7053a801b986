"""A working day of Copilot CLI 1.0.102 (eight prompts, one failed), and what its chat in VS Code sends."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from events.schema import Activity, Edit, Kind, Prompt, Response, Suggestion
from events.sources._base import DataPoint, Invalid, Parsed, Record, Span
from events.sources.otlp_copilot import LOGS, METRICS, SPANS, Copilot
from tests.events.sources._totals import CONTEXT, events, read, totals

COPILOT = Copilot()
CLI = {"service.name": "github-copilot", "service.version": "1.0.102", "service.instance.id": "copilot-otel-58-0"}
VSCODE = {"service.name": "copilot-chat", "service.version": "0.41.0", "session.id": "window-1"}
TOKENS = {
    ("Response", "gpt-5.1", "input_tokens"): 600,
    ("Response", "gpt-5.1", "cache_read_tokens"): 150000,
    ("Response", "gpt-5.1", "output_tokens"): 6725,
    ("Response", "gpt-5.1", "reasoning_tokens"): 500,
}


def span(
    name: str, attributes: Mapping[str, Any], resource: Mapping[str, Any] = CLI, *, is_error: bool = False
) -> Parsed:
    parsed = Parsed()
    times = (1795390687_900000000, 1795390688_000000000)
    COPILOT.span(Span(resource, "github.copilot", name, "b7ad6b71", *times, is_error, attributes), parsed, CONTEXT)
    return parsed


def log(name: str, **attributes: Any) -> Parsed:
    parsed = Parsed()
    COPILOT.log(Record(VSCODE, "copilot-chat", f"copilot_chat.{name}", 1795390687, 0, attributes), parsed, CONTEXT)
    return parsed


def counted(
    name: str, value: float, attributes: Mapping[str, Any] | None = None, resource: Mapping[str, Any] = VSCODE
) -> Parsed:
    parsed = Parsed()
    point = DataPoint(resource, "copilot-chat", name, "sum", True, 1, 2, value, 0, attributes or {})
    COPILOT.point(point, parsed, CONTEXT)
    return parsed


def test_spans_of_the_command_line_tell_every_call_to_the_token() -> None:
    found = totals(read("copilot/working-day", "traces"))["copilot.spans"]
    assert found == TOKENS | {("Response", "gpt-5.1", "requests"): 25}


def test_counters_of_the_command_line_tell_the_same_tokens_and_the_lines() -> None:
    found = totals(read("copilot/working-day", "metrics"))["copilot.metrics"]
    lines = {("Activity", "gpt-5.1", "lines_added"): 29, ("Activity", "gpt-5.1", "lines_removed"): 2}
    assert found == TOKENS | lines


def test_both_channels_are_compared_within_the_exporters_instance() -> None:
    spans = {group.scope for group in read("copilot/working-day", "traces").groups}
    counters = {group.scope for group in read("copilot/working-day", "metrics").points}
    assert len(counters) == 8
    assert counters == spans
    assert SPANS.rank_of(Kind.RESPONSE) < METRICS.rank_of(Kind.RESPONSE)


def test_each_of_the_eight_prompts_is_told_once_also_the_failed_one() -> None:
    prompts = events(read("copilot/working-day", "traces"), Prompt)
    assert len({prompt.id for prompt in prompts}) == len(prompts) == 8


def test_a_sub_agents_prompt_is_nobodys() -> None:
    assert not list(span("invoke_agent explore", {"gen_ai.agent.name": "explore"}).events())
    assert not list(span("invoke_agent x", {"copilot_chat.parent_chat_session_id": "c1"}, VSCODE).events())
    assert len(list(span("invoke_agent copilot", {"gen_ai.agent.name": "copilot"}, VSCODE).events())) == 1


def test_responses_know_their_conversation_and_counters_do_not() -> None:
    spans = events(read("copilot/working-day", "traces"), Response)
    assert len({event.session for event in spans}) == 5
    assert len({event.id for event in spans}) == 25
    for points in read("copilot/working-day", "metrics").points.values():
        assert {point.event.session for point in points} == {None}


def test_a_call_that_failed_is_no_response() -> None:
    parsed = span("chat gpt-5.1", {"gen_ai.operation.name": "chat"}, is_error=True)
    assert not list(parsed.events())
    assert parsed.ignored == {("copilot", "traces", "chat"): 1}


def test_premium_requests_are_not_dollars() -> None:
    [event] = span("chat gpt-5.1", {"github.copilot.cost": 3.0, "gen_ai.response.id": "r1"}).events()
    assert isinstance(event, Response)
    assert event.cost_usd is None
    assert event.duration_ms == 100


def test_a_call_tells_repository_and_branch_only_where_its_own_span_does() -> None:
    git = {"github.copilot.git.repository": "https://x:y@github.com/Acme/Demo.git", "github.copilot.git.branch": "Main"}
    [told] = span("chat m", {"gen_ai.response.id": "r1"} | git).events()
    [silent] = span("chat m", {"gen_ai.response.id": "r2"}).events()
    assert (told.repository, told.branch) == ("github.com/acme/demo", "Main")
    assert (silent.repository, silent.branch) == (None, None)


def test_a_remote_without_a_scheme_is_a_repository_too_and_a_path_is_none() -> None:
    for remote, name in (("github.com/Acme/Demo", "github.com/acme/demo"), ("/home/ada/demo", None)):
        [event] = span("chat m", {"gen_ai.response.id": "r", "github.copilot.git.repository": remote}).events()
        assert event.repository == name


def test_spans_of_vs_code_tell_calls_with_cache_writes_and_those_of_sub_agents_in_their_parents_chat() -> None:
    parsed = read("copilot/vscode", "traces")
    assert totals(parsed)["copilot.spans"] == {
        ("Response", "gpt-5.1-2025-11-13", "requests"): 3,
        ("Response", "gpt-5.1-2025-11-13", "input_tokens"): 10000 - 8500 + 12000 - 11000 + 900,
        ("Response", "gpt-5.1-2025-11-13", "cache_read_tokens"): 19000,
        ("Response", "gpt-5.1-2025-11-13", "cache_write_tokens"): 500,
        ("Response", "gpt-5.1-2025-11-13", "output_tokens"): 590,
        ("Response", "gpt-5.1-2025-11-13", "reasoning_tokens"): 100,
    }
    assert {(event.session, event.tool) for event in parsed.events()} == {("chat-1", "copilot-chat")}
    assert len(events(parsed, Prompt)) == 1


def test_events_and_counters_of_vs_code_tell_the_same_decisions_and_lines() -> None:
    logs, counters = read("copilot/vscode", "logs"), read("copilot/vscode", "metrics")
    outcomes = [event.outcome for event in events(logs, Suggestion) if isinstance(event, Suggestion)]
    assert sorted(outcomes) == ["accepted"] * 3 + ["rejected"] * 2
    shared = {
        ("Suggestion", None, "count"): 5,
        ("Activity", None, "lines_added"): 13,
        ("Activity", None, "lines_removed"): 2,
    }
    assert totals(counters)["copilot.metrics"] == shared
    assert totals(logs)["copilot.logs"].items() >= shared.items()
    assert {group.scope for group in logs.groups} == {group.scope for group in counters.points}
    assert "window-7f3a" not in {group.scope for group in logs.groups}  # it may name a host
    assert LOGS.rank < METRICS.rank


def test_events_of_vs_code_tell_where_and_what_kind_of_file_but_not_its_path() -> None:
    hunk = events(read("copilot/vscode", "logs"), Suggestion)[0]
    assert (hunk.repository, hunk.branch) == ("github.com/acme/demo", "feature/discount")
    assert (hunk.language, hunk.path_class, hunk.path) == ("Python", "model", None)
    assert hunk.path_hash is not None
    assert "discount/models.py" not in repr(read("copilot/vscode", "logs"))


def test_languages_of_the_editor_and_of_file_names_are_spelled_the_same() -> None:
    languages = {event.language for event in events(read("copilot/vscode", "logs"), Suggestion)}
    assert languages == {"Python", "TypeScript", "Go"}


def test_survival_counts_once_at_fifteen_minutes_and_not_across_branches() -> None:
    [edit] = events(read("copilot/vscode", "logs"), Edit)
    assert isinstance(edit, Edit)
    assert edit.distance == pytest.approx(0.25)
    assert edit.horizon == "minutes"


def test_survival_without_a_rate_tells_nothing() -> None:
    assert not list(log("edit.survival", time_delay_ms=900000, did_branch_change=False).events())


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan"), "x", True])
def test_a_survival_that_is_no_share_refuses_the_event(rate: object) -> None:
    with pytest.raises(Invalid, match="survival_rate_four_gram"):
        log("edit.survival", time_delay_ms=900000, did_branch_change=False, survival_rate_four_gram=rate)


@pytest.mark.parametrize("outcome", ["saved", "unknown", None])
def test_saving_a_file_is_no_decision(outcome: str | None) -> None:
    parsed = log("edit.feedback", outcome=outcome)
    assert not list(parsed.events())
    assert parsed.ignored["copilot", "logs", "copilot_chat.edit.feedback"] == 1
    assert not counted("copilot_chat.edit.acceptance.count", 1, {"copilot_chat.edit.outcome": outcome}).points


def test_hunks_of_one_moment_are_told_apart() -> None:
    one = log("edit.hunk.action", outcome="accepted", request_id="r1", lines_added=1)
    two = log("edit.hunk.action", outcome="accepted", request_id="r1", lines_added=2)
    assert not {event.id for event in one.events()} & {event.id for event in two.events()}


def test_a_rejected_hunk_adds_no_lines() -> None:
    assert not events(log("edit.hunk.action", outcome="Rejected", lines_added=5), Activity)


def test_new_names_are_shown_as_unknown() -> None:
    assert log("dream").unknown == {("copilot", "logs", "copilot_chat.dream"): 1}
    assert counted("copilot_chat.dream", 1).unknown == {("copilot", "metrics", "copilot_chat.dream"): 1}
    assert counted("gen_ai.client.inference.usage.dream_tokens", 1, resource=CLI).unknown


@pytest.mark.parametrize("service", ["copilot", "github-copilot-x", None, ["github-copilot"]])
def test_recognises_nobody_else(service: object) -> None:
    assert not COPILOT.recognises({"service.name": service})


def test_set_up_tells_the_terminal_and_vs_code() -> None:
    terminal, editor = COPILOT.steps("https://cards.example.com/otlp", "cci_key")
    assert "OTEL_EXPORTER_OTLP_ENDPOINT=https://cards.example.com/otlp\n" in terminal.code
    assert 'OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer cci_key"' in terminal.code
    settings = json.loads(editor.code)
    assert settings["github.copilot.chat.otel.otlpEndpoint"] == "https://cards.example.com/otlp/k/cci_key"
    assert settings["github.copilot.chat.otel.captureContent"] is False
