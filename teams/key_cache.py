"""What a process remembers of keys for some seconds, so that not every request asks the database."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from teams.keys import Scope
from teams.models import Key, KeyKind

# A key that is revoked must be refused within 30 seconds everywhere; one that was just made must soon work.
SECONDS_KNOWN = 15.0
SECONDS_UNKNOWN = 5.0
MAX_KEYS = 10_000


@dataclass(frozen=True)
class Access:
    """Who sends: what `request.auth` and `request.user` are in API views."""

    organization_id: int
    key_id: int
    contributor_id: int | None
    """The person whom the key belongs to, None for a key of the organization."""
    kind: str
    scopes: frozenset[str]

    is_authenticated = True

    @property
    def pk(self) -> int:
        """By which throttles count."""
        return self.key_id

    def may_ingest(self) -> bool:
        return self.kind == KeyKind.INGEST

    def may_read(self, scope: Scope | str) -> bool:
        return self.kind == KeyKind.API and scope in self.scopes


@dataclass(frozen=True)
class KnownKey:
    access: Access
    expires_at: datetime | None
    is_revoked: bool
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: Key) -> "KnownKey":
        access = Access(key.organization_id, key.id, key.contributor_id, key.kind, frozenset(key.scopes))
        return cls(access, key.expires_at, key.revoked_at is not None, key.last_used_at)

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and now >= self.expires_at


class KeyCache:
    """Found and not found keys by digest, each for its time. The one not asked for longest goes when it is full."""

    def __init__(self) -> None:
        self._entries: OrderedDict[bytes, tuple[float, KnownKey | None]] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: bytes, default: Any) -> Any:
        """The known key, None for one known not to exist, `default` when nothing is known."""
        with self._lock:
            entry = self._entries.get(digest)
            if entry is None or entry[0] < time.monotonic():
                return default
            self._entries.move_to_end(digest)
            return entry[1]

    def put(self, digest: bytes, key: KnownKey | None) -> None:
        lives_until = time.monotonic() + (SECONDS_UNKNOWN if key is None else SECONDS_KNOWN)
        with self._lock:
            self._entries[digest] = (lives_until, key)
            self._entries.move_to_end(digest)
            while len(self._entries) > MAX_KEYS:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


cache = KeyCache()
