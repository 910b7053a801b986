"""A working day of Codex 0.169.0: 23 model calls, 7 patches, tests, a commit, a refused patch."""

import json
import tomllib
from typing import Any

import pytest

from events import schema
from events.schema import Activity, Git, Prompt, Response, Suggestion
from events.sources._base import DataPoint, Invalid, Parsed, Record, Span
from events.sources.otlp_codex import LOGS, Codex
from tests.events.sources._totals import CONTEXT, events, read, totals

CODEX = Codex()
PATCH = """*** Begin Patch
*** Add File: src/app/models.py
+class A:
++++ not a header
+    pass
*** Update File: web/App.tsx
*** Move to: web/Main.tsx
@@ def f
 kept
-old
+new
*** Delete File: gone.go
*** End Patch"""


def record(name: str, **attributes: Any) -> Record:
    told = {"conversation.id": "c1", "model": "gpt-5.5", "event.timestamp": "2026-11-22T23:15:41.623Z"}
    return Record(
        resource={"service.name": "codex_exec", "service.version": "0.169.0"},
        scope="codex_otel.log_only", name=name, time_ns=0, observed_ns=1795389341623803174,
        attributes=told | attributes,
    )  # fmt: skip


def told(name: str, **attributes: Any) -> Parsed:
    parsed = Parsed()
    CODEX.log(record(name, **attributes), parsed, CONTEXT)
    return parsed


def test_counts_the_tokens_of_a_working_day_to_the_token() -> None:
    assert totals(read("codex/working-day", "logs"))["codex.logs"] == {
        ("Response", "gpt-5.5", "requests"): 17,
        ("Response", "gpt-5.5", "input_tokens"): 388,
        ("Response", "gpt-5.5", "cache_read_tokens"): 92000,
        ("Response", "gpt-5.5", "output_tokens"): 4313,
        ("Response", "gpt-5.5", "reasoning_tokens"): 320,
        ("Response", "gpt-6-sol", "requests"): 6,
        ("Response", "gpt-6-sol", "input_tokens"): 141,
        ("Response", "gpt-6-sol", "cache_read_tokens"): 34500,
        ("Response", "gpt-6-sol", "output_tokens"): 1575,
        ("Response", "gpt-6-sol", "reasoning_tokens"): 117,
        ("Suggestion", "gpt-5.5", "count"): 6,
        ("Suggestion", "gpt-6-sol", "count"): 1,
        ("Activity", "gpt-5.5", "lines_added"): 31,
        ("Activity", "gpt-5.5", "lines_removed"): 1,
        ("Activity", "gpt-6-sol", "lines_added"): 1,
        ("Activity", "gpt-6-sol", "lines_removed"): 1,
        ("Git", "gpt-5.5", "commits"): 1,
        ("Git", "gpt-6-sol", "commits"): 1,
    }


def test_tells_the_test_runs_of_a_working_day_by_their_exit_status() -> None:
    runs = [
        event
        for event in events(read("codex/working-day", "logs"), schema.TestRun)
        if isinstance(event, schema.TestRun)
    ]
    assert [(run.runner, run.outcome, run.duration_ms) for run in runs] == [
        ("pytest", "failed", 198),
        ("pytest", "passed", 172),
        ("pytest", "passed", 183),
    ]


@pytest.mark.parametrize(
    ("arguments", "output", "outcome"),
    [
        ({"cmd": "pytest"}, "Wall time: 1\nProcess exited with code 0\nOutput:\n", "passed"),
        ({"cmd": "pytest"}, "Wall time: 1\nProcess exited with code 2\nOutput:\n", "failed"),
        ({"command": ["bash", "-lc", "pytest -q"]}, "Exit code: 1\nOutput:\n", "failed"),
        ({"cmd": "pytest"}, "Wall time: 1\nProcess running with session ID 5\nOutput:\n", "unknown"),
        ({"cmd": "pytest"}, "Wall time: 1\nOutput:\nProcess exited with code 0", "unknown"),
        ({"cmd": "pytest"}, None, "unknown"),
    ],
)
def test_a_test_run_is_judged_by_the_status_above_its_output_and_not_by_success(
    arguments: dict[str, Any], output: str | None, outcome: str
) -> None:
    call = {"tool_name": "exec_command", "success": "true", "arguments": json.dumps(arguments), "output": output}
    [event] = told("codex.tool_result", **call).events()
    assert isinstance(event, schema.TestRun)
    assert event.outcome == outcome


