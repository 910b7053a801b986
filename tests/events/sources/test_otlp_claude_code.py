"""Working days of Claude Code 2.1.330: 27 model calls of three models, 6 sessions, commits and a pull request."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from events.schema import Activity, Commit, Fact, Git, Kind, Point, Prompt, Response, Suggestion, TestRun
from events.sources._base import DataPoint, Invalid, Parsed, Record, hash_path
from events.sources._otlp import ContentType, parse
from events.sources.otlp_claude_code import LOGS, METRICS, ClaudeCode
from tests.events.sources._totals import CONTEXT, FIXTURES, increases

CLAUDE = ClaudeCode()
FOLDER = FIXTURES / "claude-code"
TOKENS = {  # requests, input, output, cache read, cache write
    "claude-haiku-5-5": (4, 130, 1518, 41000, 5462),
    "claude-opus-5-5": (7, 161, 1792, 38500, 8428),
    "claude-sonnet-5-5": (16, 384, 4304, 96000, 19536),
}
RESOURCE = {"service.name": "claude-code", "service.version": "2.1.330"}
AT = datetime(2026, 11, 22, 23, 46, 39, 621000, tzinfo=UTC)
COMMON = {"session.id": "s1", "user.id": "u1", "event.timestamp": "2026-11-22T23:46:39.621Z", "event.sequence": 3}
SHA = "de74e8b8e7ca3368498d954c83e64bac8b20f394"


def read(name: str, signal: Any, suffix: str) -> Parsed:
    kind: ContentType = "json" if suffix == "json" else "protobuf"
    return parse(signal, Path(FOLDER / f"{name}.{signal}.{suffix}").read_bytes(), kind, CONTEXT)


def told(name: str, **attributes: Any) -> Parsed:
    parsed = Parsed()
    record = Record(RESOURCE, "s", name, 1795391199621000000, 0, COMMON | attributes)
    CLAUDE.log(record, parsed, CONTEXT)
    return parsed


def result(tool: str, success: Any = "true", **details: Any) -> Parsed:
    texts = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in details.items()}
    return told(
        "tool_result", **{"tool_name": tool, "tool_use_id": "t1", "success": success, "duration_ms": "62"} | texts
    )


def shell(line: str, success: Any = "true", **more: Any) -> Parsed:
    return result("Bash", success, tool_parameters={"bash_command": "x", "full_command": line}, **more)


def point(name: str, value: float = 5, *, cumulative: bool = False, **attributes: Any) -> Parsed:
    parsed = Parsed()
    CLAUDE.point(
        DataPoint(
            RESOURCE, "s", f"claude_code.{name}", "sum", cumulative, 1, 1795391199621000000, value, 0,
            {"session.id": "s1", "user.id": "u1", **attributes},
        ),
        parsed, CONTEXT,
    )  # fmt: skip
    return parsed


def one(parsed: Parsed) -> Any:
    (event,) = parsed.events()
    return event


@pytest.mark.parametrize(("name", "suffix"), [("working-day", "json"), ("working-day-cumulative", "bin")])
def test_logs_alone_tell_the_day_to_the_token(name: str, suffix: str) -> None:
    events = list(read(name, "logs", suffix).events())
    calls = [event for event in events if isinstance(event, Response)]
    decisions = [event for event in events if isinstance(event, Suggestion)]
    assert tokens_of([(call, counter, getattr(call, counter)) for call in calls for counter in COUNTERS]) == TOKENS
    assert round(sum(call.cost_usd or 0 for call in calls), 6) == 0.192148
    assert sorted(decision.outcome for decision in decisions) == ["accepted"] * 7 + ["rejected"]
    assert sum(isinstance(event, Prompt) for event in events) == 9
    assert len({event.session for event in events}) == 6


COUNTERS = ("requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def tokens_of(counts: list[tuple[Any, str, float]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, dict[str, float]] = {}
    for event, counter, count in counts:
        sums = found.setdefault(event.model, dict.fromkeys(COUNTERS, 0))
        sums[counter] = sums.get(counter, 0) + count
    return {model: tuple(round(sums[counter]) for counter in COUNTERS) for model, sums in found.items()}


@pytest.mark.parametrize(("name", "suffix"), [("working-day", "json"), ("working-day-cumulative", "bin")])
def test_metrics_alone_tell_the_day_to_the_token(name: str, suffix: str) -> None:
    parsed = read(name, "metrics", suffix)
    names = (*COUNTERS, "cost_usd", "lines_added", "lines_removed", "commits", "pull_requests", "count")
    counts = [(event, counter, getattr(event, counter, 0) or 0) for event in parsed.events() for counter in names]
    counts += increases(told for points in parsed.points.values() for told in points)
    responses = [(event, counter, count) for event, counter, count in counts if isinstance(event, Response)]
    assert tokens_of(responses) == {model: (0, *sums[1:]) for model, sums in TOKENS.items()}
    sonnet, opus = "claude-sonnet-5-5", "claude-opus-5-5"
    assert {
        key: sum(count for event, counter, count in counts if (event.model, counter) == key)
        for key in [*((model, f"lines_{what}") for model in (sonnet, opus) for what in ("added", "removed")),
                    (None, "commits"), (None, "pull_requests")]
    } == {
        (sonnet, "lines_added"): 35, (sonnet, "lines_removed"): 2, (opus, "lines_added"): 1, (opus, "lines_removed"): 1,
        (None, "commits"): 2, (None, "pull_requests"): 1,
    }  # fmt: skip
    assert round(sum(count for _, counter, count in counts if counter == "cost_usd"), 6) == 0.192148
    decided = [(event, count) for event, counter, count in counts if counter == "count"]
    outcomes = {name: sum(count for event, count in decided if _is(event, name)) for name in ("accepted", "rejected")}
    assert outcomes == {"accepted": 7, "rejected": 1}


def _is(event: Any, outcome: str) -> bool:
    return isinstance(event, Suggestion) and event.outcome == outcome


def test_tool_details_tell_test_runs_and_kinds_of_files() -> None:
    parsed = read("tool-details", "logs", "json")
    events = list(parsed.events())
    assert [(event.runner, event.outcome) for event in events if isinstance(event, TestRun)] == [
        ("pytest", "failed"),
        ("pytest", "passed"),
    ]
    assert [(event.path_class, event.language) for event in events if isinstance(event, Activity)] == [
        ("other", "Python"),
        ("test", "Python"),
        ("other", "Python"),
    ]
    assert [(commit.sha, commit.branch) for commit in parsed.commits] == [
        ("379085f92321a7817546424a6b0eb57ddd8bbf8e", "main")
    ]


def test_git_work_is_told_with_repository_and_branch() -> None:
    parsed = read("git", "logs", "json")
    git = [event for event in parsed.events() if isinstance(event, Git)]
    assert [sum(counts) for counts in zip(*((e.commits, e.pushes, e.pull_requests) for e in git), strict=True)] == [
        2,
        1,
        1,
    ]
    assert {event.repository for event in parsed.events()} == {"github.com/acme/demo"}
    assert [(commit.sha[:7], commit.branch, commit.repository) for commit in parsed.commits] == [
        ("de74e8b", "feature/x", "github.com/acme/demo"),
        ("e7f5200", "feature/x", "github.com/acme/demo"),
    ]


def test_a_model_call() -> None:
    call = one(told(
        "api_request", model="claude-opus-5-5", input_tokens=1, output_tokens="2", cache_read_tokens=3,
        cache_creation_tokens=4,
        cost_usd=0.0037009999999999994, cost_usd_micros=3701, duration_ms=85.4, request_id="req_1",
        **{"user.email": "zoe@example.com", "app.version": "2.1.331"},
    ))  # fmt: skip
    assert call == Response(
        id="req_1", at=AT, tool="claude-code", tool_version="2.1.331", session="s1", model="claude-opus-5-5",
        email="zoe@example.com", user="u1", input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_tokens=4,
        cost_usd=0.003701, duration_ms=85,
    )  # fmt: skip


def test_a_call_of_a_fork_is_the_same_call_in_another_session() -> None:
    first, again = (one(told("api_request", request_id="req_1", **{"session.id": name})) for name in ("s1", "s2"))
    assert first.id == again.id


def test_facts_without_an_id_are_told_apart_by_time_and_content() -> None:
    """As of a provider that gives no request ids."""
    ids = {one(told("api_request", output_tokens=count)).id for count in (1, 2, 2)}
    assert len(ids) == 2
    later = one(told("api_request", output_tokens=1, **{"event.timestamp": "2026-11-22T23:46:40Z"})).id
    assert later not in ids


def test_what_an_older_version_leaves_out_is_unknown() -> None:
    """2.1.197 has no message.uuid, no cost in micro-dollars and no time of its own."""
    parsed = Parsed()
    attributes = {"prompt.id": "p1", "cost_usd": 0.25, "request_id": "r"}
    for name in ("user_prompt", "api_request"):
        CLAUDE.log(
            Record({"service.name": "claude-code"}, "", name, 0, 1795391199621000000, attributes), parsed, CONTEXT
        )
    prompt, call = parsed.events()
    assert (prompt.id, prompt.at, prompt.session, prompt.tool_version) == ("p1", AT, None, None)
    assert call.cost_usd == 0.25  # type: ignore[union-attr]


def test_a_call_without_a_cost_has_none() -> None:
    assert one(told("api_request", request_id="r")).cost_usd is None


@pytest.mark.parametrize(
    ("source", "decided_by"),
    [
        ("user_temporary", "person"), ("user_permanent", "person"), ("user_reject", "person"), ("USER_ABORT", "person"),
        ("config", "rule"), ("hook", "rule"), ("something_new", "rule"), (None, "rule"),
    ],
)  # fmt: skip
def test_a_decision_is_a_persons_or_a_rules(source: str | None, decided_by: str) -> None:
    decision = one(told("tool_decision", tool_name="Edit", tool_use_id="t1", decision="reject", source=source))
    assert (decision.outcome, decision.decided_by, decision.id) == ("rejected", decided_by, "t1")
    metric = one(
        point("code_edit_tool.decision", tool_name="Edit", decision="reject", source=source, language="Python")
    )
    assert (metric.decided_by, metric.count, metric.language) == (decided_by, 5, "Python")


def test_only_decisions_on_code_are_suggestions() -> None:
    for tool in ("Edit", "Write", "MultiEdit", "NotebookEdit"):
        assert isinstance(one(told("tool_decision", tool_name=tool, decision="accept")), Suggestion)
    parsed = told("tool_decision", tool_name="Bash", decision="accept")
    assert list(parsed.events()) == []
    assert parsed.ignored == {("claude-code", "logs", "tool_decision"): 1}


def test_a_decision_of_a_new_kind_is_counted_as_unknown() -> None:
    assert told("tool_decision", tool_name="Edit", decision="defer").unknown == {
        ("claude-code", "logs", "tool_decision"): 1
    }


def test_a_decision_is_the_same_fact_whether_its_result_is_in_the_body_or_not() -> None:
    alone = one(told("tool_decision", tool_name="Edit", tool_use_id="t1", decision="accept"))
    parsed = result("Edit", tool_input={"file_path": "/home/user/project/shop/models.py"})
    record = Record(
        RESOURCE, "s", "tool_decision", 0, 0, COMMON | {"tool_name": "Edit", "tool_use_id": "t1", "decision": "accept"}
    )
    CLAUDE.log(record, parsed, CONTEXT)
    assert list(parsed.events())[-1] == alone


def test_an_edit_says_what_kind_of_file_it_was_in_and_not_which() -> None:
    path = "/home/user/project/shop/migrations/0002_price.py"
    for tool, key in (("Edit", "file_path"), ("NotebookEdit", "notebook_path")):
        event = one(result(tool, tool_input={key: path, "new_string": "secret"}))
        assert event == Activity(
            id="t1", at=AT, tool="claude-code", tool_version="2.1.330", session="s1", user="u1",
            language="Python", path_class="migration", path_hash=hash_path(path, CONTEXT.path_key),
        )  # fmt: skip


def test_an_edit_that_failed_or_has_no_details_tells_nothing() -> None:
    assert list(result("Edit", "false", tool_input={"file_path": "/a/b.py"}).events()) == []
    assert list(result("Edit").events()) == []
    assert list(result("Read", tool_input={"file_path": "/a/b.py"}).events()) == []


@pytest.mark.parametrize(
    "details", ["{", "5", "null", '"x"', "[" * 90_000, '{"file_path": 5}', '{"file_path": "\\ud800"}', 7, True]
)
def test_odd_details_are_no_details(details: Any) -> None:
    assert list(result("Edit", tool_input=details).events()) == []
    assert list(result("Bash", tool_parameters=details).events()) == []


def test_a_test_run_passed_failed_or_is_unknown() -> None:
    def outcome(line: str, success: Any, **more: Any) -> Any:
        return one(shell(line, success, **more)).outcome

    assert outcome("pytest", "true") == "passed"
    assert outcome("pytest", False) == "failed"
    assert outcome("pytest", "false", error_type="ShellError") == "failed"
    assert outcome("pytest", "false", error_type="AbortError") == "unknown"
    assert outcome("pytest", None) == "unknown"
    assert outcome("pytest | tail", "true") == "unknown"
    assert outcome("npm test", "true") == "unknown"
    assert outcome("pytest", "true", tool_input={"command": "pytest", "run_in_background": True}) == "unknown"


def test_a_command_that_was_cut_tells_nothing() -> None:
    """Values of tool_input are cut at 512 characters: what came after could have hidden the exit status."""
    assert one(result("Bash", tool_input={"command": "pytest"})).outcome == "passed"
    assert list(result("Bash", tool_input={"command": "pytest " + "x" * 505}).events()) == []


def test_a_commit_is_proved_by_its_revision() -> None:
    details = {"full_command": "git commit -q -m x; true", "git_commit_id": SHA.upper(), "git_branch": "main"}
    parsed = result("Bash", tool_parameters=details, **{"vcs.ref.head.type": "branch", "vcs.ref.head.name": "main"})
    assert one(parsed).commits == 1
    assert parsed.commits == [Commit(sha=SHA, at=AT, tool="claude-code", branch="main", session="s1", user="u1")]
    odd = shell("ls", **{"vcs.ref.head.revision": "not a sha"})
    assert (odd.commits, list(odd.events())) == ([], [])


def test_a_detached_head_is_no_branch() -> None:
    parsed = shell(
        "git commit -m x", **{"vcs.ref.head.revision": SHA, "vcs.ref.head.name": "v1", "vcs.ref.head.type": "tag"}
    )
    assert parsed.commits[0].branch is None


def test_pushes_and_pull_requests_count_if_the_line_ended_well() -> None:
    event = one(shell("git commit -m x && git push && gh pr create --fill"))
    assert (event.commits, event.pushes, event.pull_requests) == (1, 1, 1)
    assert list(shell("git push", "false", error_type="ShellError").events()) == []


def test_no_text_gets_out() -> None:
    secret = "a-very-secret-text"
    parsed = Parsed()
    gated = ("prompt", "prompt_text", "response", "error", "body", "command_name", "file_path")
    texts = dict.fromkeys(gated, secret)
    details = {
        "full_command": f"pytest {secret}",
        "command": secret,
        "file_path": f"/home/{secret}/a.py",
        "content": secret,
    }
    for name in (
        "user_prompt",
        "api_request",
        "tool_decision",
        "tool_result",
        "api_request_body",
        "assistant_response",
    ):
        for tool in ("Bash", "Edit"):
            attributes = COMMON | texts | {
                "tool_name": tool, "decision": "accept", "success": "true", "host.name": secret,
                "tool_input": json.dumps(details), "tool_parameters": json.dumps(details),
            }  # fmt: skip
            CLAUDE.log(Record(RESOURCE, "s", name, 1, 1, attributes), parsed, CONTEXT)
    assert len(list(parsed.events())) >= 6
    assert secret not in repr(parsed)


def test_other_known_events_are_ignored_and_new_ones_counted() -> None:
    assert told("compaction").ignored == {("claude-code", "logs", "compaction"): 1}
    assert told("claude_code.compaction").ignored == {("claude-code", "logs", "compaction"): 1}
    assert told("a_new_event").unknown == {("claude-code", "logs", "a_new_event"): 1}
    assert point("session.count", start_type="fresh").ignored == {("claude-code", "metrics", "session.count"): 1}
    assert point("new.count").unknown == {("claude-code", "metrics", "new.count"): 1}
    assert point("token.usage", type="thought").unknown == {("claude-code", "metrics", "token.usage"): 1}


@pytest.mark.parametrize(
    ("name", "attributes", "kind", "counter"),
    [
        ("token.usage", {"type": "input"}, Response, "input_tokens"),
        ("token.usage", {"type": "output"}, Response, "output_tokens"),
        ("token.usage", {"type": "cacheRead"}, Response, "cache_read_tokens"),
        ("token.usage", {"type": "cacheCreation"}, Response, "cache_write_tokens"),
        ("cost.usage", {}, Response, "cost_usd"),
        ("lines_of_code.count", {"type": "added"}, Activity, "lines_added"),
        ("lines_of_code.count", {"type": "removed"}, Activity, "lines_removed"),
        ("active_time.total", {"type": "cli"}, Activity, "active_seconds"),
        ("commit.count", {}, Git, "commits"),
        ("pull_request.count", {}, Git, "pull_requests"),
        ("code_edit_tool.decision", {"decision": "accept"}, Suggestion, "count"),
    ],
)
def test_a_metric_is_told_as_a_delta_or_as_a_point(
    name: str, attributes: dict[str, Any], kind: type[Fact], counter: str
) -> None:
    delta = one(point(name, 5, **attributes))
    assert type(delta) is kind
    assert (getattr(delta, counter), delta.at, delta.session, delta.user) == (5, AT, "s1", "u1")
    assert list(point(name, 0, **attributes).events()) == []
    parsed = point(name, 0, cumulative=True, **attributes)
    (told_point,) = (told for points in parsed.points.values() for told in points)
    assert isinstance(told_point, Point)
    assert (told_point.counter, told_point.value, told_point.start_ns) == (counter, 0, 1)
    assert not getattr(told_point.event, counter)


def test_tokens_of_metrics_are_no_requests() -> None:
    assert one(point("token.usage", type="input")).requests == 0


@pytest.mark.parametrize("value", [-1, 3e9])
def test_a_metric_out_of_bounds_is_refused(value: float) -> None:
    with pytest.raises(Invalid):
        point("token.usage", value, type="input")


def test_the_log_wins_where_both_tell_and_the_metric_where_the_log_knows_less() -> None:
    for kind in (Kind.RESPONSE, Kind.SUGGESTION):
        assert LOGS.rank_of(kind) < METRICS.rank_of(kind)
    assert METRICS.rank_of(Kind.GIT) < LOGS.rank_of(Kind.GIT)
    assert METRICS.rank_of(Kind.ACTIVITY) == LOGS.rank_of(Kind.ACTIVITY)


def test_the_set_up_names_address_and_key_and_says_what_is_kept() -> None:
    shell_step, settings, managed = CLAUDE.steps("https://cards.example.com/otlp", "cci_abc")
    assert "export OTEL_EXPORTER_OTLP_ENDPOINT=https://cards.example.com/otlp\n" in shell_step.code
    assert "export OTEL_EXPORTER_OTLP_HEADERS='Authorization=Bearer cci_abc'\n" in shell_step.code
    for name in ("OTEL_METRICS_INCLUDE_REPOSITORY=true", "OTEL_LOG_TOOL_DETAILS=1", "CLAUDE_CODE_ENABLE_TELEMETRY=1"):
        assert f"export {name}\n" in shell_step.code
    assert json.loads(settings.code)["env"]["OTEL_EXPORTER_OTLP_HEADERS"] == "Authorization=Bearer cci_abc"
    assert json.loads(managed.code) == json.loads(settings.code)
    assert "dropped" in shell_step.note
    assert any("never its text" in kept for kept in CLAUDE.keeps)
