"""Of which commit, and of which run of CI, an upload tells: the parameters that both kinds of upload share. Pure."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from events.sources import _repository

MOST_ATTEMPTS: Final = 1_000
MOST_NUMBER: Final = 2**31 - 1
HOST: Final = "github.com"
_SHA: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)+", re.ASCII)
_LONGEST: Final = {"branch": 255, "job": 200, "root": 1_000, "version": 60, "ruleset": 20_000, "format": 20}


class WrongParameter(ValueError):
    """A parameter of the address can't be used; the text says what to give instead."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


class Place(NamedTuple):
    """`attempt` None: not told. `ruleset`: a hash of what was told, empty where nothing was."""

    repository: str
    sha: str
    branch: str
    pull_number: int | None
    attempt: int | None
    job: str
    root: str
    ruleset: str
    version: str
    format: str


def place_of(asked: Mapping[str, str]) -> Place:
    """:raises WrongParameter:"""
    ruleset = _text(asked, "ruleset")
    return Place(
        repository=_repository_of(asked.get("repository", "")),
        sha=_sha(asked.get("commit", "")),
        branch=_text(asked, "branch").removeprefix("refs/heads/"),
        pull_number=_number(asked, "pull_request", MOST_NUMBER),
        attempt=_number(asked, "attempt", MOST_ATTEMPTS),
        job=_text(asked, "job"),
        root=_text(asked, "root"),
        ruleset=sha256(ruleset.encode()).hexdigest()[:32] if ruleset else "",
        version=_text(asked, "version"),
        format=_text(asked, "format").lower(),
    )


def _repository_of(told: str) -> str:
    """`owner/name` alone is one of github.com, as CI there calls it."""
    told = told.strip()
    name = _repository.normalise(told) or ""
    if not name and len(told) <= 200 and _PLAIN.fullmatch(told) and ".." not in told:
        plain = told.lower().removesuffix(".git")
        name = f"{HOST}/{plain}" if plain.count("/") == 1 else plain
    if not name:
        raise WrongParameter("repository", "Give owner/name on github.com, else host/owner/name or an address of it.")
    return name


def _sha(told: str) -> str:
    sha = told.strip().lower()
    if not _SHA.fullmatch(sha):
        raise WrongParameter("commit", "Give the full SHA of the commit that was tested: 40 or 64 hexadecimal digits.")
    return sha


def _number(asked: Mapping[str, str], name: str, most: int) -> int | None:
    told = asked.get(name, "").strip()
    if not told:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", told, re.ASCII) or not 1 <= int(told) <= most:
        raise WrongParameter(name, f"Give a number from 1 to {most:,}, or leave it out.")
    return int(told)


def _text(asked: Mapping[str, str], name: str) -> str:
    told, most = asked.get(name, "").strip(), _LONGEST[name]
    if len(told) > most:
        raise WrongParameter(name, f"Give at most {most:,} characters.")
    if name != "ruleset" and _CONTROL.search(told):
        raise WrongParameter(name, "Leave out control characters.")
    if any(0xD800 <= ord(one) < 0xE000 for one in told):
        raise WrongParameter(name, "Give text in UTF-8.")
    return told
