"""Claude Code: log events and metrics, delta and cumulative, as versions 2.1.197 to 2.1.330 send them.

It tells tokens, cost and decisions twice. The log events win, because each has an identity of its own; the metrics
count for sessions of which no such event arrived. Lines, active time and every commit are in the metrics alone.

A decision (`tool_decision`) has no path; the result of the same tool call, a later record and perhaps another body,
has one where tool details are on. What is stored must not depend on how records are batched or ordered, so the two are
never joined: a decision's class and language stay unknown unless its own record names a file, and the result of an
edit is a fact of its own, an activity without counters that says what kind of file was worked on. Activities of logs
and metrics have the same rank, since neither tells what the other does.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

from events.schema import Activity, Commit, CounterName, Git, Kind, Prompt, Response, Suggestion, TestRun
from events.sources import _claude_code_tools, _counters, _fields, _repository, _shell
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
    place_of,
)  # fmt: skip
from events.sources._claude_code_setup import steps

NAME = "claude-code"
LOGS = Channel("claude_code.logs", number=1, rank=10, ranks={Kind.ACTIVITY: 20})
METRICS = Channel("claude_code.metrics", number=2, rank=20, ranks={Kind.GIT: 5})

_LOGS = Group(NAME, LOGS, None)
_METRICS = Group(NAME, METRICS, None)
_EDIT_TOOLS = frozenset({"Edit", "Write", "MultiEdit", "NotebookEdit"})
_SHELL_TOOLS = frozenset({"Bash", "PowerShell"})
_PERSON = frozenset({"user_temporary", "user_permanent", "user_reject", "user_abort"})
_OUTCOMES: dict[str | None, Literal["accepted", "rejected"]] = {"accept": "accepted", "reject": "rejected"}
_TOKENS: dict[str | None, CounterName] = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cacheread": "cache_read_tokens",
    "cachecreation": "cache_write_tokens",
}
_LINES: dict[str | None, CounterName] = {"added": "lines_added", "removed": "lines_removed"}
_SHA = re.compile(r"[0-9a-f]{7,64}")
_KNOWN = frozenset({
    "assistant_response", "api_error", "api_retries_exhausted", "api_refusal", "api_request_body",
    "api_response_body", "subagent_completed", "compaction", "permission_mode_changed", "auth",
    "mcp_server_connection", "plugin_installed", "plugin_loaded", "skill_activated", "at_mention", "hook_registered",
    "hook_execution_start", "hook_execution_complete", "hook_plugin_metrics", "internal_error", "feedback_survey",
    "managed_settings_resolved",
})  # fmt: skip
"""Events that nothing is made of, those with whole request and response bodies among them."""


class ClaudeCode(Source):
    name = NAME
    label = "Claude Code"
    tool = NAME
    channels = (LOGS, METRICS)
    keeps = (
        "That a prompt was sent, and when; never its text or its length.",
        "Of each model call: model, tokens by kind, cost and duration.",
        "Of each edit Claude proposed: accepted or rejected, by you or by a rule; lines added and removed.",
        "Of each file edited: language, kind (test, migration, view …), a keyed hash of its path; never the path.",
        "Of each shell command: whether it ran tests, and the outcome; never the command line or its output.",
        "Whether a shell command made a commit (with its id and branch), a push or a pull request.",
        "Session, version, repository, your e-mail address or Claude Code's id for you, and active time.",
    )

    def recognises(self, resource: Attributes) -> bool:
        return resource.get("service.name") == "claude-code"

    def log(self, record: Record, parsed: Parsed, context: Context) -> None:
        name = record.name.removeprefix("claude_code.")
        if make := _EVENTS.get(name):
            make(record, parsed, context)
        elif name in _KNOWN:
            parsed.ignore(NAME, "logs", name)
        else:
            parsed.not_known(NAME, "logs", name)

    def point(self, point: DataPoint, parsed: Parsed, context: Context) -> None:
        name = point.name.removeprefix("claude_code.")
        make = _COUNTERS.get(name)
        if make and point.type == "sum":
            make(point, parsed)
        elif name == "session.count":  # sessions are counted by their ids: this one also counts each resume
            parsed.ignore(NAME, "metrics", name)
        else:
            parsed.not_known(NAME, "metrics", name)

    def steps(self, url: str, key: str) -> list[Step]:
        return steps(url, key)


def _user_prompt(record: Record, parsed: Parsed, context: Context) -> None:
    told = record.attributes
    name = _fields.text(told, "prompt.id", _fields.KEY) or _fields.text(told, "message.uuid", _fields.KEY)
    parsed.groups[_LOGS].append(Prompt(id=name or _digest(record), **_common(record)))


def _api_request(record: Record, parsed: Parsed, context: Context) -> None:
    """The request's id names it without the session: a fork of a session tells its requests again."""
    told, most = record.attributes, _fields.TOKENS
    parsed.groups[_LOGS].append(
        Response(
            id=_fields.text(told, "request_id", _fields.KEY) or _digest(record),
            **_common(record),
            input_tokens=_fields.count(told, "input_tokens", most),
            output_tokens=_fields.count(told, "output_tokens", most),
            cache_read_tokens=_fields.count(told, "cache_read_tokens", most),
            cache_write_tokens=_fields.count(told, "cache_creation_tokens", most),
            cost_usd=_cost_usd(told),
            duration_ms=_fields.milliseconds(told, "duration_ms"),
        )
    )


