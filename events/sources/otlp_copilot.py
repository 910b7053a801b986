"""GitHub Copilot: its command line (`github-copilot`) and its chat in VS Code (`copilot-chat`).

Command line: model calls come as `chat` spans, which know the conversation; the counters of the same tokens don't and
rank behind them. Lines changed are told by counters only. A prompt is the root `invoke_agent` span: a sub-agent's has
an agent's name, and a call's `initiator` says `agent` where the first call of a prompt had to be repeated.

VS Code: model calls and prompts come as the same spans; a sub-agent's, and those for titles and the like, name the
chat they belong to as parent. Decisions come as events (`edit.hunk.action`, `edit.feedback` for a file as a whole,
`inline.done`), each told once more by the counter `edit.acceptance.count`, so events rank before counters here too,
with lines alike. The token histogram doesn't tell what came from cache and is left out.

Channels are compared within the exporter's instance or window, since the counters have no session. The cost that
Copilot tells is in premium requests, not in dollars, and is left out.
"""

from typing import Any, Literal

from events.schema import Activity, CounterName, Edit, Prompt, Response, Suggestion
from events.sources import _counters, _fields, _languages, _repository
from events.sources._base import (
    Attributes,
    Channel,
    Context,
    DataPoint,
    Group,
    Parsed,
    Record,
    Source,
    Span,
    Step,
    place_of,
)

SPANS = Channel("copilot.spans", number=8, rank=10)
LOGS = Channel("copilot.logs", number=9, rank=10)
METRICS = Channel("copilot.metrics", number=10, rank=20)

_TOOLS = {"github-copilot": "copilot", "copilot-chat": "copilot-chat"}
_SURVIVAL_MS = 15 * 60_000
"""The last and longest of the delays at which VS Code looks what is left of an edit."""
_USAGE = "gen_ai.client.inference.usage."
_COUNTERS: dict[str, tuple[CounterName, ...]] = {
    f"{_USAGE}output_tokens": ("output_tokens",),
    f"{_USAGE}cache_read.input_tokens": ("cache_read_tokens",),
    f"{_USAGE}cache_write.input_tokens": ("cache_write_tokens",),
    f"{_USAGE}reasoning.output_tokens": ("reasoning_tokens",),
}
_LINES: dict[str, Literal["lines_added", "lines_removed"]] = {
    "github.copilot.code.lines_added": "lines_added",
    "github.copilot.code.lines_removed": "lines_removed",
    "added": "lines_added",
    "removed": "lines_removed",
}
_OUTCOMES = frozenset({"accepted", "rejected"})
_IGNORED_EVENTS = frozenset(
    {
        "session.start",
        "tool.call",
        "agent.turn",
        "edit.hunk.action",
        "edit.feedback",
        "inline.done",
        "edit.survival",
        "user.feedback",
        "cloud.session.invoke",
    }
)
_IGNORED_METRICS = frozenset({
    "copilot_chat.tool.call.count", "copilot_chat.tool.call.duration", "copilot_chat.agent.invocation.duration",
    "copilot_chat.agent.turn.count", "copilot_chat.session.count", "copilot_chat.time_to_first_token",
    "copilot_chat.edit.acceptance.count", "copilot_chat.chat_edit.outcome.count", "copilot_chat.lines_of_code.count",
    "copilot_chat.edit.survival.four_gram", "copilot_chat.edit.survival.no_revert", "copilot_chat.user.action.count",
    "copilot_chat.user.feedback.count", "copilot_chat.agent.edit_response.count",
    "copilot_chat.agent.summarization.count", "copilot_chat.pull_request.count", "copilot_chat.cloud.session.count",
    "copilot_chat.cloud.error.count", "github.copilot.tool.call.count", "github.copilot.tool.call.duration",
    "github.copilot.agent.turn.count", "github.copilot.sandbox.operation.count",
    "github.copilot.mcp.server.connection.count",
})  # fmt: skip


