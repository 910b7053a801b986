"""Assistants: the product's reading of trailer lines that people labelled."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.judging.rows import Judged, Row, read, share
from events.pulls.assistant_table import Role
from events.pulls.assistants import Mark, marks_of

# How the labels name what the product calls otherwise.
_SPELLED = {
    "claude": "claude-code",
    "qwen": "qwen-code",
    "qwen-coder": "qwen-code",
    "factory": "factory-droid",
    "droid": "factory-droid",
    "google-jules": "jules",
    "gemini": "gemini-cli",
    "github-copilot": "copilot",
    "coderabbitai": "coderabbit",
    "sourcery-ai": "sourcery",
    "greptile-apps": "greptile",
    "oz": "warp",
}


def judge(paths: Sequence[Path]) -> Judged:
    rows = [row for path in paths for row in read(path)]
    marks = [marks_of(message=f"Subject\n\n{row['line']}\n") for row in rows]
    right = sum(_is_right(row["expect"], found) for row, found in zip(rows, marks, strict=True))
    people = sum(bool(found) and not row["expect"]["ai"] for row, found in zip(rows, marks, strict=True))
    no_tool = sum(not row["expect"]["ai"] for row in rows)
    table = [
        share("trailer lines right", right, len(rows), at_least=0.98),
        Row("people labelled as a tool", people, at_most=0, note=f"{no_tool:,} lines of people and bots"),
    ]
    return Judged({"accuracy": right / len(rows) if rows else None, "people_labelled": people}, table)


def _is_right(expect: Mapping[str, Any], found: Sequence[Mark]) -> bool:
    if not expect["ai"] or not found:
        return bool(found) == bool(expect["ai"])
    told = expect.get("tool")
    is_tool = told is None or found[0].tool == _SPELLED.get(told, told)
    is_review = expect.get("role") == Role.REVIEW_SUGGESTION
    return bool(is_tool) and (found[0].role is Role.REVIEW_SUGGESTION) == is_review
