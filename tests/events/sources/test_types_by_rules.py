"""What an organization's own rules say of a file is asked while its path is there, on every wire that tells one."""

import json
from typing import Any

import pytest

from events.schema import Activity, Suggestion, TaskType
from events.sources import code_card
from events.sources._base import Context, Parsed, Record
from events.sources._paths import told
from events.sources.otlp_claude_code import ClaudeCode
from events.sources.otlp_codex import Codex
from events.sources.otlp_copilot import Copilot

ASKED: list[str] = []


def billing(path: str) -> TaskType | None:
    ASKED.append(path)
    return TaskType.NUMERIC if "billing/" in path else None


CONTEXT = Context(b"key", billing)


def claude_code(path: str) -> Parsed:
    parsed = Parsed()
    attributes = {
        "session.id": "s1", "event.timestamp": "2026-11-22T23:46:39.621Z", "tool_name": "Edit", "tool_use_id": "t1",
        "success": "true", "tool_input": json.dumps({"file_path": path, "old_string": "", "new_string": "x"}),
        "tool_parameters": json.dumps({"file_path": path}),
    }  # fmt: skip
    record = Record({"service.name": "claude-code"}, "s", "claude_code.tool_result", 1, 0, attributes)
    ClaudeCode().log(record, parsed, CONTEXT)
    return parsed


def codex(path: str) -> Parsed:
    parsed = Parsed()
    attributes = {
        "conversation.id": "c1", "event.timestamp": "2026-11-22T23:15:41.623Z", "tool_name": "apply_patch",
        "call_id": "call_1", "success": "true",
        "arguments": f"*** Begin Patch\n*** Add File: {path}\n+x\n*** End Patch",
    }  # fmt: skip
    record = Record({"service.name": "codex_exec"}, "codex_otel", "codex.tool_result", 0, 1, attributes)
    Codex().log(record, parsed, CONTEXT)
    return parsed


def copilot(path: str) -> Parsed:
    parsed = Parsed()
    attributes = {"outcome": "accepted", "copilot_chat.file.relative_path": path, "lineCount": 2}
    record = Record(
        {"service.name": "copilot-chat", "session.id": "w"}, "copilot-chat", "copilot_chat.edit.hunk.action",
        1795390687000000000, 0, attributes,
    )  # fmt: skip
    Copilot().log(record, parsed, CONTEXT)
    return parsed


def own(path: str) -> Parsed:
    event = {"kind": "suggestion", "id": "1", "at": "2026-11-22T10:00:00Z", "tool": "cursor", "outcome": "accepted"}
    event["decided_by"] = "person"
    return code_card.parse(json.dumps([event | {"path": path}]).encode(), "application/json", CONTEXT)


@pytest.mark.parametrize("wire", [claude_code, codex, copilot, own])
def test_the_rules_are_asked_of_the_whole_path_and_only_the_type_stays(wire: Any) -> None:
    for path, task_type in (("billing/tests/test_rates.py", TaskType.NUMERIC), ("shop/tests/test_rates.py", None)):
        ASKED.clear()
        parsed = wire(path)
        about_files = [one for one in parsed.events() if isinstance(one, Activity | Suggestion) and one.path_class]
        assert about_files
        assert {(one.task_type, one.path_class, one.path) for one in about_files} == {(task_type, "test", None)}
        assert set(ASKED) == {path}
        assert "rates" not in repr(parsed)


def test_what_the_sender_says_beats_the_rules() -> None:
    event = {"kind": "suggestion", "id": "1", "at": "2026-11-22T10:00:00Z", "tool": "cursor", "outcome": "accepted"}
    event["decided_by"] = "person"
    body = json.dumps([event | {"path": "billing/a.py", "task_type": "docs"}])
    [kept] = code_card.parse(body.encode(), "application/json", CONTEXT).events()
    assert kept.task_type is TaskType.DOCS
    [refused] = code_card.parse(body.replace("docs", "hunter2").encode(), "application/json", CONTEXT).rejected
    assert refused.reason == "task_type: not one of the values it can have"


@pytest.mark.parametrize(
    ("path", "below", "is_absolute"),
    [
        ("shop/cart.py", "shop/cart.py", False),
        ("./shop/cart.py", "shop/cart.py", False),
        ("shop\\cart.py", "shop/cart.py", False),
        ("/home/Ada/shop/Cart.py", "shop/Cart.py", True),
        ("C:\\Users\\Ada\\shop\\cart.py", "shop/cart.py", True),
        ("D:\\shop\\cart.py", "shop/cart.py", True),
        ("/srv/shop/cart.py", "srv/shop/cart.py", True),
    ],
)
def test_a_told_path_has_one_kind_of_slash_and_no_home(path: str, below: str, is_absolute: bool) -> None:
    assert told(path) == (below, is_absolute)
