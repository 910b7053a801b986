"""All that can go wrong when GitHub is asked: a closed set, each with its words. What GitHub answered is in none."""

from datetime import datetime
from enum import StrEnum
from typing import Final


class Trouble(StrEnum):
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    VANISHED = "vanished"
    SUSPENDED = "suspended"
    REMOVED = "removed"
    LIMITED = "limited"
    UNREACHABLE = "unreachable"
    EMPTY = "empty"
    ODD = "odd"


WORDS: Final = {
    Trouble.REFUSED: "GitHub refused the token: it was revoked or has expired. Enter a new one.",
    Trouble.FORBIDDEN: "The token may not read this. It needs to read contents, pull requests, issues and checks.",
    Trouble.VANISHED: "GitHub doesn't know it any more, or the token may not see it.",
    Trouble.SUSPENDED: "The installation is suspended on GitHub; nothing is asked until it is not.",
    Trouble.REMOVED: "The App was removed on GitHub. What is known stays; nothing new comes in.",
    Trouble.LIMITED: "GitHub's rate limit is used up. It goes on by itself.",
    Trouble.UNREACHABLE: "GitHub can't be reached or fails. It is tried again by itself.",
    Trouble.EMPTY: "The repository is empty.",
    Trouble.ODD: "GitHub answered in a way that can't be read. It is tried again by itself.",
}


class GitHubError(Exception):
    """`until`: before then it makes no sense to ask again."""

    def __init__(self, trouble: Trouble, *, until: datetime | None = None) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.until = until

    @property
    def words(self) -> str:
        return WORDS[self.trouble]
