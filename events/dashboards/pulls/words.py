"""How a pull request's facts are called on its pages: one table for each kind of thing."""

from typing import Final, NamedTuple

from codecard.lib.formats import NBSP, counted
from events.models import DefectLink, Method, SessionLink, SignalKind, Tier
from events.task_types import TaskType

WAITING: Final = 0
"""The colour of time in which nobody did anything."""


class StageWords(NamedTuple):
    label: str
    colour: int


STAGES: Final = {
    "accepted": StageWords("Prompt to first accept", 1),
    "committed": StageWords("Coding", 3),
    "opened": StageWords("Committed, not opened yet", 4),
    "ready": StageWords("In draft", 6),
    "reviewed": StageWords("Waiting for review", WAITING),
    "approved": StageWords("In review", 2),
    "merged": StageWords("Approved, not merged yet", 5),
    "integrated": StageWords("Not on the default branch yet", 6),
}
"""By what each stage ends with: each begins where the one before ends (docs of `events.pulls.latency`)."""

TASK_TYPES: Final = {one.value: one.label for one in TaskType}

PLACES: Final = {
    "test": "tests", "migration": "migrations", "serializer": "serializers", "view": "views", "model": "models",
    "numeric": "numeric code", "client": "clients", "template": "templates", "build": "build files", "docs": "docs",
    "config": "configuration",
}  # fmt: skip
"""What the files of a class are."""

TOOLS: Final = {"claude-code": "Claude Code", "codex": "Codex", "gemini-cli": "Gemini CLI", "copilot": "Copilot"}

METHODS: Final = {
    Method.COMMIT_SHA: ("commit", "The tool reported a commit that is in this pull request."),
    Method.ATTRIBUTION: ("line notes", "A record of written lines names a commit of this pull request."),
    Method.SESSION_ID: ("session id", "A trailer or the text of the pull request names the session."),
    Method.SAME_SESSION: ("same session", "Another commit of the same session is linked."),
    Method.COMMIT_PATCH: ("same change", "A commit of the session changes the same lines, under another id."),
    Method.WHOLE_PATCH: ("same change", "The whole change is that of a commit of the session."),
    Method.BRANCH: ("branch", "Same repository, branch and person, at the right time."),
    Method.FILES: ("files", "The same files at about the same time. A suggestion only: it counts nowhere."),
}

EVIDENCE: Final = {
    "trailer": "Trailer of a commit", "author": "Author of a commit", "committer": "Committer of a commit",
    "branch": "Name of the branch", "body": "Text of the pull request", "login": "Who opened it",
    "session": "Link to a session",
}  # fmt: skip

TIERS: Final = {
    Tier.CONFIRMED: ("tag-bad", "Confirmed"),
    Tier.PROBABLE: ("tag-bad", "Probable"),
    Tier.POSSIBLE: ("tag-warn", "Possible"),
}

DEFECT_METHODS: Final = {
    "stated": "stated in words",
    "revert_sha": "reverted by commit",
    "revert_number": "reverted by number",
    "revert_title": "reverted by title",
    "incident": "named by an incident",
    "traced": "traced by lines",
    "person": "reported by a person",
}

SIGNALS: Final = {
    SignalKind.REVERT: "Revert",
    SignalKind.FIX: "Bug fix",
    SignalKind.INCIDENT: "Incident",
    SignalKind.REPORT: "Report",
}


def stage_words(name: str) -> StageWords:
    return STAGES.get(name) or StageWords(name.replace("_", " ").capitalize(), 6)


def tool_name(name: str) -> str:
    return TOOLS.get(name, name)


def task_type(name: str) -> str:
    return TASK_TYPES.get(name, name.capitalize())


def method_words(link: SessionLink) -> tuple[str, str]:
    """How sure, and what that rests on."""
    name, why = METHODS.get(Method(link.method), ("link", "")) if link.method in list(Method) else ("link", "")
    return f"{link.get_confidence_display().lower()}, by {name}", why


def lines_words(link: DefectLink) -> str:
    """What a trace rests on: "16 of 18 lines", "16 lines in refunds/api.py and 2 more files"."""
    lines, of, files = (link.facts.get(name) for name in ("lines", "of", "files"))
    if not isinstance(lines, int):
        return f"{link.share * 100:.0f}%{NBSP}of the lines" if link.share is not None else ""
    if isinstance(of, int):
        return f"{lines} of {counted(of, 'line')}"
    where = f" in {files[0][0]}" if files else ""
    rest = f" and {counted(len(files) - 1, 'more file')}" if files and len(files) > 1 else ""
    return f"{counted(lines, 'line')}{where}{rest}"
