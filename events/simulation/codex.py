"""Codex's words: log records, of which each model call has two and only the second tells tokens, as text."""

from collections.abc import Iterator, Sequence
from typing import Any

from events.schema import Activity, Event, Prompt, Response, Suggestion
from events.simulation import otlp
from events.simulation.otlp import Batch, Body, Log
from events.simulation.work import Work


def bodies(works: Sequence[Work]) -> Iterator[Body]:
    person = works[0].person
    batches = [Batch(_resource(work), "codex_otel.log_only", _logs(work)) for work in works]
    yield otlp.logs(batches, person.sender, person.is_binary)


def _resource(work: Work) -> dict[str, Any]:
    return {
        "service.name": "codex_cli_rs",
        "service.version": work.tool_version,
        "env": "prod",
        "vcs.repository.url.full": f"https://{work.project.repository}",
    }


def _logs(work: Work) -> list[Log]:
    common = {
        "conversation.id": work.session,
        "app.version": work.tool_version,
        "originator": "codex_cli_rs",
        "terminal.type": "xterm-256color",
        "user.account_id": work.person.device[:32],
    }
    if work.person.telling == "email":
        common["user.email"] = work.person.email
    found, call = [], ""
    for event in work.events:
        if isinstance(event, Suggestion):
            call = event.id
        at_ns = otlp.nanoseconds(event.at)
        for name, told in _said(event, call):
            about = {"event.name": f"codex.{name}", "event.timestamp": otlp.iso(event.at)}
            found.append(Log(at_ns, "", {**about, **common, **told}))
    return found


def _said(event: Event, call: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(event, Prompt):
        yield "user_prompt", {"prompt_length": "120", "prompt": "[REDACTED]"}
    elif isinstance(event, Response):
        yield "sse_event", {"event.kind": "response.completed", "model": event.model}
        yield "sse_event", _completed(event)
    elif isinstance(event, Suggestion):
        yield (
            "tool_decision",
            {
                "tool_name": "apply_patch",
                "call_id": call,
                "decision": "approved" if event.outcome == "accepted" else "denied",
                "source": "User" if event.decided_by == "person" else "Config",
            },
        )
    elif isinstance(event, Activity):
        lines = "+…\n" * event.lines_added + "-…\n" * event.lines_removed
        yield (
            "tool_result",
            {
                "tool_name": "apply_patch",
                "call_id": call,
                "duration_ms": "15",
                "success": "true",
                "arguments": f"*** Begin Patch\n*** Update File: {event.path}\n{lines}*** End Patch",
            },
        )


def _completed(event: Response) -> dict[str, Any]:
    """Input includes what came from cache, output includes reasoning."""
    whole = event.input_tokens + event.cache_read_tokens + event.cache_write_tokens
    return {
        "event.kind": "response.completed",
        "model": event.model,
        "input_token_count": str(whole),
        "output_token_count": str(event.output_tokens),
        "cached_token_count": event.cache_read_tokens,
        "cache_write_token_count": event.cache_write_tokens,
        "reasoning_token_count": event.reasoning_tokens,
        "tool_token_count": str(whole + event.output_tokens),
    }
