"""Marks of assistants, and people who must never be taken for one."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.pulls.assistant_table import ASSISTANTS, Role
from events.pulls.assistants import Kind, Mark, is_bot, marks_of

TRAILERS: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "fixtures/pulls/trailers.json").read_text())
TASK = "task_e_68a1b2c3"


@pytest.mark.parametrize("line", [pytest.param(told, id=told["line"][:60]) for told in TRAILERS])
def test_knows_real_trailers(line: dict[str, Any]) -> None:
    marks = marks_of(message=f"Add a page\r\n\r\n{line['line']}\r\n")
    assert bool(marks) == line["ai"]
    if line["ai"]:
        assert [mark.tool for mark in marks] == [line["tool"]]
        assert (marks[0].role is Role.REVIEW_SUGGESTION) == (line.get("role") == "review_suggestion")
        assert marks[0].model == line["model"] if line.get("model") else True
        assert (marks[0].kind is Kind.SESSION) == (line.get("role") == "session")


PEOPLE = [
    "Claude Monet <claude.monet@example.fr>",
    "Claude <claude@example.fr>",
    "Devin V <devin@cognition.ai.example.com>",
    "Devin Booker <12345+dbooker@users.noreply.github.com>",
    "Devin <devin@users.noreply.github.com>",
    "Jules <jules@google.com>",
    "Jules Verne <12+jules@users.noreply.github.com>",
    "Amp <ampere@example.com>",
    "Ann <ann@openai.com>",
    "Ann <ann@anthropic.com>",
    "Ann <ann@cursor.com>",
    "Ann <ann@all-hands.dev>",
    "Copilot Fan <223556219x+copilot@users.noreply.github.com>",
    "Copilot <1+copilot@users.noreply.github.com>",
    "Cursor Kim <cursor.kim@example.kr>",
    "Cody Ex <codex@example.com>",
    "Gemini Lee <gemini@example.com>",
    "gemini-cli-robot <gemini-cli-robot@google.com>",
    "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>",
    "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>",
    "Aida (aide) <aider@example.org>",
    "Goose <mother.goose@example.com>",
    "Clint Eastwood <noreply@anthropic.com.example.com>",
]


@pytest.mark.parametrize("person", PEOPLE)
def test_never_takes_a_person_for_a_tool(person: str) -> None:
    keys = ("Co-authored-by", "Signed-off-by", "Assisted-by")
    assert marks_of(message="\n".join(f"{key}: {person}" for key in keys), author=person, committer=person) == []


@pytest.mark.parametrize(
    ("told", "tool", "model"),
    [
        ("Claude Opus 4.6, OpenCode", "opencode", "claude opus 4.6"),
        ("Cursor, with model: claude-4.6-opus-high", "cursor", "claude-4.6-opus-high"),
        ("Codex gpt-5.6-sol high", "codex", "gpt-5.6-sol high"),
        ("Claude Opus 4.6", "claude-code", "claude opus 4.6"),
        ("Claude Code (Claude Opus 4.6)", "claude-code", "claude opus 4.6"),
        ("Claude:claude-3-opus coccinelle sparse", "claude-code", "claude-3-opus"),
        ("GitHub Copilot", "copilot", None),
        ("gemini-cli, with model: gemini-3-pro-preview", "gemini-cli", "gemini-3-pro-preview"),
        ("Gemini 2.5 Pro", "gemini-cli", "gemini 2.5 pro"),
    ],
)
def test_tells_tool_and_model_apart(told: str, tool: str, model: str | None) -> None:
    assert marks_of(message=f"Fix it\n\nAssisted-by: {told}") == [Mark(Kind.TRAILER, tool, model)]


@pytest.mark.parametrize("told", ["Jane Doe", "Claude Monet", "my cat", "Jules", "a cursor, and patience", ""])
def test_help_from_people_is_no_mark(told: str) -> None:
    assert marks_of(message=f"Fix it\n\nAssisted-by: {told}") == []


def test_the_name_beats_the_address() -> None:
    marks = marks_of(
        message="x\n\nCo-authored-by: Qwen Code <noreply@anthropic.com>\n"
        "Co-Authored-By: gpt-5.3-codex-high <noreply@anthropic.com>"
    )
    assert [(mark.tool, mark.model) for mark in marks] == [("qwen-code", None), ("codex", "gpt-5.3-codex-high")]


def test_reads_trailers_inside_a_squashed_message() -> None:
    one, two = "Co-authored-by: Claude <noreply@anthropic.com>", "  Co-Authored-By: CLAUDE <NoReply@Anthropic.com>"
    message = f"Add (#9)\n\n* one\n\n{one}\n\n* two\n\n{two}"
    assert marks_of(message=message) == [Mark(Kind.TRAILER, "claude-code")]


@pytest.mark.parametrize(
    ("text", "tool", "session"),
    [
        ("Claude-Session: https://claude.ai/code/session_01AbC", "claude-code", "session_01AbC"),
        ("Link to Devin run: https://app.devin.ai/sessions/0a1b2c", "devin", "0a1b2c"),
        (f"[Codex Task](https://chatgpt.com/codex/tasks/{TASK})", "codex", TASK),
        ("Amp-Thread-ID: https://ampcode.com/threads/T-019d-7538", "amp", "T-019d-7538"),
        ("[Open](https://cursor.com/agents?id=bc-12-ab)", "cursor", "bc-12-ab"),
        ("Code-Card-Session: 0198-ab:2", None, "0198-ab:2"),
    ],
)
def test_reads_sessions(text: str, tool: str | None, session: str) -> None:
    expected = [Mark(Kind.SESSION, tool, session=session)]
    assert marks_of(message=f"Fix\n\n{text}\n") == expected
    assert marks_of(body=f"Text.\n\n{text}\n{text}") == expected


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("🤖 Generated with [Claude Code](https://claude.com/claude-code)", "claude-code"),
        ("💡 Learn more [Copilot coding agent tips](https://gh.io/copilot-coding-agent-tips) in the docs.", "copilot"),
    ],
)
def test_reads_what_assistants_write_below_a_body(text: str, tool: str) -> None:
    assert marks_of(body=f"Adds a page.\n\n{text}") == [Mark(Kind.BODY, tool)]


@pytest.mark.parametrize(
    ("branch", "tool"),
    [
        ("claude/add-page-x1", "claude-code"),
        ("Acme:copilot/fix-9", "copilot"),
        ("codex/page", "codex"),
        ("cursor/page", "cursor"),
        ("devin/1712345678-page", "devin"),
        ("jules-fix-12345678901", "jules"),
        ("devin/page", None),
        ("jules-first-page", None),
        ("claude-monet/page", None),
        ("main", None),
        ("feature/claude/page", None),
    ],
)
def test_reads_branches(branch: str, tool: str | None) -> None:
    assert marks_of(branch=branch) == ([Mark(Kind.BRANCH, tool)] if tool else [])


def test_reads_accounts_and_authors() -> None:
    assert marks_of(login="devin-ai-integration[bot]") == [Mark(Kind.LOGIN, "devin")]
    assert marks_of(login="coderabbitai[bot]") == [Mark(Kind.LOGIN, "coderabbit", role=Role.REVIEW_SUGGESTION)]
    assert marks_of(login="devin") == marks_of(login="") == []
    assert marks_of(author="Ann (aider) <ann@example.com>", committer="Ann <ann@example.com>") == [
        Mark(Kind.AUTHOR, "aider")
    ]
    swe = "copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>"
    assert marks_of(author=swe, committer=swe) == [Mark(Kind.AUTHOR, "copilot"), Mark(Kind.COMMITTER, "copilot")]


@pytest.mark.parametrize(
    ("login", "account_type", "expected"),
    [
        ("dependabot[bot]", "Bot", True),
        ("renovate-bot", "User", True),
        ("gemini-cli-robot", "User", True),
        ("acme-release-bot", "User", True),
        ("github-actions[bot]", "Bot", True),
        ("anything[bot]", "", True),
        ("coderabbitai[bot]", "Bot", True),
        ("Copilot", "Bot", False),
        ("devin-ai-integration[bot]", "Bot", False),
        ("alice", "User", False),
        ("abbot", "User", False),
        ("", "", False),
    ],
)
def test_knows_bots(login: str, account_type: str, expected: bool) -> None:
    assert is_bot(login, account_type) is expected


def test_no_two_assistants_claim_the_same_account() -> None:
    for field in ("ids", "logins", "addresses", "bare_names"):
        told = [value for assistant in ASSISTANTS for value in getattr(assistant, field)]
        assert sorted(set(told)) == sorted(told), field
        assert all(value == value.lower() for value in told if isinstance(value, str))


@given(st.text(max_size=200))
def test_reads_any_text(text: str) -> None:
    trailer = f"Assisted-by: {text}\nCo-authored-by: {text}"
    for mark in marks_of(message=trailer, author=text, committer=text, login=text, branch=text, body=text):
        assert mark.tool in {assistant.tool for assistant in ASSISTANTS} | {None}
    is_bot(text)


@pytest.mark.parametrize(
    "bomb",
    [
        "Assisted-by: " + "a@" * 200 + " x\n",
        "Co-authored-by: " + "(" * 300 + "\n",
        " " * 400,
        "https://cursor.com/agents?" + "a&" * 99,
    ],
)
def test_a_long_text_is_read_in_no_time(bomb: str) -> None:
    assert marks_of(message=bomb * 500, body=bomb * 500) == []
