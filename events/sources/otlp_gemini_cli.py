"""Gemini CLI.

It tells everything twice, as log records and as (by default cumulative) counters, both with the session. Log records
are better in every kind: each is one call with its own time, they know what the person changed of a proposal, and a
restart can't reset them. So they rank 10 and the counters 20, for tokens, requests, decisions and lines alike; of a
session whose log records don't arrive, the counters count. The `gen_ai.*` records and metrics tell the same a third
time and are ignored.

A tool call that nobody had to approve reads `accept` too (version 0.61 does so even with `--yolo`), so that a decision
is taken for a person's only in an interactive session. If edits are allowed there from the start, that is still wrong:
no record tells.
"""

from collections.abc import Iterator
from typing import Any, Literal

from events.schema import Activity, CounterName, Edit, Event, Prompt, Response, Suggestion
from events.sources import _counters, _fields, _repository, _tolerant
from events.sources._base import (
    Attributes,
    Channel,
    Context,
    DataPoint,
    Group,
    Parsed,
    Record,
    Source,
    Step,
    Unreadable,
)

LOGS = Channel("gemini_cli.logs", number=5, rank=10)
METRICS = Channel("gemini_cli.metrics", number=6, rank=20)

_EDIT_TOOLS = frozenset({"write_file", "replace", "edit"})
_COUNTS = ("input", "output", "cached_content", "thoughts", "tool")
_USED = frozenset({"tool_call", "token.usage", "api.request.count", "lines.changed", "tool.call.count"})
"""Of these only some are facts; the others are ignored and no surprise."""
_DECISIONS = frozenset({"accept", "auto_accept", "modify", "reject"})
_MOST_CHARACTERS = 1_000_000_000
_TOKENS: dict[str, tuple[CounterName, ...]] = {
    "cache": ("cache_read_tokens",),
    "output": ("output_tokens",),
    "thought": ("output_tokens", "reasoning_tokens"),
    "tool": ("input_tokens",),
}
_IGNORED = frozenset({
    "config", "api_request", "api_error", "file_operation", "edit_strategy", "model_routing", "startup_stats",
    "ripgrep_fallback", "plan.approval_mode_duration", "conversation_finished", "agent.start", "agent.finish",
    "agent.recovery_attempt", "slash_command", "slash_command.model", "hook_call", "rewind", "chat_compression",
    "approval_mode_switch", "approval_mode_duration", "plan_execution", "extension_install", "extension_uninstall",
    "extension_update", "extension_enable", "extension_disable", "next_speaker_check", "loop_detected",
    "flash_fallback", "tool_output_truncated", "tool_output_masking", "chat.content_retry",
    "chat.content_retry_failure", "chat.invalid_chunk", "web_fetch_fallback_attempt", "malformed_json_response",
    "ide_connection", "llm_loop_check", "edit_correction", "network_retry_attempt",
    "session.count", "tool.call.latency", "api.request.latency", "file.operation.count", "model_routing.latency",
    "startup.duration",
})  # fmt: skip