def test_what_git_did_counts_only_where_the_command_ended_well() -> None:
    def acts(status: int) -> list[Any]:
        arguments, output = '{"cmd": "git commit -qam x && git push"}', f"Process exited with code {status}\nOutput:\n"
        return events(told("codex.tool_result", tool_name="shell", arguments=arguments, output=output), Git)

    [done] = acts(0)
    assert (done.commits, done.pushes, done.pull_requests) == (1, 1, 0)
    assert not acts(1)


@pytest.mark.parametrize(
    "arguments", [None, 5, "", "{", "[]", '{"cmd": 5}', '{"command": ["a", 5]}', '{"cmd": "ls"}', "\ud800"]
)
def test_other_commands_tell_nothing(arguments: object) -> None:
    parsed = told("codex.tool_result", tool_name="exec_command", arguments=arguments, output="Exit code: 0")
    assert not list(parsed.events())
    assert parsed.ignored == {("codex", "logs", "codex.tool_result"): 1}


def test_tells_six_prompts_in_four_sessions_with_times_though_records_have_none() -> None:
    prompts = events(read("codex/working-day", "logs"), Prompt)
    assert len(prompts) == 6
    assert len({prompt.session for prompt in prompts}) == 4
    assert {prompt.at.year for prompt in prompts} == {2026}


def test_facts_have_distinct_ids_which_are_the_same_when_told_again() -> None:
    first, second = ({(event.id, event.at) for event in read("codex/working-day", "logs").events()} for _ in range(2))
    assert first == second
    assert len(first) == len(list(read("codex/working-day", "logs").events()))


def test_metrics_and_traces_are_counted_and_never_stored() -> None:
    for signal in ("metrics", "traces"):
        parsed = read("codex/working-day", signal)
        assert not parsed.groups
        assert not parsed.points
        assert parsed.ignored
        assert not parsed.unknown


def test_nothing_of_arguments_or_output_leaves() -> None:
    secret = "hunter2-" * 3
    parsed = told(
        "codex.tool_result", tool_name="apply_patch", call_id="call_1", success="true", output=secret,
        arguments=f"*** Begin Patch\n*** Add File: {secret}.py\n+{secret}\n*** End Patch",
    )  # fmt: skip
    assert len(list(parsed.events())) == 1
    assert "hunter2" not in repr(parsed)


def test_reads_lines_language_and_kind_of_each_file_of_a_patch() -> None:
    parsed = told("codex.tool_result", tool_name="apply_patch", call_id="call_1", success="true", arguments=PATCH)
    lines = [
        (event.language, event.path_class, event.lines_added, event.lines_removed)
        for event in events(parsed, Activity)
        if isinstance(event, Activity)
    ]
    assert lines == [("Python", "model", 3, 0), ("TypeScript", "template", 1, 1), ("Go", "other", 0, 0)]
    assert all(event.path is None and event.path_hash is not None for event in parsed.events())


@pytest.mark.parametrize("member", ["input", "patch"])
def test_reads_a_patch_inside_json(member: str) -> None:
    arguments = f'{{"{member}": "*** Begin Patch\\n*** Add File: a.py\\n+x\\n*** End Patch"}}'
    parsed = told("codex.tool_result", tool_name="apply_patch", success=True, arguments=arguments)
    assert [event.lines_added for event in events(parsed, Activity) if isinstance(event, Activity)] == [1]


@pytest.mark.parametrize("arguments", [None, 5, "", "{", '{"input": 5}', "[]", "no patch", "{" * 5000, "\ud800{"])
def test_arguments_that_are_no_patch_tell_nothing(arguments: object) -> None:
    assert not list(told("codex.tool_result", tool_name="apply_patch", success="true", arguments=arguments).events())


def test_a_patch_that_failed_changed_no_lines() -> None:
    parsed = told("codex.tool_result", tool_name="apply_patch", success="false", arguments=PATCH)
    assert not list(parsed.events())
    assert parsed.ignored["codex", "logs", "codex.tool_result"] == 1


@pytest.mark.parametrize(
    ("decision", "source", "outcome", "decided_by"),
    [
        ("approved", "Config", "accepted", "rule"),
        ("Approved", "User", "accepted", "person"),
        ("approved_for_session", "user", "accepted", "person"),
        ("approved", "AutomatedReviewer", "accepted", "rule"),
        ("denied", "User", "rejected", "person"),
        ("abort", "User", "rejected", "person"),
    ],
)
def test_a_decision_is_a_persons_only_where_a_person_made_it(
    decision: str, source: str, outcome: str, decided_by: str
) -> None:
    parsed = told("codex.tool_decision", tool_name="apply_patch", call_id="call_1", decision=decision, source=source)
    [event] = events(parsed, Suggestion)
    assert isinstance(event, Suggestion)
    assert (event.outcome, event.decided_by, event.id) == (outcome, decided_by, "decision:call_1")


