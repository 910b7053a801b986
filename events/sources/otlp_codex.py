"""Codex CLI, its editor extension and its app server.

Only the log records count. The metrics tell the same tokens again without saying whose or of which conversation, so
they are counted in data health and never stored; so are the traces, about 170 kinds of spans of its insides.

A `codex.tool_result` carries the call's arguments and output in clear whatever is configured. From those of a shell
call come which test runner or git command it was and its exit status (`success` only says that it ran), from those of
a patch the lines per file; nothing else of them leaves this file.
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from events.schema import Activity, Git, Prompt, Response, Suggestion, TestRun
from events.sources import _fields, _repository, _shell, _tolerant
from events.sources._base import (
    Attributes,
    Channel,
    Context,
    DataPoint,
    Parsed,
    Record,
    Source,
    Span,
    Step,
    Unreadable,
    place_of,
)

LOGS = Channel("codex.logs", number=3, rank=10)

_CODE_TOOLS = frozenset({"apply_patch"})
_SHELL_TOOLS = frozenset({"exec_command", "shell", "shell_command", "local_shell", "container.exec"})
_REFUSED = frozenset({"denied", "abort"})
_MOST_FILES = 1000  # of one patch
_IGNORED = frozenset({
    "codex.conversation_starts", "codex.api_request", "codex.websocket_connect", "codex.websocket_request",
    "codex.auth_recovery", "codex.turn_ttft", "codex.startup_phase",
})  # fmt: skip
_STATUS = re.compile(r"^(?:Process exited with code|Exit code:) (?P<code>-?\d{1,5})$", re.MULTILINE)
_FILE = re.compile(r"\*\*\* (?P<what>Add|Update|Delete) File: (?P<path>.{1,4096})")


class Codex(Source):
    name = "codex"
    label = "Codex"
    tool = "codex"
    channels = (LOGS,)
    keeps = (
        "when somebody prompted, never the prompt",
        "model, tokens and number of model calls",
        "whether a patch was approved or denied, and by whom: a person or a rule",
        "lines added and removed by applied patches, with language and kind of file",
        "that tests, commits and pushes were run, and whether they passed: never the command",
    )

    def recognises(self, resource: Attributes) -> bool:
        service = resource.get("service.name")
        return isinstance(service, str) and re.match(r"codex\b|codex_", service, re.ASCII) is not None

    def log(self, record: Record, parsed: Parsed, context: Context) -> None:
        match record.name:
            case "codex.user_prompt":
                parsed.add(self.name, LOGS, Prompt(id=_id("prompt", record), **_common(record)))
            case "codex.sse_event" | "codex.websocket_event":
                self._stream_event(record, parsed)
            case "codex.tool_decision":
                self._decision(record, parsed)
            case "codex.tool_result":
                self._result(record, parsed, context)
            case name if name.startswith("codex.") and name not in _IGNORED:
                parsed.not_known(self.name, "logs", name)
            case name:
                # Its other scopes log for debugging and name no event.
                parsed.ignore(self.name, "logs", name if name in _IGNORED else record.scope)

    def point(self, point: DataPoint, parsed: Parsed, context: Context) -> None:
        parsed.ignore(self.name, "metrics", point.name)

    def span(self, span: Span, parsed: Parsed, context: Context) -> None:
        parsed.ignore(self.name, "traces", "spans")

    def _stream_event(self, record: Record, parsed: Parsed) -> None:
        """Each call has two `response.completed` records, and only one of them tells tokens."""
        told = record.attributes
        if _fields.word(told, "event.kind") != "response.completed" or told.get("input_token_count") is None:
            parsed.ignore(self.name, "logs", record.name)
            return
        tokens = [_fields.count(told, f"{kind}_token_count", _fields.TOKENS) for kind in _TOKENS]
        whole, output, cached, written, reasoning = tokens
        parsed.add(self.name, LOGS, Response(
            id=_id("response", record, *tokens), **_common(record),
            input_tokens=max(0, whole - cached - written), output_tokens=output,
            cache_read_tokens=cached, cache_write_tokens=written, reasoning_tokens=reasoning,
        ))  # fmt: skip

    def _decision(self, record: Record, parsed: Parsed) -> None:
        decision = _fields.word(record.attributes, "decision") or ""
        is_accepted = decision.startswith("approved")
        is_code = _fields.text(record.attributes, "tool_name") in _CODE_TOOLS
        if not is_code or not (is_accepted or decision in _REFUSED):
            parsed.ignore(self.name, "logs", record.name)
            return
        by_person = _fields.word(record.attributes, "source") == "user"
        parsed.add(self.name, LOGS, Suggestion(
            id=_call_id("decision", record), **_common(record),
            outcome="accepted" if is_accepted else "rejected", decided_by="person" if by_person else "rule",
        ))  # fmt: skip

    def _result(self, record: Record, parsed: Parsed, context: Context) -> None:
        tool = _fields.text(record.attributes, "tool_name")
        if tool in _CODE_TOOLS and _fields.flag(record.attributes, "success"):
            self._patch(record, parsed, context)
        elif tool in _SHELL_TOOLS:
            self._shell_call(record, parsed)
        else:
            parsed.ignore(self.name, "logs", record.name)

    def _patch(self, record: Record, parsed: Parsed, context: Context) -> None:
        name, common = _call_id("lines", record), _common(record)
        files = _patched_files(_patch_text(record.attributes.get("arguments")))
        for index, patched in enumerate(islice(files, _MOST_FILES)):
            parsed.add(self.name, LOGS, Activity(
                id=f"{name}:{index}", **common,
                lines_added=_fields.whole(patched.added, "lines", _fields.LINES),
                lines_removed=_fields.whole(patched.removed, "lines", _fields.LINES),
                **place_of(patched.path, context)._asdict(),
            ))  # fmt: skip

    def _shell_call(self, record: Record, parsed: Parsed) -> None:
        line = _command_line(record.attributes.get("arguments"))
        status = _exit_status(record.attributes.get("output"))
        call = _shell.read(line) if line else _shell.ShellCall()
        acts = Counter(call.acts if status == 0 else ())
        if call.runner is not None:
            parsed.add(self.name, LOGS, TestRun(
                id=_call_id("tests", record), **_common(record), runner=call.runner,
                outcome=call.outcome(None if status is None else status == 0),
                duration_ms=_fields.milliseconds(record.attributes, "duration_ms"),
            ))  # fmt: skip
        if acts:
            parsed.add(self.name, LOGS, Git(
                id=_call_id("git", record), **_common(record),
                commits=acts["commit"], pushes=acts["push"], pull_requests=acts["pull_request"],
            ))  # fmt: skip
        if call.runner is None and not acts:
            parsed.ignore(self.name, "logs", record.name)

    def steps(self, url: str, key: str) -> list[Step]:
        exporter = (
            f'{{ otlp-http = {{ endpoint = "{url}/v1/logs", protocol = "binary", '
            f'headers = {{ "Authorization" = "Bearer {key}" }} }} }}'
        )
        settings = (
            f'[otel]\nenvironment = "prod"\nlog_user_prompt = false\nexporter = {exporter}\n'
            'trace_exporter = "none"\nmetrics_exporter = "none"\n'
        )
        return [
            Step(
                "Add to ~/.codex/config.toml", settings, "toml",
                "Codex uses the address exactly as written, so it must end in /v1/logs. Its traces and metrics hold"
                " nothing that the logs don't tell better.",
            ),
            Step("Use Codex as always", 'codex "explain this repository"', "shell", "Numbers arrive within a minute."),
            Step(
                "For everybody on a machine, an administrator adds it to /etc/codex/config.toml", settings, "toml",
                "On Linux and macOS; a person's own settings win over it. Use a key of the organization.",
            ),
        ]  # fmt: skip


_TOKENS = ("input", "output", "cached", "cache_write", "reasoning")


def _common(record: Record) -> dict[str, Any]:
    told, resource = record.attributes, record.resource
    return {
        "at": _fields.moment(told, record.time_ns, record.observed_ns),
        "tool": Codex.tool,
        "tool_version": _fields.text(told, "app.version") or _fields.text(resource, "service.version"),
        "session": _fields.text(told, "conversation.id", _fields.KEY),
        "model": _fields.word(told, "model"),
        "repository": _repository.repository(resource),
        "email": _fields.text(told, "user.email"),
        "user": _fields.text(told, "user.account_id"),
    }


def _id(kind: str, record: Record, *parts: object) -> str:
    """Records have no id of their own, but are observed at a nanosecond."""
    told = record.attributes
    when = record.observed_ns or _fields.text(told, "event.timestamp")
    return _fields.digest(kind, _fields.text(told, "conversation.id", _fields.KEY), when, *parts)


def _call_id(kind: str, record: Record) -> str:
    call = _fields.text(record.attributes, "call_id")
    return f"{kind}:{call}" if call else _id(kind, record)


def _command_line(arguments: Any) -> str | None:
    """The command of a shell call: text, or a list as it is executed."""
    if not isinstance(arguments, str):
        return None
    try:
        told = _tolerant.load(arguments.encode())
    except (Unreadable, UnicodeEncodeError):
        return None
    command = (told.get("cmd") or told.get("command")) if isinstance(told, dict) else None
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        return shlex.join(command)
    return command if isinstance(command, str) else None


def _exit_status(output: Any) -> int | None:
    """The status that stands above what the command itself put out; None while it runs, or where nobody told."""
    if not isinstance(output, str):
        return None
    status = _STATUS.search(output[:_LONGEST_HEAD].partition("\nOutput:\n")[0])
    return int(status["code"]) if status else None


_LONGEST_HEAD = 500


class _Patched(NamedTuple):
    path: str
    added: int
    removed: int


def _patch_text(arguments: Any) -> str:
    """A patch comes as it is, or as a member of JSON."""
    if not isinstance(arguments, str):
        return ""
    if arguments.startswith("{"):
        try:
            told = _tolerant.load(arguments.encode())
        except (Unreadable, UnicodeEncodeError):
            return ""
        arguments = (told.get("input") or told.get("patch")) if isinstance(told, dict) else None
    return arguments if isinstance(arguments, str) else ""


def _patched_files(patch: str) -> Iterator[_Patched]:
    path: str | None = None
    added = removed = 0
    for line in patch.split("\n"):
        if line.startswith("*** "):
            if file := _FILE.fullmatch(line.rstrip()):
                if path is not None:
                    yield _Patched(path, added, removed)
                path, added, removed = file["path"], 0, 0
        elif line.startswith("+"):
            added += 1
        elif line.startswith("-"):
            removed += 1
    if path is not None:
        yield _Patched(path, added, removed)
