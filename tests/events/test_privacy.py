"""Nothing that people or tools wrote gets into the database: whatever is planted in what arrives, no table has it.

What may be kept is named here, by the attribute that tells it; a new attribute that is kept has to be added.
"""

import copy
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from events.schema import KINDS
from teams.models import Organization
from tests import factories
from tests.events.api.sending import (
    EVENTS,
    JSON,
    LINES,
    PROTOBUF,
    as_json,
    as_protobuf,
    event,
    fixture_bodies,
    pair,
    post,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

# Tool and version, model, session, repository, branch, language, and who it was.
KEPT = {
    "service.version",
    "app.version",
    "model",
    "slug",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "session.id",
    "conversation.id",
    "gen_ai.conversation.id",
    "copilot_chat.session_id",
    "session_id",
    "vcs.repository.url.full",
    "copilot_chat.repo.remote_url",
    "github.copilot.git.repository",
    "github.copilot.git.branch",
    "vcs.ref.head.name",
    "copilot_chat.repo.head_branch_name",
    "copilot_chat.language_id",
    "language_id",
    "programming_language",
    "language",
    "user.email",
    "user.id",
    "user.account_id",
    "user.account_uuid",
    "installation.id",
    "enduser.pseudo.id",
}
# Shown in data health, if they are names.
NAMES = {"event.name", "service.name", "gen_ai.operation.name"}
KEPT_FIELDS = {
    "tool",
    "tool_version",
    "session",
    "model",
    "repository",
    "branch",
    "language",
    "email",
    "github",
    "user",
    "runner",
}
# In every record, whichever it is: where tools put content, and where they might.
CONTENT = (
    "prompt",
    "user_prompt",
    "response",
    "text",
    "content",
    "message",
    "error",
    "error.message",
    "command",
    "full_command",
    "bash_command",
    "file_path",
    "path",
    "cwd",
    "working_directory",
    "host.name",
    "hostname",
    "process.command_args",
    "process.owner",
    "arguments",
    "output",
    "tool_input",
    "tool_output",
    "tool_result",
    "tool_parameters",
    "function_args",
    "request_text",
    "response_text",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "body",
    "description",
    "title",
    "url.full",
    "stack_trace",
)
ITEMS = {
    "logs": ("resourceLogs", "scopeLogs", "logRecords"),
    "metrics": ("resourceMetrics", "scopeMetrics", "metrics"),
    "traces": ("resourceSpans", "scopeSpans", "spans"),
}


_LONG = 60
_MARKER = re.compile(f"zqx[0-9]{{6}}zqx|{b'zqx'.hex()}(?:3[0-9]){{6}}{b'zqx'.hex()}")


class Markers:
    """Texts that stand nowhere else, each remembered with the place it was planted in."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def new(self, place: str) -> str:
        name = f"Zqx{len(self.places):06}zqX"
        self.places[name.lower()] = place
        return name

    def sentence(self, place: str) -> str:
        return f"please read /home/{self.new(place)}/notes.py and {self.new(place)}"

    def details(self, place: str) -> str:
        """As tools tell their arguments: JSON in text."""
        told = {
            key: self.sentence(place) for key in ("command", "full_command", "file_path", "cmd", "input", "content")
        }
        return json.dumps({**told, "git_commit_id": self.new(place), "nested": {"old_string": self.sentence(place)}})

    def found_in(self, text: str) -> set[str]:
        names = _MARKER.findall(text.lower())
        return {self.places[bytes.fromhex(name).decode() if name not in self.places else name] for name in names}


def everything_stored() -> str:
    """All rows of all tables, as the owner sees them: text, JSON, arrays, and bytes in hexadecimal."""
    rows: list[str] = []
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    assert any(row.startswith("events_event: ") for row in rows)
    assert any(row.startswith("events_intake_day: ") for row in rows)
    return "\n".join(rows)


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Of every fixture of OTLP its signal, and the body as JSON."""
    for path, content_type, raw in fixture_bodies():
        if path != EVENTS:
            signal = path.rpartition("/")[2]
            yield signal, json.loads(raw) if content_type == JSON else as_json(signal, raw)


def told_of(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of an item that have attributes: itself, or a metric's points."""
    if "attributes" in item:
        yield item
    for data in item.values():
        if isinstance(data, dict):
            yield from data.get("dataPoints", [])


def name_of(item: dict[str, Any]) -> str:
    names = [told["value"].get("stringValue") for told in item.get("attributes", []) if told["key"] == "event.name"]
    return str(names[0] if names else item.get("name", item.get("eventName", "")))


def planted(signal: str, body: dict[str, Any], markers: Markers) -> dict[str, Any]:
    """Of each kind of item, and for each attribute of it, a copy with that attribute replaced; more content too."""
    groups, parts, items = ITEMS[signal]
    blocks = []
    for group in body[groups]:
        found = {name_of(item): item for part in group[parts] for item in part[items]}
        copies = [copy for item in found.values() for copy in _copies(signal, item, markers)]
        scope = {"name": markers.sentence(f"{signal} scope"), "version": markers.new(f"{signal} scope version")}
        blocks.append({**group, parts: [{"scope": scope, items: copies, "schemaUrl": markers.new("schema url")}]})
        some = [{"scope": scope, items: list(found.values())[:3]}]
        resources = _with_each_changed(group.get("resource", {}), "resource", markers)
        blocks += [{"resource": changed, parts: some} for changed in resources]
    return {groups: blocks}


def _copies(signal: str, item: dict[str, Any], markers: Markers) -> Iterator[dict[str, Any]]:
    place = f"{signal} {name_of(item)}"
    yield _with_content(item, place, markers)
    yield {**item, "name": markers.sentence(f"{place} name")}
    changed = copy.deepcopy(item)
    for told in told_of(changed):
        told["attributes"] = [pair("event.name", markers.sentence("event.name")), *told["attributes"]]
    yield changed
    if signal == "metrics":
        for key in {pair["key"] for told in told_of(item) for pair in told["attributes"]}:
            changed = copy.deepcopy(item)
            for told in told_of(changed):
                told["attributes"] = [
                    pair(key, markers.sentence(key)) if one["key"] == key else one for one in told["attributes"]
                ]
            yield changed
    else:
        yield from _with_each_changed(item, place, markers)


def _with_each_changed(owner: dict[str, Any], place: str, markers: Markers) -> Iterator[dict[str, Any]]:
    for number, told in enumerate(owner.get("attributes", [])):
        key = told["key"]
        values = [markers.sentence(key), markers.new(key if key not in NAMES else "a name")]
        if len(str(told["value"])) > _LONG:  # arguments are told as JSON in a text
            values.append(markers.details(key))
        for value in values:
            changed = copy.deepcopy(owner)
            changed["attributes"][number] = pair(key, value)
            yield changed


def _with_content(item: dict[str, Any], place: str, markers: Markers) -> dict[str, Any]:
    changed = copy.deepcopy(item)
    changed["body"] = {"stringValue": markers.sentence(f"{place} body")}
    changed["severityText"] = markers.new(f"{place} severity")
    changed["description"] = changed["unit"] = markers.new(f"{place} description")
    changed["status"] = {"message": markers.sentence(f"{place} status")}
    changed["events"] = [{"name": markers.sentence(f"{place} event"), "attributes": [pair("x", markers.new(place))]}]
    changed["exemplars"] = [{"filteredAttributes": [pair("x", markers.new(f"{place} exemplar"))]}]
    for told in told_of(changed):
        present = {one["key"] for one in told["attributes"]}
        for key in CONTENT:
            if key not in present:
                value = (
                    markers.details(f"{place} {key}")
                    if "tool" in key or key == "arguments"
                    else markers.sentence(f"{place} {key}")
                )
                told["attributes"].append(pair(key, value))
    return changed


def assert_kept_only(markers: Markers, kept: set[str], text: str) -> None:
    assert markers.places
    leaked = {place for place in markers.found_in(text) if place not in kept}
    assert not leaked


@pytest.mark.parametrize("content_type", [JSON, PROTOBUF])
def test_content_planted_in_any_place_of_otlp_is_stored_nowhere(
    acme: Organization, content_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    key, markers, answers = factories.make_key(acme).secret, Markers(), []
    with caplog.at_level(logging.DEBUG):
        for signal, body in bodies():
            hostile = planted(signal, body, markers)
            raw: Any = hostile if content_type == JSON else as_protobuf(signal, hostile)
            answer = post(f"/otlp/v1/{signal}", raw, key, content_type)
            assert answer.status_code == 200
            answers.append(answer.content.decode(errors="replace"))
    assert_kept_only(markers, KEPT | {"a name"}, everything_stored())
    assert_kept_only(markers, set(), "".join(answers))
    assert_kept_only(markers, set(), caplog.text)


def test_content_planted_in_events_is_stored_nowhere(acme: Organization, caplog: pytest.LogCaptureFixture) -> None:
    key, markers = factories.make_key(acme).secret, Markers()
    texts = (
        "id",
        "tool",
        "tool_version",
        "session",
        "model",
        "repository",
        "branch",
        "language",
        "path",
        "email",
        "github",
        "user",
        "runner",
        "analyser",
        "path_class",
        "kind",
        "outcome",
        "at",
        "prompt",
        "command",
    )
    needed = {
        "outcome": "accepted",
        "decided_by": "person",
        "horizon": "commit",
        "distance": 0.5,
        "runner": "pytest",
        "analyser": "ruff",
    }
    sent = []
    for kind, struct in KINDS.items():
        fields = {name: value for name, value in needed.items() if name in struct.__struct_fields__}
        fields |= {"outcome": "passed"} if kind == "test_run" else {}
        plain = event(kind, kind) | fields
        for field in texts:
            sent += [
                plain | {"id": markers.new("id"), field: value}
                for value in (markers.sentence(field), markers.new(field))
            ]
    with caplog.at_level(logging.DEBUG):
        answers = [post(EVENTS, sent, key), post(EVENTS, "\n".join(map(json.dumps, sent)).encode(), key, LINES)]
    assert answers[0].json()["accepted"] > len(sent) / 4
    assert_kept_only(markers, KEPT_FIELDS, everything_stored())
    assert_kept_only(markers, set(), caplog.text + "".join(answer.content.decode() for answer in answers))


def test_names_that_senders_make_up_are_kept_only_if_they_are_names(acme: Organization) -> None:
    """Data health shows what arrives and isn't understood; a sentence or a path in a name's place is content."""
    key, markers = factories.make_key(acme).secret, Markers()
    texts: list[Callable[[], str]] = [
        lambda: markers.sentence("x"),
        lambda: f"/home/{markers.new('x')}",
        lambda: f"C:\\{markers.new('x')}",
        lambda: f"{markers.new('x')}\n",
        lambda: markers.new("x") * 20,
    ]
    for text in texts:
        item = {"timeUnixNano": "1795389341623803174", "eventName": text(), "attributes": [pair("event.name", text())]}
        for service in ("claude-code", "gemini-cli", "codex_exec", "copilot-chat", text()):
            resource = {"attributes": [pair("service.name", service)]}
            metric = {"name": text(), "sum": {"aggregationTemporality": 1, "dataPoints": [{"asInt": "1", **item}]}}
            for signal, told in (("logs", item), ("metrics", metric), ("traces", {"name": text(), **item})):
                groups, parts, items = ITEMS[signal]
                body = {groups: [{"resource": resource, parts: [{"scope": {"name": text()}, items: [told]}]}]}
                assert post(f"/otlp/v1/{signal}", body, key).status_code == 200
    post(EVENTS, [event()], key)
    assert_kept_only(markers, set(), everything_stored())


def test_no_text_of_the_real_payloads_is_stored_but_what_may_be(acme: Organization) -> None:
    key = factories.make_key(acme).secret
    for path, content_type, raw in fixture_bodies():
        assert post(path, raw, key, content_type).status_code == 200
    stored = everything_stored()
    content = {text for signal, body in bodies() for text in _content_of(body)}
    assert len(content) > 100
    assert not {text for text in content if text in stored}


def _content_of(value: Any) -> Iterator[str]:
    """Sentences and paths, but for values of attributes that may be kept."""
    if isinstance(value, dict):
        if value.get("key") in KEPT:
            return
        for name, inner in value.items():
            if name not in {"name", "key", "eventName", "spanId", "traceId", "parentSpanId"}:
                yield from _content_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _content_of(inner)
    elif isinstance(value, str) and (" " in value.strip() or "/" in value):
        yield value


def test_the_database_holds_no_key_after_everything_was_sent(acme: Organization) -> None:
    made = factories.make_key(acme)
    for path, content_type, raw in fixture_bodies("codex/*"):
        signal = path.rpartition("/")[2]
        post(f"/otlp/k/{made.secret}/v1/{signal}", raw, content_type=content_type)
    assert made.secret[8:] not in everything_stored()
