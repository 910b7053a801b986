"""Which assistant had a hand in a commit or pull request, by what it signed with. The table is `assistant_table.py`.

A text without a mark says nothing: unknown is not human (PULLS.md 0.4).
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from events.pulls.assistant_table import ASSISTANTS, Assistant, Role, is_chore

_LONGEST_TEXT = 200_000
_LONGEST_LINE = 400
_MOST = 200


class Kind(StrEnum):
    """Where a mark was read; the evidence rows carry it."""

    TRAILER = "trailer"
    AUTHOR = "author"
    COMMITTER = "committer"
    LOGIN = "login"
    BRANCH = "branch"
    BODY = "body"
    SESSION = "session"


class Mark(NamedTuple):
    """`tool` is None only of our own `Code-Card-Session:`, whose session says which tool it was."""

    kind: Kind
    tool: str | None
    model: str | None = None
    role: Role = Role.AUTHOR
    session: str | None = None


_TRAILER = re.compile(
    r"^[ \t]*(?:[*-][ \t]+)?(co-authored-by|assisted-by|made-with|generated-by|generated-with|signed-off-by"
    r"|code-card-session)[ \t]*:[ \t]*(\S[^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
# In these a tool is named by its name alone; in the others a name needs an address, as people's do.
_NAMES_A_TOOL = frozenset(["assisted-by", "made-with", "generated-by", "generated-with"])
# The Linux kernel's: agent:model, then the analysers that it ran.
_AGENT_AND_MODEL = re.compile(r"([\w -]+):([\w./-]+)(?: .*)?")
_NOREPLY = re.compile(r"(?:(\d{1,12})\+)?([\w-]+(?:\[bot\])?)@users\.noreply\.github\.com")
_PARTS = re.compile(
    r"\s*(?:,\s*(?:with\s+)?(?:model\s*:)?|\bwith\s+model\s*:|[()\[\]/;]|\bvia\b|\busing\b|\band\b)\s*", re.IGNORECASE
)
_OUR_SESSION = re.compile(r"[\w.:-]{1,200}")


def marks_of(
    *, message: str = "", author: str = "", committer: str = "", login: str = "", branch: str = "", body: str = ""
) -> list[Mark]:
    """Every mark once, in the order of the arguments.

    `author` and `committer` are `Name <address>`; `login` is the pull request's author, `branch` its head (with or
    without an owner), `body` its text. Marks of role `review_suggestion` make nothing AI-assisted.
    """
    text, told = message[:_LONGEST_TEXT], body[:_LONGEST_TEXT]
    found = [
        *_trailers(text),
        *_prose(text),
        *_people(author, committer),
        *_login(login),
        *_branch(branch),
        *_trailers(told),
        *_prose(told),
    ]
    return list(dict.fromkeys(found))[:_MOST]


def is_bot(login: str, account_type: str = "") -> bool:
    """Whether an account does chores (dependencies, releases, reviews): its pull requests are in no rate.

    An assistant that writes code is no bot, though GitHub's type of it says so.
    """
    name = login.strip().lower()
    assistant = _by_login(name)
    if assistant is not None:
        return assistant.role is not Role.AUTHOR
    return account_type == "Bot" or name.endswith("[bot]") or is_chore(name.removesuffix("[bot]"))


def _trailers(text: str) -> Iterator[Mark]:
    for trailer in _TRAILER.finditer(text):
        key, value = trailer[1].lower(), trailer[2].strip()[:_LONGEST_LINE]
        if key == "code-card-session":
            if _OUR_SESSION.fullmatch(value):
                yield Mark(Kind.SESSION, None, session=value)
        elif mark := _signed(Kind.TRAILER, value, names_a_tool=key in _NAMES_A_TOOL):
            yield mark


def _prose(text: str) -> Iterator[Mark]:
    """Sessions' addresses wherever they stand, and the sentences that assistants leave; once a tool each."""
    for assistant in ASSISTANTS:
        for pattern in assistant.sessions:
            for found in _compiled(pattern).finditer(text):
                yield Mark(Kind.SESSION, assistant.tool, session=found["id"])
        if any(_compiled(pattern).search(text) for pattern in assistant.bodies):
            yield Mark(Kind.BODY, assistant.tool)
    if text.startswith("aider: "):
        yield Mark(Kind.BODY, "aider")


