"""Which server, and the keys: a file that only its owner reads. A key is never printed, and `repr` hides it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from . import files
from .places import Places

FILE = "account.json"


@dataclass(frozen=True)
class Account:
    server: str
    organization: str
    ingest_key: str = field(repr=False)
    api_token: str = field(default="", repr=False)
    slug: str = ""
    key_id: str = ""

    @property
    def otlp(self) -> str:
        return f"{self.server}/otlp"

    def watching(self, tools: list[str]) -> str:
        """The page that shows what arrives with this key."""
        query = [("organization", self.slug), *(("tool", tool) for tool in tools), ("key", self.key_id)]
        return f"{self.server}/start/?{urlencode(query)}"

    def hidden(self, text: str) -> str:
        """A text without the keys in it."""
        for secret in (self.ingest_key, self.api_token):
            text = text.replace(secret, f"{secret[:8]}…") if secret else text
        return text


def load(places: Places) -> Account | None:
    told = files.read_json(_file(places))
    try:
        return Account(**{name: str(value) for name, value in told.items()}) if isinstance(told, dict) else None
    except TypeError:
        return None


def save(places: Places, account: Account) -> None:
    files.write_json(_file(places), asdict(account))


def forget(places: Places) -> bool:
    path = _file(places)
    is_there = path.exists()
    if is_there:
        path.unlink()
    return is_there


def _file(places: Places) -> Path:
    return places.own / FILE