def _cost_usd(told: Attributes) -> float | None:
    """Newer versions also tell whole micro-dollars, which are exact."""
    micros = _fields.number(told, "cost_usd_micros", _fields.DOLLARS * 1e6)
    return _fields.dollars(told, "cost_usd") if micros is None else micros / 1e6


def _tool_decision(record: Record, parsed: Parsed, context: Context) -> None:
    told = record.attributes
    if told.get("tool_name") not in _EDIT_TOOLS:
        parsed.ignore(NAME, "logs", "tool_decision")
        return
    outcome = _OUTCOMES.get(_fields.word(told, "decision"))
    if outcome is None:
        parsed.not_known(NAME, "logs", "tool_decision")
        return
    parsed.groups[_LOGS].append(
        Suggestion(
            id=_tool_use(record),
            outcome=outcome,
            decided_by=_decided_by(told),
            **_common(record),
            **_file(_claude_code_tools.path(told), context),
        )
    )


def _decided_by(told: Attributes) -> Literal["person", "rule"]:
    """A source that a later version adds is taken for a rule: what a person decided must not be overstated."""
    return "person" if _fields.word(told, "source") in _PERSON else "rule"


def _tool_result(record: Record, parsed: Parsed, context: Context) -> None:
    told = record.attributes
    tool = told.get("tool_name")
    path = _claude_code_tools.path(told) if tool in _EDIT_TOOLS and _fields.flag(told, "success") else None
    if path:
        activity = Activity(id=_tool_use(record), **_common(record), **_file(path, context))
        parsed.groups[_LOGS].append(activity)
    elif not (tool in _SHELL_TOOLS and _shell_call(record, parsed)):
        parsed.ignore(NAME, "logs", "tool_result")


def _shell_call(record: Record, parsed: Parsed) -> bool:
    """Whether facts were made of it."""
    told = record.attributes
    call = _shell.read(_claude_code_tools.command_line(told) or "")
    succeeded = _succeeded(told)
    common = _common(record)
    if call.runner:
        parsed.groups[_LOGS].append(
            TestRun(
                id=_tool_use(record),
                **common,
                runner=call.runner,
                outcome=call.outcome(succeeded),
                duration_ms=_fields.milliseconds(told, "duration_ms"),
            )
        )
    acts = call.acts if succeeded else Counter[_shell.Act]()
    sha = _revision(told)
    commits = max(acts["commit"], 1 if sha else 0)
    if sha:
        parsed.commits.append(_commit(sha, common))
    if commits or acts:
        git = Git(
            id=_tool_use(record),
            **common,
            commits=commits,
            pushes=acts["push"],
            pull_requests=acts["pull_request"],
        )
        parsed.groups[_LOGS].append(git)
    return bool(call.runner or commits or acts)


def _succeeded(told: Attributes) -> bool | None:
    """Whether the command ended with status 0; None where it went on in the background, or ended by other means."""
    if _claude_code_tools.tool_input(told).run_in_background:
        return None
    succeeded = _fields.flag(told, "success")
    is_other = succeeded is False and told.get("error_type") not in (None, "ShellError")
    return None if is_other else succeeded


def _revision(told: Attributes) -> str | None:
    """The commit that the tool says the command made."""
    sha = told.get("vcs.ref.head.revision") or _claude_code_tools.parameters(told).git_commit_id
    return sha.lower() if isinstance(sha, str) and _SHA.fullmatch(sha.lower()) else None