class GeminiCli(Source):
    name = "gemini-cli"
    label = "Gemini CLI"
    tool = "gemini-cli"
    channels = (LOGS, METRICS)
    keeps = (
        "when somebody prompted, never the prompt",
        "model, tokens, duration and number of model calls",
        "whether a proposed edit was accepted, modified or rejected, and its lines added and removed",
        "how much of a proposal the person rewrote before accepting it",
        "the session and the installation, never the command line that started it",
    )

    def recognises(self, resource: Attributes) -> bool:
        return resource.get("service.name") == "gemini-cli"

    def log(self, record: Record, parsed: Parsed, context: Context) -> None:
        match record.name:
            case "gemini_cli.user_prompt":
                parsed.add(self.name, LOGS, Prompt(id=_id("prompt", record), **_common(record)))
            case "gemini_cli.api_response":
                parsed.add(self.name, LOGS, _response(record))
            case "gemini_cli.tool_call" if _is_edit(record.attributes):
                self._edit(record, parsed)
            case name:
                self._leave("logs", name, parsed)

    def point(self, point: DataPoint, parsed: Parsed, context: Context) -> None:
        group = Group(self.name, METRICS, None)
        told = point.attributes
        match point.name:
            case "gemini_cli.token.usage" if point.type == "sum":
                _tokens(point, parsed, group)
            case "gemini_cli.api.request.count" if point.type == "sum" and _has_answer(told):
                _counters.tell(parsed, group, point, _no_response(point, "requests"), "requests")
            case "gemini_cli.lines.changed" if point.type == "sum":
                _lines(point, parsed, group)
            case "gemini_cli.tool.call.count" if point.type == "sum" and _is_edit(told):
                event = Suggestion(**_point_common(point, "count"), **_decision(told), count=0)
                _counters.tell(parsed, group, point, event, "count")
            case name:
                self._leave("metrics", name, parsed)

    def _edit(self, record: Record, parsed: Parsed) -> None:
        events = list(_edit_events(record))  # all of them, or none where one of its fields can't be read
        for event in events:
            parsed.add(self.name, LOGS, event)

    def _leave(self, signal: Literal["logs", "metrics"], name: str, parsed: Parsed) -> None:
        own = name.removeprefix("gemini_cli.")
        is_known = name.startswith("gen_ai.") or own in _IGNORED or own in _USED
        (parsed.ignore if is_known else parsed.not_known)(self.name, signal, name)

    def steps(self, url: str, key: str) -> list[Step]:
        settings = (
            '{\n  "telemetry": {\n    "enabled": true,\n    "target": "local",\n'
            f'    "otlpEndpoint": "{url}/k/{key}",\n'
            '    "otlpProtocol": "http",\n    "logPrompts": false,\n    "traces": false\n  }\n}\n'
        )
        return [
            Step(
                "Add to ~/.gemini/settings.json", settings, "json",
                "Gemini CLI has no setting for headers, so the key is part of the address. It logs prompts unless"
                " logPrompts is false.",
            ),
            Step("Use Gemini CLI as always", 'gemini "explain this repository"', "shell", "Numbers arrive in seconds."),
            Step(
                "For everybody on a machine, an administrator puts the same into the system settings", settings, "json",
                "/etc/gemini-cli/settings.json on Linux, /Library/Application Support/GeminiCli/settings.json on macOS,"
                " C:\\ProgramData\\gemini-cli\\settings.json on Windows. Use a key of the organization: people are then"
                " told apart by the Google account they are signed in with.",
            ),
        ]  # fmt: skip


def _common(record: Record) -> dict[str, Any]:
    """`service.version` is that of Node and not kept. The user's e-mail is told only after a login with Google."""
    return {"at": _fields.moment(record.attributes, record.time_ns, record.observed_ns)} | _who(
        record.attributes, record.resource
    )


def _who(told: Attributes, resource: Attributes) -> dict[str, Any]:
    key = _fields.KEY
    return {
        "tool": GeminiCli.tool,
        "session": _fields.text(told, "session.id", key) or _fields.text(resource, "session.id", key),
        "model": _fields.word(told, "model"),
        "repository": _repository.repository(resource),
        "email": _fields.text(told, "user.email"),
        "user": _fields.text(told, "installation.id"),
    }


def _id(kind: str, record: Record, *parts: object) -> str:
    """`prompt_id` alone won't do: all prompts and calls of a headless session have the same."""
    told, resource = record.attributes, record.resource
    session = _fields.text(told, "session.id", _fields.KEY) or _fields.text(resource, "session.id", _fields.KEY)
    when = _fields.text(told, "event.timestamp") or record.time_ns or record.observed_ns
    return _fields.digest(kind, session, when, _fields.text(told, "prompt_id", _fields.KEY), *parts)


def _response(record: Record) -> Response:
    told = record.attributes
    tokens = [_fields.count(told, f"{kind}_token_count", _fields.TOKENS) for kind in _COUNTS]
    whole, output, cached, thoughts, tool = tokens
    return Response(
        id=_id("response", record, _fields.text(told, "model"), _fields.text(told, "role"), *tokens),
        **_common(record),
        input_tokens=_total(max(0, whole - cached), tool), output_tokens=_total(output, thoughts),
        cache_read_tokens=cached, reasoning_tokens=thoughts, duration_ms=_fields.milliseconds(told, "duration_ms"),
    )  # fmt: skip


def _total(*tokens: int) -> int:
    return _fields.whole(sum(tokens), "the number of tokens", _fields.TOKENS)


def _has_answer(told: Attributes) -> bool:
    """Only answered requests, like the records. A failed one is counted twice, once without its `error_type`."""
    return 200 <= _fields.count(told, "status_code", upper=1_000_000) < 300