class Copilot(Source):
    name = "copilot"
    label = "GitHub Copilot"
    tool = "copilot"
    tools = tuple(_TOOLS.values())
    channels = (SPANS, LOGS, METRICS)
    keeps = (
        "when somebody prompted, never the prompt",
        "model, tokens, duration and number of model calls",
        "lines added and removed",
        "in VS Code: whether an edit was kept or undone, with language, kind of file, repository and branch",
        "in VS Code: how much of an edit was left after 15 minutes",
    )

    def recognises(self, resource: Attributes) -> bool:
        service = resource.get("service.name")
        return isinstance(service, str) and service in _TOOLS

    def span(self, span: Span, parsed: Parsed, context: Context) -> None:
        operation = span.attributes.get("gen_ai.operation.name") or span.name.partition(" ")[0]
        if operation == "chat" and not span.is_error:
            parsed.add(self.name, SPANS, _response(span), _scope(span.resource))
        elif operation == "invoke_agent" and _is_prompt(span):
            prompt = Prompt(id=_span_id("prompt", span), at=_fields.moment({}, span.start_ns), **_of_span(span))
            parsed.add(self.name, SPANS, prompt, _scope(span.resource))
        else:
            parsed.ignore(self.name, "traces", str(operation))

    def log(self, record: Record, parsed: Parsed, context: Context) -> None:
        told = record.attributes
        match record.name.removeprefix("copilot_chat."):
            case "edit.hunk.action" | "edit.feedback" if _fields.word(told, "outcome") in _OUTCOMES:
                _decision(record, parsed, context, is_accepted=_fields.word(told, "outcome") == "accepted")
            case "inline.done" if (is_accepted := _fields.flag(told, "accepted")) is not None:
                _decision(record, parsed, context, is_accepted=is_accepted)
            case "edit.survival" if _is_final(told):
                _survival(record, parsed, context)
            case name if name in _IGNORED_EVENTS or name.startswith("gen_ai."):
                parsed.ignore(self.name, "logs", record.name)
            case _:
                parsed.not_known(self.name, "logs", record.name)

    def point(self, point: DataPoint, parsed: Parsed, context: Context) -> None:
        group = Group(self.name, METRICS, _scope(point.resource))
        if point.type != "sum":
            self._leave(point, parsed)
        elif point.name.startswith(_USAGE):
            self._tokens(point, parsed, group)
        elif point.name in _LINES:
            _tell_lines(parsed, group, point, _LINES[point.name])
        elif point.name == "copilot_chat.lines_of_code.count" and (counter := _LINES.get(_word(point, "type"))):
            _tell_lines(parsed, group, point, counter)
        elif point.name == "copilot_chat.edit.acceptance.count" and _word(point, _OUTCOME) in _OUTCOMES:
            _tell_decisions(parsed, group, point)
        else:
            self._leave(point, parsed)

    def _tokens(self, point: DataPoint, parsed: Parsed, group: Group) -> None:
        if point.name == f"{_USAGE}input_tokens":
            _counters.tell_whole(parsed, group, point, _no_response(point, "input_tokens"), without="")
            return
        if point.name.endswith(("cache_read.input_tokens", "cache_write.input_tokens")):
            _counters.tell_part(parsed, point, point.name, without="")
        for counter in _COUNTERS.get(point.name, ()):
            _counters.tell(parsed, group, point, _no_response(point, counter), counter)
        if point.name not in _COUNTERS:
            parsed.not_known(self.name, "metrics", point.name)

    def _leave(self, point: DataPoint, parsed: Parsed) -> None:
        is_known = point.name in _IGNORED_METRICS or point.name.startswith("gen_ai.")
        (parsed.ignore if is_known else parsed.not_known)(self.name, "metrics", point.name)

    def steps(self, url: str, key: str) -> list[Step]:
        environment = (
            "export COPILOT_OTEL_ENABLED=true\n"
            f"export OTEL_EXPORTER_OTLP_ENDPOINT={url}\n"
            f'export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer {key}"\n'
        )
        settings = (
            '{\n  "github.copilot.chat.otel.enabled": true,\n'
            '  "github.copilot.chat.otel.exporterType": "otlp-http",\n'
            f'  "github.copilot.chat.otel.otlpEndpoint": "{url}/k/{key}",\n'
            '  "github.copilot.chat.otel.captureContent": false\n}\n'
        )
        return [
            Step("In the terminal: add to your shell's profile", environment, "shell", "For the command `copilot`."),
            Step(
                "In VS Code: add to settings.json, then reload the window", settings, "json",
                "The settings have none for headers, so the key is part of the address.",
            ),
        ]  # fmt: skip


