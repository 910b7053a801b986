"""Whatever a sender puts into attributes: an item is used, counted or refused, and what is used can be stored."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.schema import Event
from events.sources import all_sources
from events.sources._base import DataPoint, Invalid, Parsed, Record, Source, Span
from events.sources._tolerant import Bad
from tests.events.sources._totals import CONTEXT

SERVICES = {"codex": ["codex_exec"], "gemini-cli": ["gemini-cli"], "copilot": ["github-copilot", "copilot-chat"]}
NAMES = {
    "codex": ["codex.user_prompt", "codex.sse_event", "codex.tool_decision", "codex.tool_result"],
    "gemini-cli": [
        "gemini_cli.user_prompt", "gemini_cli.api_response", "gemini_cli.tool_call", "gemini_cli.token.usage",
        "gemini_cli.api.request.count", "gemini_cli.lines.changed", "gemini_cli.tool.call.count",
    ],
    "copilot": [
        "chat gpt-5.1", "invoke_agent", "copilot_chat.edit.hunk.action", "copilot_chat.edit.feedback",
        "copilot_chat.inline.done", "copilot_chat.edit.survival", "gen_ai.client.inference.usage.input_tokens",
        "gen_ai.client.inference.usage.cache_read.input_tokens", "gen_ai.client.inference.usage.output_tokens",
        "github.copilot.code.lines_added", "copilot_chat.edit.acceptance.count", "copilot_chat.lines_of_code.count",
    ],
}  # fmt: skip
KEYS = [
    "event.timestamp", "event.kind", "conversation.id", "model", "user.email", "app.version", "input_token_count",
    "output_token_count", "cached_token_count", "tool_name", "call_id", "decision", "source", "success", "arguments",
    "output", "duration_ms", "session.id", "installation.id", "function_name", "metadata", "interactive", "type",
    "status_code", "prompt_id", "role", "thoughts_token_count", "outcome", "accepted", "language_id", "lines_added",
    "copilot_chat.file.relative_path", "copilot_chat.repo.remote_url", "github.copilot.git.branch", "time_delay_ms",
    "survival_rate_four_gram", "did_branch_change", "gen_ai.response.id", "gen_ai.response.model",
    "gen_ai.usage.input_tokens", "gen_ai.conversation.id", "copilot_chat.edit.outcome", "service.instance.id",
    "service.version", "gen_ai.operation.name", "gen_ai.agent.name", "enduser.pseudo.id", "vcs.repository.url.full",
]  # fmt: skip
LIKELY = [
    "response.completed", "apply_patch", "exec_command", "approved", "user", "replace", "modify", "accept", "accepted",
    "rejected", "true", "input", "cache", "added", "900000", "0.5", "200", "python", "2026-11-22T10:00:00Z", "",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", '{"cmd": "pytest && git commit"}', "x" * 5000,
    "*** Begin Patch\n*** Add File: a\n+b", '{"model_added_lines": 1e400}', '{"user_added_chars": -1}', "a\0b",
    "\ud800",
]  # fmt: skip
VALUES = (
    st.sampled_from(LIKELY) | st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.integers(0, 5) | st.floats()
    | st.text(max_size=8) | st.just([1]) | st.just({"a": 1}) | st.builds(Bad, st.just("a number is too large"))
)  # fmt: skip
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=12)
VALUE = st.floats().filter(bool)  # a delta of 0 tells nothing
TIMES = st.sampled_from([0, 1, 1795389341623803174, 2**63, 2**64 - 1])


def calls(source: Source, data: st.DataObject, resource: dict[str, Any]) -> list[Callable[[Parsed], None]]:
    name, told = data.draw(st.sampled_from(NAMES[source.name])), data.draw(ATTRIBUTES)
    start, end = data.draw(TIMES), data.draw(TIMES)
    record = Record(resource, "s", name, start, end, told)
    point = DataPoint(resource, "s", name, "sum", data.draw(st.booleans()), start, end, data.draw(VALUE), 0, told)
    span = Span(resource, "s", name, data.draw(st.text(max_size=4)), start, end, is_error=False, attributes=told)
    return [
        lambda parsed: source.log(record, parsed, CONTEXT),
        lambda parsed: source.point(point, parsed, CONTEXT),
        lambda parsed: source.span(span, parsed, CONTEXT),
    ]


@pytest.mark.parametrize("name", SERVICES)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_an_item_is_used_counted_or_refused_and_what_is_used_can_be_stored(name: str, data: st.DataObject) -> None:
    [source] = [source for source in all_sources() if source.name == name]
    resource = data.draw(ATTRIBUTES) | {"service.name": data.draw(st.sampled_from(SERVICES[name]))}
    assert source.recognises(resource)
    for call in calls(source, data, resource):
        parsed = Parsed()
        try:
            call(parsed)
        except Invalid:
            assert not parsed.groups
            continue
        told = [*parsed.events(), *(point.event for points in parsed.points.values() for point in points)]
        assert told or parsed.ignored or parsed.unknown or parsed.halves
        for event in told:
            assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event
            assert event.path is None
