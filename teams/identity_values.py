"""How the names by which data call a person are compared and kept."""

import unicodedata
from hashlib import sha256

from teams.models import IdentityKind
from teams.models.contributor import LONGEST_IDENTITY


def normalise(kind: IdentityKind, value: str | None) -> str:
    """The value as it is stored and compared, or "" where it names nobody.

    Lower case, without control characters and edges of spaces. What is too long to keep is kept as its hash: cut off,
    two people could become one.
    """
    if not value:
        return ""
    kept = "".join(char for char in value if unicodedata.category(char)[0] != "C")
    plain = unicodedata.normalize("NFC", kept.lower()).strip()
    if kind == IdentityKind.EMAIL and not _is_email(plain):
        return ""
    if len(plain) > LONGEST_IDENTITY:
        return f"sha256:{sha256(plain.encode()).hexdigest()}"
    return plain


def tool_user(tool: str | None, user: str | None) -> str:
    """The identity value of a tool's own user id, which is unique within the tool only."""
    return normalise(IdentityKind.TOOL_USER, f"{tool or ''}:{user}") if normalise(IdentityKind.TOOL_USER, user) else ""


def _is_email(text: str) -> bool:
    """Tools tell things like "unknown" too; that must not become one person who is everybody."""
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and not any(char.isspace() for char in text)


def display_name(kind: str, value: str) -> str:
    """What an unclaimed person is called until somebody says better."""
    if kind == IdentityKind.EMAIL:
        return value.rpartition("@")[0][:200]
    if kind == IdentityKind.TOOL_USER:
        tool, _, user = value.partition(":")
        return f"{tool[:60]} user {user[:12]}"
    return value[:200]