_OUTCOME = "copilot_chat.edit.outcome"
_LANGUAGE = "copilot_chat.language_id"


def _scope(resource: Attributes) -> str | None:
    """The exporter's process. Its name may be that of a host, and is only compared: kept as its digest."""
    key = _fields.KEY
    told = _fields.text(resource, "service.instance.id", key) or _fields.text(resource, "session.id", key)
    return told and _fields.digest(told)


def _common(told: Attributes, resource: Attributes) -> dict[str, Any]:
    return {
        "tool": _TOOLS[resource["service.name"]],
        "tool_version": _fields.text(resource, "service.version"),
        "repository": _where(told) or _repository.repository(resource),
        "branch": _fields.text(told, "github.copilot.git.branch")
        or _fields.text(told, "copilot_chat.repo.head_branch_name"),
        "user": _fields.text(told, "enduser.pseudo.id") or _fields.text(resource, "enduser.pseudo.id"),
    }


def _where(told: Attributes) -> str | None:
    remote = _fields.text(told, "github.copilot.git.repository", 1000)
    remote = remote or _fields.text(told, "copilot_chat.repo.remote_url", 1000)
    return remote and (_repository.normalise(remote) or _repository.normalise(f"https://{remote}"))


def _of_span(span: Span) -> dict[str, Any]:
    told = span.attributes
    sessions = (_fields.text(told, key, _fields.KEY) for key in _SESSIONS)
    model = _fields.word(told, "gen_ai.response.model") or _fields.word(told, "gen_ai.request.model")
    return _common(told, span.resource) | {"session": next(filter(None, sessions), None), "model": model}


_SESSIONS = ("copilot_chat.parent_chat_session_id", "gen_ai.conversation.id", "copilot_chat.chat_session_id")


def _span_id(kind: str, span: Span) -> str:
    return _fields.digest(kind, span.span_id, span.start_ns, _scope(span.resource))


def _is_prompt(span: Span) -> bool:
    told = span.attributes
    if span.resource.get("service.name") == "github-copilot":
        return not told.get("gen_ai.agent.name")
    return not told.get("copilot_chat.parent_chat_session_id")


def _response(span: Span) -> Response:
    told = span.attributes
    whole, output, cached, written, created, reasoning, thought = (
        _fields.count(told, f"gen_ai.usage.{kind}", _fields.TOKENS) for kind in _KINDS
    )
    written = written or created
    return Response(
        id=_fields.text(told, "gen_ai.response.id", _fields.KEY) or _span_id("response", span),
        at=_fields.moment({}, span.end_ns, span.start_ns), **_of_span(span),
        input_tokens=max(0, whole - cached - written), output_tokens=output,
        cache_read_tokens=cached, cache_write_tokens=written, reasoning_tokens=reasoning or thought,
        duration_ms=_duration_ms(span),
    )  # fmt: skip


_KINDS = (
    "input_tokens", "output_tokens", "cache_read.input_tokens", "cache_write.input_tokens",
    "cache_creation.input_tokens", "reasoning.output_tokens", "reasoning_tokens",
)  # fmt: skip


