"""Secrets of keys, links and invitations: how they are made, recognised and kept."""

import re
import secrets
import string
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from teams.models import KeyKind
from teams.permissions import Permission

PREFIXES = {KeyKind.INGEST: "cci_", KeyKind.API: "cca_"}
SHOWN_LENGTH = 8
# Base 62 and no signs: a double click selects the whole key, and it needs no quoting anywhere.
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_BYTES = 32
_RANDOM_LENGTH = 43  # 62 ** 43 > 256 ** 32
_SHAPE = re.compile(rf"cc[ia]_[0-9A-Za-z]{{{_RANDOM_LENGTH}}}", re.ASCII)


class Scope(StrEnum):
    """What an API token may read."""

    USAGE = "usage:read"
    METRICS = "metrics:read"
    PULLS = "pulls:read"
    OWN = "me:read"

    @property
    def label(self) -> str:
        """For people who choose."""
        return SCOPES[self].label

    @property
    def needs(self) -> Permission:
        """Nobody gets by a token what they may not see on a page."""
        return SCOPES[self].needs

    def demanded(self, *, is_shared: bool) -> Permission:
        """Of whoever makes or keeps a token: one of the organization itself (`is_shared`) isn't narrowed to a person,
        and may read more."""
        return (SCOPES[self].needs_shared if is_shared else None) or SCOPES[self].needs


class ScopeFacts(NamedTuple):
    label: str
    needs: Permission
    needs_shared: Permission | None = None


# A new scope is a member above and a line here; forms, lists and checks follow.
SCOPES: dict[Scope, ScopeFacts] = {
    Scope.USAGE: ScopeFacts("Usage and cost of the whole organization, never by person", Permission.SEE_USAGE),
    Scope.METRICS: ScopeFacts(
        "Numbers of teams and of the organization, above the privacy floor", Permission.SEE_NUMBERS
    ),
    Scope.PULLS: ScopeFacts(
        "Pull requests and defects that its person may open; all of them, if it is the organization's",
        Permission.SEE_OWN_PULL_REQUESTS,
        Permission.SEE_PULL_REQUESTS,
    ),
    Scope.OWN: ScopeFacts("The numbers of its person; nothing, if it is the organization's", Permission.USE_OWN_DATA),
}


def new_secret(kind: KeyKind) -> str:
    return PREFIXES[kind] + new_token()


def new_token() -> str:
    """256 random bits as 43 letters and digits."""
    number = int.from_bytes(secrets.token_bytes(_RANDOM_BYTES), "big")
    digits = []
    for _ in range(_RANDOM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def digest_of(secret: str) -> bytes:
    """What is stored. A plain hash is enough for 256 random bits, and found by an index in constant work: whoever
    guesses learns nothing from how long a look-up took, since digests of near misses are not near."""
    return sha256(secret.encode()).digest()


def shown_prefix(secret: str) -> str:
    """Enough to tell keys apart in a list, such as `cci_x7Qp`."""
    return secret[:SHOWN_LENGTH]


def looks_like_key(text: str) -> bool:
    """Whether it is worth a look-up."""
    return _SHAPE.fullmatch(text) is not None