def _is_edit(told: Attributes) -> bool:
    """A decision on code: a call that failed although it was approved changed nothing and is none."""
    if _fields.text(told, "function_name") not in _EDIT_TOOLS:
        return False
    decision = _fields.word(told, "decision")
    return decision == "reject" or (decision in _DECISIONS and _fields.flag(told, "success") is not False)


def _decision(told: Attributes) -> dict[str, Any]:
    decision = _fields.word(told, "decision")
    was_asked = decision != "auto_accept" and _fields.flag(told, "interactive") is not False
    return {
        "outcome": "rejected" if decision == "reject" else "accepted",
        "decided_by": "person" if was_asked else "rule",
        "modified": decision == "modify",
    }


class _Size:
    """The sizes of a proposed change, from the JSON that `metadata` holds as text: 0 for what it doesn't tell."""

    def __init__(self, told: Attributes) -> None:
        metadata = told.get("metadata")
        try:
            known = _tolerant.load(metadata.encode()) if isinstance(metadata, str) else {}
        except (Unreadable, UnicodeEncodeError):
            known = {}
        self.known: Attributes = known if isinstance(known, dict) else {}

    def lines(self, key: str) -> int:
        return _fields.count(self.known, key, _fields.LINES)

    def distance(self) -> float | None:
        """How much of the proposal's text the person rewrote: what changed, of both texts together."""
        proposed = _fields.count(self.known, "model_added_chars", _MOST_CHARACTERS)
        added = _fields.count(self.known, "user_added_chars", _MOST_CHARACTERS)
        removed = _fields.count(self.known, "user_removed_chars", _MOST_CHARACTERS)
        both = proposed + max(0, proposed - removed) + added
        return min(1.0, (added + removed) / both) if both else None


def _edit_events(record: Record) -> Iterator[Event]:
    told, common, size = record.attributes, _common(record), _Size(record.attributes)
    decision = _fields.word(told, "decision")
    added, removed = size.lines("model_added_lines"), size.lines("model_removed_lines")
    yield Suggestion(
        id=_id("decision", record), **common, **_decision(told), lines_added=added, lines_removed=removed
    )  # fmt: skip
    if decision == "reject":
        return
    if added or removed:
        yield Activity(id=_id("lines", record), **common, lines_added=added, lines_removed=removed)
    own_added, own_removed = size.lines("user_added_lines"), size.lines("user_removed_lines")
    if own_added or own_removed:
        yield Activity(
            id=_id("own lines", record), **common, origin="human", lines_added=own_added, lines_removed=own_removed
        )  # fmt: skip
    if decision == "modify" and (distance := size.distance()) is not None:
        yield Edit(
            id=_id("edit", record), **common, horizon="minutes", distance=distance,
            lines=added, lines_kept=max(0, added - own_removed),
        )  # fmt: skip


def _tokens(point: DataPoint, parsed: Parsed, group: Group) -> None:
    kind = _fields.word(point.attributes, "type") or ""
    if kind == "input":
        _counters.tell_whole(parsed, group, point, _no_response(point, "input_tokens"), without="type")
        return
    if kind == "cache":
        _counters.tell_part(parsed, point, kind, without="type")
    for counter in _TOKENS.get(kind, ()):
        _counters.tell(parsed, group, point, _no_response(point, counter), counter)
    if kind not in _TOKENS:
        parsed.not_known(GeminiCli.name, "metrics", point.name)


def _lines(point: DataPoint, parsed: Parsed, group: Group) -> None:
    kind = _fields.word(point.attributes, "type")
    if kind == "added":
        _counters.tell(parsed, group, point, Activity(**_point_common(point, "lines_added")), "lines_added")
    elif kind == "removed":
        _counters.tell(parsed, group, point, Activity(**_point_common(point, "lines_removed")), "lines_removed")
    else:
        parsed.not_known(GeminiCli.name, "metrics", point.name)


def _no_response(point: DataPoint, counter: CounterName) -> Response:
    return Response(**_point_common(point, counter), requests=0)


def _point_common(point: DataPoint, counter: CounterName) -> dict[str, Any]:
    told = {"id": _counters.id_of(point, counter), "at": _fields.moment({}, point.time_ns)}
    return told | _who(point.attributes, point.resource)