def _duration_ms(span: Span) -> int | None:
    duration_ms = (span.end_ns - span.start_ns) // 1_000_000
    return duration_ms if span.start_ns and 0 <= duration_ms <= _fields.MILLISECONDS else None


def _of_record(record: Record, context: Context) -> dict[str, Any]:
    """Events of the editor tell the file, which stays behind as language, kind and keyed hash, but no session."""
    told = record.attributes
    common = _common(told, record.resource)
    common["at"] = _fields.moment(told, record.time_ns, record.observed_ns)
    common["language"] = _language(told, "language_id")
    if path := _fields.text(told, "copilot_chat.file.relative_path", 4096):
        told = common["language"]
        common |= place_of(path, context)._asdict()
        common["language"] = told or common["language"]
    return common


def _language(told: Attributes, key: str) -> str | None:
    name = _fields.text(told, key)
    return name and _languages.spelled(name)


def _id(kind: str, record: Record) -> str:
    """One request has several hunks, at times decided in one moment: all that is told of each tells them apart."""
    return _fields.digest(
        kind, record.time_ns or record.observed_ns, _scope(record.resource), sorted(record.attributes.items(), key=str)
    )


def _decision(record: Record, parsed: Parsed, context: Context, *, is_accepted: bool) -> None:
    common, scope = _of_record(record, context), _scope(record.resource)
    added = _fields.count(record.attributes, "lines_added", _fields.LINES)
    removed = _fields.count(record.attributes, "lines_removed", _fields.LINES)
    parsed.add(Copilot.name, LOGS, Suggestion(
        id=_id("decision", record), **common, outcome="accepted" if is_accepted else "rejected", decided_by="person",
        lines_added=added, lines_removed=removed,
    ), scope)  # fmt: skip
    if is_accepted and (added or removed):
        lines = Activity(id=_id("lines", record), **common, lines_added=added, lines_removed=removed)
        parsed.add(Copilot.name, LOGS, lines, scope)


def _is_final(told: Attributes) -> bool:
    """A switch of branches moves the text from under the measure."""
    delay_ms = _fields.milliseconds(told, "time_delay_ms") or 0
    return delay_ms >= _SURVIVAL_MS and not _fields.flag(told, "did_branch_change")


def _survival(record: Record, parsed: Parsed, context: Context) -> None:
    kept = _fields.number(record.attributes, "survival_rate_four_gram", 1)
    if kept is None:
        parsed.ignore(Copilot.name, "logs", record.name)
        return
    edit = Edit(id=_id("edit", record), **_of_record(record, context), horizon="minutes", distance=1 - kept)
    parsed.add(Copilot.name, LOGS, edit, _scope(record.resource))


def _word(point: DataPoint, key: str) -> str:
    return _fields.word(point.attributes, key) or ""


def _of_point(point: DataPoint, counter: CounterName) -> dict[str, Any]:
    told = point.attributes
    model = _fields.word(told, "gen_ai.response.model") or _fields.word(told, "gen_ai.request.model")
    return _common(told, point.resource) | {
        "id": _counters.id_of(point, counter),
        "at": _fields.moment({}, point.time_ns),
        "model": model,
        "language": _language(told, _LANGUAGE) or _language(told, "language_id"),
    }


def _no_response(point: DataPoint, counter: CounterName) -> Response:
    return Response(**_of_point(point, counter), requests=0)


def _tell_lines(
    parsed: Parsed, group: Group, point: DataPoint, counter: Literal["lines_added", "lines_removed"]
) -> None:
    _counters.tell(parsed, group, point, Activity(**_of_point(point, counter)), counter)


def _tell_decisions(parsed: Parsed, group: Group, point: DataPoint) -> None:
    is_accepted = _word(point, _OUTCOME) == "accepted"
    event = Suggestion(
        **_of_point(point, "count"), outcome="accepted" if is_accepted else "rejected", decided_by="person", count=0,
    )  # fmt: skip
    _counters.tell(parsed, group, point, event, "count")