def _people(author: str, committer: str) -> Iterator[Mark]:
    for kind, person in ((Kind.AUTHOR, author), (Kind.COMMITTER, committer)):
        name, address = _split(person[:_LONGEST_LINE])
        if name.endswith("(aider)"):
            yield Mark(kind, "aider")
        elif mark := _named(kind, name, address):
            yield mark


def _login(login: str) -> Iterator[Mark]:
    assistant = _by_login(login.strip().lower())
    if assistant is not None:
        yield Mark(Kind.LOGIN, assistant.tool, role=assistant.role)


def _branch(branch: str) -> Iterator[Mark]:
    name = branch[:_LONGEST_LINE].rpartition(":")[2].lower()
    for assistant in ASSISTANTS:
        if any(_compiled(pattern).match(name) for pattern in assistant.branches):
            yield Mark(Kind.BRANCH, assistant.tool)


def _signed(kind: Kind, value: str, *, names_a_tool: bool) -> Mark | None:
    name, address = _split(value)
    if mark := _named(kind, name, address):
        return mark
    return _said(kind, name) if names_a_tool and not address else None


def _named(kind: Kind, name: str, address: str) -> Mark | None:
    """By a name that says the product, else by the account, else, without an address, by the bare name."""
    for assistant in ASSISTANTS:
        for pattern in assistant.names:
            if found := _compiled(pattern).fullmatch(name):
                return Mark(kind, assistant.tool, _model(found), assistant.role)
    account = _by_address(address) if address else _by_bare_name(name)
    return account and Mark(kind, account.tool, None, account.role)


def _said(kind: Kind, value: str) -> Mark | None:
    """Tool and model of `Claude Opus 4.6, OpenCode`: the last tool that is named, else the one that has the model."""
    pair = _AGENT_AND_MODEL.fullmatch(value)
    parts = list(pair.groups()) if pair else [part for part in _PARTS.split(value) if part]
    models = [found for part in parts if (found := _by_model(part))]
    tools = [mark for part in parts if (mark := _named(kind, part, "")) and mark.model != part]
    model = next((model for _, model in models), None)
    if tools:
        return tools[-1]._replace(model=model or tools[-1].model)
    return Mark(kind, models[0][0].tool, model, models[0][0].role) if models else None


def _split(value: str) -> tuple[str, str]:
    """Name and address in lower case; either may be missing, and so may the brackets."""
    plain = " ".join(value.lower().split())
    name, _, address = plain.rstrip("> ").rpartition("<" if "<" in plain else " ")
    return (name.strip(), address.strip()) if "@" in address else (plain, "")


def _by_address(address: str) -> Assistant | None:
    account = _NOREPLY.fullmatch(address)
    number, login = (int(account[1] or 0), account[2]) if account else (0, "")
    # Only GitHub gives a login with brackets; another may be anybody's.
    by_login = login if login.endswith("[bot]") else None
    return next((a for a in ASSISTANTS if address in a.addresses or number in a.ids or by_login in a.logins), None)


def _by_login(login: str) -> Assistant | None:
    return next((assistant for assistant in ASSISTANTS if login in assistant.logins), None)


def _by_bare_name(name: str) -> Assistant | None:
    return next((assistant for assistant in ASSISTANTS if name in assistant.bare_names), None)


def _by_model(part: str) -> tuple[Assistant, str] | None:
    for assistant in ASSISTANTS:
        for pattern in assistant.models:
            if found := _compiled(pattern).fullmatch(part):
                return assistant, _model(found) or part
    return None


def _model(found: re.Match[str]) -> str | None:
    model = found.groupdict().get("model")
    return model.strip() if model else None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
