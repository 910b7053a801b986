"""Gemini CLI's words: log records, and the same once more as cumulative metrics, always JSON."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from events.schema import Event, Prompt, Response, Suggestion
from events.simulation import otlp
from events.simulation.otlp import Batch, Body, Log, Point
from events.simulation.work import Work


def bodies(works: Sequence[Work]) -> Iterator[Body]:
    """Events first, as the client does: its metrics come every ten seconds and at the end."""
    sender = works[0].person.sender
    yield otlp.logs([Batch(_resource(work), "gemini-cli", _logs(work)) for work in works], sender)
    yield otlp.metrics([Batch(_resource(work), "gemini-cli", _points(work)) for work in works], sender, "cumulative")


def _resource(work: Work) -> dict[str, Any]:
    """`service.version` is that of Node, as the client tells it."""
    return {
        "service.name": "gemini-cli",
        "service.version": "v20.20.2",
        "session.id": work.session,
        "vcs.repository.url.full": f"https://{work.project.repository}",
    }


def _common(work: Work) -> dict[str, Any]:
    told = {"session.id": work.session, "installation.id": work.person.device[:32], "interactive": True}
    return told | {"user.email": work.person.email} if work.person.telling == "email" else told


def _logs(work: Work) -> list[Log]:
    common, prompt, found = _common(work), "", []
    for event in work.events:
        if isinstance(event, Prompt):
            prompt = event.id
        at_ns = otlp.nanoseconds(event.at)
        for name, told in _said(event):
            about = {"event.name": f"gemini_cli.{name}", "event.timestamp": otlp.iso(event.at), "prompt_id": prompt}
            found.append(Log(at_ns, f"{name}.", {**common, **about, **told}))
    return found


def _said(event: Event) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(event, Prompt):
        yield "user_prompt", {"prompt_length": 120, "auth_type": "oauth-personal"}
    elif isinstance(event, Response):
        yield (
            "api_response",
            {
                "model": event.model,
                "status_code": 200,
                "duration_ms": event.duration_ms,
                "input_token_count": event.input_tokens + event.cache_read_tokens,
                "output_token_count": event.output_tokens - event.reasoning_tokens,
                "cached_content_token_count": event.cache_read_tokens,
                "thoughts_token_count": event.reasoning_tokens,
                "tool_token_count": 0,
                "role": "main",
            },
        )
    elif isinstance(event, Suggestion):
        yield "tool_call", _call(event)


def _call(event: Suggestion) -> dict[str, Any]:
    decision = "accept" if event.outcome == "accepted" else "reject"
    if event.decided_by == "rule":
        decision = "auto_accept"
    sizes = {
        "model_added_lines": event.lines_added,
        "model_removed_lines": event.lines_removed,
        "model_added_chars": event.lines_added * 32,
    }
    if event.modified:
        decision = "modify"
        sizes |= {"user_added_lines": 2, "user_removed_lines": 1, "user_added_chars": 60, "user_removed_chars": 30}
    return {
        "function_name": "replace",
        "decision": decision,
        "success": True,
        "duration_ms": 14,
        "tool_type": "native",
        "metadata": otlp.text(sizes),
    }


def _points(work: Work) -> list[Point]:
    """The running totals, once at the end of the session: the client tells them every ten seconds."""
    totals: defaultdict[tuple[str, str], int] = defaultdict(int)
    for event in work.events:
        if isinstance(event, Response) and event.model:
            for kind, tokens in _tokens(event):
                totals[event.model, kind] += tokens
    start_ns, at_ns = otlp.nanoseconds(work.start), otlp.nanoseconds(work.events[-1].at)
    return [
        Point("gemini_cli.token.usage", start_ns, at_ns, float(tokens), {**_common(work), "model": model, "type": kind})
        for (model, kind), tokens in totals.items()
    ]


def _tokens(event: Response) -> tuple[tuple[str, int], ...]:
    return (
        ("input", event.input_tokens + event.cache_read_tokens),
        ("output", event.output_tokens - event.reasoning_tokens),
        ("cache", event.cache_read_tokens),
        ("thought", event.reasoning_tokens),
    )
