"""Copilot's words: spans for prompts and model calls; the command line counts lines, VS Code tells each edit's fate."""

from collections.abc import Iterator, Sequence
from typing import Any

from events.schema import Activity, Edit, Event, Prompt, Response, Suggestion
from events.simulation import otlp
from events.simulation.otlp import Batch, Body, Log, Point, Span
from events.simulation.work import Work

_SERVICES = {"copilot": "github-copilot", "copilot-chat": "copilot-chat"}


def bodies(works: Sequence[Work]) -> Iterator[Body]:
    sender, tool = works[0].person.sender, works[0].tool
    scope = "github.copilot" if tool == "copilot" else "copilot-chat"
    yield otlp.traces([Batch(_resource(work), scope, _spans(work)) for work in works], sender)
    if tool == "copilot":
        batches = [Batch(_resource(work), scope, _points(work)) for work in works]
        if any(batch.items for batch in batches):
            yield otlp.metrics([batch for batch in batches if batch.items], sender, "cumulative")
        return
    told = [Batch(_resource(work), scope, _logs(work)) for work in works]
    if any(batch.items for batch in told):
        yield otlp.logs([batch for batch in told if batch.items], sender)


def _resource(work: Work) -> dict[str, Any]:
    scope = "service.instance.id" if work.tool == "copilot" else "session.id"
    told = {
        "service.name": _SERVICES[work.tool],
        "service.version": work.tool_version,
        scope: f"window-{work.session}",
    }
    return told | {"enduser.pseudo.id": work.person.device[:24]} if work.tool == "copilot" else told


def _spans(work: Work) -> list[Span]:
    conversation = {"gen_ai.conversation.id": work.session}
    where = {
        "github.copilot.git.repository": work.project.repository,
        "github.copilot.git.branch": work.branch,
    }
    common = conversation | where if work.tool == "copilot-chat" else conversation
    return [span for event in work.events if (span := _span(event, common))]


def _span(event: Event, common: dict[str, str]) -> Span | None:
    end_ns, span_id = otlp.nanoseconds(event.at), event.id.replace("-", "")[:16]
    if isinstance(event, Prompt):
        agent = {**common, "gen_ai.operation.name": "invoke_agent"}
        return Span("invoke_agent", span_id, end_ns, end_ns + 1_000_000, agent)
    if not isinstance(event, Response):
        return None
    told: dict[str, Any] = {
        **common,
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": event.model or "",
        "gen_ai.response.model": event.model or "",
        "gen_ai.response.id": f"resp_{event.id}",
        "gen_ai.usage.input_tokens": event.input_tokens + event.cache_read_tokens + event.cache_write_tokens,
        "gen_ai.usage.output_tokens": event.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": event.cache_read_tokens,
        "gen_ai.usage.reasoning.output_tokens": event.reasoning_tokens,
    }
    return Span(f"chat {event.model}", span_id, end_ns - (event.duration_ms or 0) * 1_000_000, end_ns, told)


def _points(work: Work) -> list[Point]:
    start_ns = otlp.nanoseconds(work.start)
    found = []
    for event in work.events:
        if isinstance(event, Activity):
            at_ns = otlp.nanoseconds(event.at)
            for kind, lines in (("added", event.lines_added), ("removed", event.lines_removed)):
                found.append(Point(f"github.copilot.code.lines_{kind}", start_ns, at_ns, float(lines), {}))
    return found


def _logs(work: Work) -> list[Log]:
    where = {
        "github.copilot.git.repository": work.project.repository,
        "copilot_chat.repo.head_branch_name": work.branch,
    }
    found = []
    for event in work.events:
        about: dict[str, Any] = {**where, "event.timestamp": otlp.iso(event.at), "request_id": event.id}
        if event.path:
            about["copilot_chat.file.relative_path"] = event.path
        at_ns = otlp.nanoseconds(event.at)
        if isinstance(event, Suggestion):
            found.append(Log(at_ns, "", {**about, **_hunk(event)}))
        elif isinstance(event, Edit):
            found.append(Log(at_ns, "", {**about, **_survival(event)}))
    return found


def _hunk(event: Suggestion) -> dict[str, Any]:
    return {
        "event.name": "copilot_chat.edit.hunk.action",
        "outcome": event.outcome,
        "line_count": event.lines_added,
        "lines_added": event.lines_added,
        "lines_removed": event.lines_removed,
    }


def _survival(event: Edit) -> dict[str, Any]:
    return {
        "event.name": "copilot_chat.edit.survival",
        "edit_source": "chat",
        "survival_rate_four_gram": 1 - event.distance,
        "survival_rate_no_revert": 1.0,
        "time_delay_ms": 900_000,
        "did_branch_change": False,
    }