@pytest.mark.parametrize(("tool", "decision"), [("exec_command", "approved"), ("apply_patch", "timed_out")])
def test_a_command_is_no_suggestion_and_no_answer_no_decision(tool: str, decision: str) -> None:
    parsed = told("codex.tool_decision", tool_name=tool, call_id="call_1", decision=decision, source="User")
    assert not list(parsed.events())
    assert parsed.ignored["codex", "logs", "codex.tool_decision"] == 1


def test_only_the_completed_record_with_tokens_is_a_response() -> None:
    assert not list(told("codex.sse_event", **{"event.kind": "response.completed", "duration_ms": "0"}).events())
    assert not list(told("codex.sse_event", **{"event.kind": "response.created", "input_token_count": "1"}).events())
    told_tokens = {"input_token_count": "10", "output_token_count": "3", "cached_token_count": 4}
    parsed = told("codex.websocket_event", **{"event.kind": "response.completed"}, **told_tokens)
    [event] = events(parsed, Response)
    assert isinstance(event, Response)
    assert (event.input_tokens, event.cache_read_tokens, event.output_tokens) == (6, 4, 3)


def test_cached_tokens_beyond_the_input_leave_no_negative_input() -> None:
    told_tokens = {"input_token_count": "1", "cached_token_count": "5"}
    [event] = told("codex.sse_event", **{"event.kind": "response.completed"}, **told_tokens).events()
    assert isinstance(event, Response)
    assert event.input_tokens == 0


@pytest.mark.parametrize("count", ["-1", "1e3", "9" * 30, True, 2**40, 1.5, "", "\ud800"])
def test_tokens_that_are_no_count_refuse_the_record(count: object) -> None:
    with pytest.raises(Invalid, match="input_token_count"):
        told("codex.sse_event", **{"event.kind": "response.completed", "input_token_count": count})


def test_the_account_is_told_where_codex_knows_it() -> None:
    [event] = told("codex.user_prompt", **{"user.email": "ada@example.com", "user.account_id": "u1"}).events()
    assert (event.email, event.user, event.tool_version) == ("ada@example.com", "u1", "0.169.0")


def test_a_new_event_is_shown_as_unknown() -> None:
    assert told("codex.dream").unknown == {("codex", "logs", "codex.dream"): 1}


def test_debug_records_of_other_scopes_are_counted_by_scope() -> None:
    parsed = Parsed()
    CODEX.log(record("event otel/src/a.rs:803")._replace(scope="codex_otel::metrics::client"), parsed, CONTEXT)
    assert parsed.ignored == {("codex", "logs", "codex_otel::metrics::client"): 1}


def test_spans_are_counted_as_one_name_since_they_have_hundreds() -> None:
    parsed = Parsed()
    for name in ("a", "b"):
        CODEX.span(Span({}, "codex_exec", name, "1", 1, 2, is_error=False, attributes={}), parsed, CONTEXT)
    assert parsed.ignored == {("codex", "traces", "spans"): 2}


@pytest.mark.parametrize("service", ["codex_exec", "codex_cli_rs", "codex-app-server", "codex"])
def test_recognises_every_face_of_codex(service: str) -> None:
    assert CODEX.recognises({"service.name": service})


@pytest.mark.parametrize("service", ["codexify", "my-codex", "", None, 5])
def test_recognises_nobody_else(service: object) -> None:
    assert not CODEX.recognises({"service.name": service})


def test_set_up_names_the_full_address_since_codex_adds_no_path() -> None:
    [config, *_] = CODEX.steps("https://cards.example.com/otlp", "cci_key")
    told = tomllib.loads(config.code)["otel"]
    assert told["log_user_prompt"] is False
    assert told["exporter"]["otlp-http"]["endpoint"] == "https://cards.example.com/otlp/v1/logs"
    assert told["exporter"]["otlp-http"]["headers"] == {"Authorization": "Bearer cci_key"}


def test_points_are_ignored_whatever_they_are_called() -> None:
    parsed = Parsed()
    CODEX.point(DataPoint({}, "codex", "codex.new", "sum", False, 1, 2, 1.0, 0, {}), parsed, CONTEXT)
    assert parsed.ignored == {("codex", "metrics", "codex.new"): 1}
    assert LOGS.rank == 10