def _commit(sha: str, common: dict[str, Any]) -> Commit:
    names = ("at", "tool", "repository", "branch", "session", "email", "user")
    return Commit(sha=sha, **{name: common[name] for name in names})


def _file(path: str | None, context: Context) -> dict[str, Any]:
    if not path:
        return {}
    return place_of(path, context)._asdict()


def _tool_use(record: Record) -> str:
    return _fields.text(record.attributes, "tool_use_id", _fields.KEY) or _digest(record)


def _digest(record: Record) -> str:
    """The identity of an event of an older version, or of a provider, that gives it no id."""
    told = record.attributes
    time = _fields.text(told, "event.timestamp") or record.time_ns or record.observed_ns
    parts = ("session.id", "event.sequence", "prompt.id", "model", "input_tokens", "output_tokens", "tool_name")
    return _fields.digest(record.name, time, *(told.get(part) for part in parts))


def _common(record: Record) -> dict[str, Any]:
    at = _fields.moment(record.attributes, record.time_ns, record.observed_ns)
    return {"at": at, "branch": _branch(record.attributes), **_who(record.resource, record.attributes)}


def _branch(told: Attributes) -> str | None:
    kind = told.get("vcs.ref.head.type")
    if kind == "branch":
        return _fields.text(told, "vcs.ref.head.name")
    return None


def _who(resource: Attributes, told: Attributes) -> dict[str, Any]:
    return {
        "tool": NAME,
        "tool_version": _fields.text(told, "app.version") or _fields.text(resource, "service.version"),
        "session": _fields.text(told, "session.id", _fields.KEY),
        "model": _fields.word(told, "model"),
        "repository": _repository.repository(told) or _repository.repository(resource),
        "email": _fields.text(told, "user.email"),
        "user": _fields.text(told, "user.id"),
    }


_EVENTS: dict[str, Callable[[Record, Parsed, Context], None]] = {
    "user_prompt": _user_prompt,
    "api_request": _api_request,
    "tool_decision": _tool_decision,
    "tool_result": _tool_result,
}


def _told(point: DataPoint, counter: CounterName) -> dict[str, Any]:
    told = {"id": _counters.id_of(point, counter), "at": _fields.moment_ns(point.time_ns)}
    return told | _who(point.resource, point.attributes)


def _tokens(point: DataPoint, parsed: Parsed) -> None:
    counter = _TOKENS.get(_fields.word(point.attributes, "type"))
    if counter is None:
        parsed.not_known(NAME, "metrics", "token.usage")
        return
    _counters.tell(parsed, _METRICS, point, Response(requests=0, **_told(point, counter)), counter)


def _cost(point: DataPoint, parsed: Parsed) -> None:
    _counters.tell(parsed, _METRICS, point, Response(requests=0, **_told(point, "cost_usd")), "cost_usd")


def _lines(point: DataPoint, parsed: Parsed) -> None:
    counter = _LINES.get(_fields.word(point.attributes, "type"))
    if counter is None:
        parsed.not_known(NAME, "metrics", "lines_of_code.count")
        return
    _counters.tell(parsed, _METRICS, point, Activity(**_told(point, counter)), counter)


def _active_time(point: DataPoint, parsed: Parsed) -> None:
    _counters.tell(parsed, _METRICS, point, Activity(**_told(point, "active_seconds")), "active_seconds")


def _commits(point: DataPoint, parsed: Parsed) -> None:
    _counters.tell(parsed, _METRICS, point, Git(**_told(point, "commits")), "commits")


def _pull_requests(point: DataPoint, parsed: Parsed) -> None:
    _counters.tell(parsed, _METRICS, point, Git(**_told(point, "pull_requests")), "pull_requests")


def _decisions(point: DataPoint, parsed: Parsed) -> None:
    told = point.attributes
    outcome = _OUTCOMES.get(_fields.word(told, "decision"))
    if outcome is None:
        parsed.not_known(NAME, "metrics", "code_edit_tool.decision")
        return
    suggestion = Suggestion(
        count=0,
        outcome=outcome,
        decided_by=_decided_by(told),
        language=_fields.text(told, "language"),
        **_told(point, "count"),
    )
    _counters.tell(parsed, _METRICS, point, suggestion, "count")


_COUNTERS: dict[str, Callable[[DataPoint, Parsed], None]] = {
    "token.usage": _tokens,
    "cost.usage": _cost,
    "lines_of_code.count": _lines,
    "active_time.total": _active_time,
    "commit.count": _commits,
    "pull_request.count": _pull_requests,
    "code_edit_tool.decision": _decisions,
}
