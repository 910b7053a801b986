"""Claude Code's words: log events with tool details on; delta metrics for lines, active time, commits and the like."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from events.schema import Activity, Event, Git, Prompt, Response, Suggestion, TestRun
from events.simulation import otlp
from events.simulation.otlp import Batch, Body, Log, Point
from events.simulation.work import Work

_LOGS, _METRICS = "com.anthropic.claude_code.events", "com.anthropic.claude_code"


def bodies(works: Sequence[Work]) -> Iterator[Body]:
    """Metrics first: for commits they are the better channel."""
    person = works[0].person
    counted = [Batch(_resource(work), _METRICS, _points(work)) for work in works]
    counted = [batch for batch in counted if batch.items]
    if counted:
        yield otlp.metrics(counted, person.sender, "delta", person.is_binary)
    yield otlp.logs([Batch(_resource(work), _LOGS, _logs(work)) for work in works], person.sender, person.is_binary)


def _resource(work: Work) -> dict[str, Any]:
    return {
        "host.arch": "arm64",
        "os.type": "darwin" if work.person.number % 3 else "linux",
        "os.version": "24.6.0",
        "service.name": "claude-code",
        "service.version": work.tool_version,
    }


def _common(work: Work) -> dict[str, Any]:
    told = {
        "user.id": work.person.device,
        "session.id": work.session,
        "terminal.type": "xterm-256color",
        "vcs.repository.url.full": f"https://{work.project.repository}",
    }
    return told | {"user.email": work.person.email} if work.person.telling == "email" else told


def _logs(work: Work) -> list[Log]:
    common, prompt, found = _common(work), "", []
    for number, event in enumerate(work.events):
        if isinstance(event, Prompt):
            prompt = event.id
        about: dict[str, Any] = {"event.timestamp": otlp.iso(event.at), "event.sequence": number, "prompt.id": prompt}
        if isinstance(event, Git):
            found += [_commit(work, event, common | about, *made) for made in _made(work, event)]
        at_ns = otlp.nanoseconds(event.at)
        for name, told in _said(work, event):
            found.append(Log(at_ns, f"claude_code.{name}", {**common, "event.name": name, **about, **told}))
    return found


def _said(work: Work, event: Event) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(event, Prompt):
        yield "user_prompt", {"prompt_length": "120", "prompt": "<REDACTED>"}
    elif isinstance(event, Response):
        yield "api_request", _request(event)
    elif isinstance(event, Suggestion):
        yield from _edit(event)
    elif isinstance(event, TestRun):
        told = {"full_command": work.project.command, "bash_command": work.project.command.split()[0]}
        yield "tool_result", _bash(event, otlp.text(told), event.outcome == "passed", event.duration_ms or 0)


def _made(work: Work, event: Git) -> list[tuple[datetime, str]]:
    """When commits were made and how they are called: a clone's invention where nobody ever heard of them again."""
    nobody_s = event.id.replace("-", "") + "00000000"
    return [(commit.at, commit.sha) for commit in work.commits] or [(event.at, nobody_s)]


def _commit(work: Work, event: Git, told: dict[str, Any], at: datetime, sha: str) -> Log:
    """The words of `git commit`, with the revision that it made."""
    line = otlp.text({"full_command": "git commit -m sample", "bash_command": "git"})
    of_commit = {
        **_bash(event, line, True, 300),
        "tool_use_id": f"toolu_{event.id}-{sha[:8]}",
        "event.name": "tool_result",
        "event.timestamp": otlp.iso(at),
        "vcs.ref.head.revision": sha,
        "vcs.ref.head.name": work.branch,
        "vcs.ref.head.type": "branch",
    }
    return Log(otlp.nanoseconds(at), "claude_code.tool_result", told | of_commit)


def _request(event: Response) -> dict[str, Any]:
    cost_usd = event.cost_usd or 0.0
    return {
        "model": event.model,
        "input_tokens": event.input_tokens,
        "output_tokens": event.output_tokens,
        "cache_read_tokens": event.cache_read_tokens,
        "cache_creation_tokens": event.cache_write_tokens,
        "cost_usd": cost_usd,
        "cost_usd_micros": round(cost_usd * 1e6),
        "duration_ms": event.duration_ms,
        "request_id": f"req_{event.id}",
        "speed": "normal",
        "query_source": "repl_main_thread",
    }


def _edit(event: Suggestion) -> Iterator[tuple[str, dict[str, Any]]]:
    is_accepted, call = event.outcome == "accepted", {"tool_name": "Edit", "tool_use_id": f"toolu_{event.id}"}
    by_person = "user_temporary" if is_accepted else "user_reject"
    yield (
        "tool_decision",
        {
            **call,
            "decision": "accept" if is_accepted else "reject",
            "source": by_person if event.decided_by == "person" else "config",
            "tool_source": "builtin",
        },
    )
    if is_accepted:
        details = otlp.text({"file_path": f"/home/sample/project/{event.path}", "new_string": "…"})
        yield "tool_result", {**call, "success": "true", "duration_ms": "12", "tool_input": details}


def _bash(event: Event, parameters: str, succeeded: bool, duration_ms: int) -> dict[str, Any]:
    told = {
        "tool_name": "Bash",
        "tool_use_id": f"toolu_{event.id}",
        "success": "true" if succeeded else "false",
        "duration_ms": str(duration_ms),
        "tool_parameters": parameters,
    }
    return told if succeeded else told | {"error_type": "ShellError"}


def _points(work: Work) -> list[Point]:
    common, start_ns = _common(work), otlp.nanoseconds(work.start)
    return [
        Point(f"claude_code.{name}", start_ns, otlp.nanoseconds(event.at), value, {**common, **told})
        for event in work.events
        for name, value, told in _counted(work, event)
        if value
    ]


def _counted(work: Work, event: Event) -> Iterator[tuple[str, float, dict[str, str]]]:
    if isinstance(event, Activity):
        model = {"model": event.model} if event.model else {}
        yield "lines_of_code.count", float(event.lines_added), {"type": "added", **model}
        yield "lines_of_code.count", float(event.lines_removed), {"type": "removed", **model}
        yield "active_time.total", event.active_seconds, {"type": "cli"}
    elif isinstance(event, Git):
        yield "commit.count", float(event.commits), {}
        yield "pull_request.count", float(event.pull_requests), {}
    elif isinstance(event, Response) and work.person.repeats_metrics:
        model = {"model": event.model or "", "query_source": "main"}
        for kind, tokens in zip(_KINDS, _tokens(event), strict=True):
            yield "token.usage", float(tokens), {"type": kind, **model}
        yield "cost.usage", event.cost_usd or 0.0, model


_KINDS = ("input", "output", "cacheRead", "cacheCreation")


def _tokens(event: Response) -> tuple[int, int, int, int]:
    return event.input_tokens, event.output_tokens, event.cache_read_tokens, event.cache_write_tokens
