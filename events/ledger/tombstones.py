"""What the ledger must not store: facts of a time that their person deleted, or paused for.

A tombstone knows nobody: it holds keyed hashes of names, and a fact is refused where the names by which its owner would
be found (`teams.identities`) are among them, or its session is. So a client that sends old facts again, by whatever
key, brings nothing back. Hashes are made with SECRET_KEY, and looked for with SECRET_KEY_FALLBACKS as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac

from events.models import Tombstone
from events.schema import Commit, Event
from teams.identity_values import normalise, tool_user
from teams.key_cache import Access
from teams.models import IdentityKind

REFUSED: Final = "not wanted by its person: deleted, or paused"
"""One reason for both: whoever reads what was refused needn't know which."""
CONTRIBUTOR, SESSION = "contributor", "session"
Name = tuple[str, str]
"""Kind and value: of an identity, or of one of the two kinds above."""


def subjects_of(organization_id: int, names: Iterable[Name]) -> list[str]:
    """What is stored of names."""
    key = _keys(organization_id)[0]
    return sorted({_hashed(key, name) for name in names})


def hashes_of(organization_id: int, name: Name) -> list[str]:
    """What may be stored of a name: by each of the keys."""
    return [_hashed(key, name) for key in _keys(organization_id)]


def session_name(tool: str, key: str) -> Name:
    return SESSION, f"{tool}:{key}"


@dataclass(frozen=True)
class Tombstones:
    """Of one organization, as a process remembers them."""

    organization_id: int
    spans: Mapping[str, list[tuple[datetime | None, datetime | None]]] = field(default_factory=dict)

    @classmethod
    def read(cls, organization_id: int) -> "Tombstones":
        """Inside the tenant."""
        spans: dict[str, list[tuple[datetime | None, datetime | None]]] = {}
        rows = Tombstone.objects.filter(organization=organization_id).values_list("subjects", "from_at", "until_at")
        for subjects, start, end in rows:
            for subject in subjects:
                spans.setdefault(subject, []).append((start, end))
        return cls(organization_id, spans)

    def refusing(self, access: Access) -> "Refusing | None":
        """None where nothing was ever deleted or paused: then nothing has to be hashed."""
        return Refusing(self, access) if self.spans else None


class Refusing:
    """What is refused of one body. Few senders and sessions stand in it, so that each is hashed once."""

    def __init__(self, tombstones: Tombstones, access: Access) -> None:
        self._tombstones, self._access = tombstones, access
        self._known: dict[tuple[str | None, ...], list[tuple[datetime | None, datetime | None]]] = {}

    def refuses(self, told: Event | Commit) -> bool:
        return any(
            (start is None or start <= told.at) and (end is None or told.at < end) for start, end in self._spans(told)
        )

    def _spans(self, told: Event | Commit) -> list[tuple[datetime | None, datetime | None]]:
        who = (told.email, told.github, told.user, told.tool, told.session)
        found = self._known.get(who)
        if found is None:
            number, spans = self._tombstones.organization_id, self._tombstones.spans
            hashes = {one for name in _names(told, self._access) for one in hashes_of(number, name)}
            found = self._known[who] = [span for one in hashes for span in spans.get(one, ())]
        return found


def _names(told: Event | Commit, access: Access) -> Iterator[Name]:
    """Those by which its owner would be found, the strongest alone, and its session."""
    if told.session:
        yield session_name(told.tool, told.session)
    if email := normalise(IdentityKind.EMAIL, told.email):
        yield IdentityKind.EMAIL.value, email
    elif github := normalise(IdentityKind.GITHUB, told.github):
        yield IdentityKind.GITHUB.value, github
    else:
        if user := tool_user(told.tool, told.user):
            yield IdentityKind.TOOL_USER.value, user
        if access.contributor_id:
            yield CONTRIBUTOR, str(access.contributor_id)
        if access.contributor_id or not user:
            yield IdentityKind.KEY.value, str(access.key_id)


def _hashed(key: bytes, name: Name) -> str:
    return blake2b("\0".join(name).encode("utf-8", "replace"), key=key, digest_size=16).hexdigest()


def _keys(organization_id: int) -> tuple[bytes, ...]:
    """The first makes hashes, all find them."""
    return _keys_of(organization_id, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=1024)
def _keys_of(organization_id: int, secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(
        salted_hmac("codecard.tombstone", str(organization_id), secret=secret, algorithm="sha256").digest()
        for secret in secrets
    )
