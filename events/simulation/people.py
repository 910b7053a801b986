"""The invented company of the sample: its teams and people. Nobody and nothing here exists; `.invalid` never will."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple

from events.simulation.chance import seeded

COMPANY = "Quillmere"
ORGANIZATION = f"Sample: {COMPANY}"
DOMAIN = "sample.invalid"

Telling = Literal["key", "email", "device"]
Role = Literal["owner", "admin", "lead", "developer", "viewer"]


class Team(NamedTuple):
    slug: str
    name: str
    parent: str | None = None


TEAMS = (
    Team("storefront", "Storefront"),
    Team("checkout", "Checkout", "storefront"),
    Team("platform", "Platform"),
    Team("data", "Data", "platform"),
)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo")

_FIRST = (
    "Ada", "Bruno", "Chidi", "Dalia", "Emre", "Freya", "Gita", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mira", "Noor",
    "Otto", "Priya", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wim", "Xenia", "Yara", "Zeno",
)  # fmt: skip
_LAST = (
    "Fernhollow", "Ashwick", "Brambletoe", "Copperfen", "Dunmarrow", "Elderquay", "Foxmere", "Gorsewind", "Hazelmoor",
    "Inkberry", "Juniperfall", "Kettlebrook", "Larkspindle", "Mosswater", "Nettlecombe", "Oakenshaw-Reed", "Pebblegate",
    "Quillfeather", "Rushlight", "Saltmarrow", "Thistledown",
)  # fmt: skip
# A team settles on two tools: what everybody uses can be told without telling of one person.
_TOOLS = {
    "storefront": ("claude-code", "copilot-chat"),
    "checkout": ("claude-code", "codex"),
    "platform": ("claude-code", "gemini-cli"),
    "data": ("claude-code", "quill"),
}
_RARE = "copilot"


@dataclass(frozen=True)
class Person:
    """Who works, with what, and how a tool tells who they are: by a key of their own, by the account's e-mail address
    over the organization's key, or by nothing but the id of their device. `team` is empty for whom no team knows."""

    number: int
    name: str
    email: str
    team: str
    role: Role
    zone: str
    tools: tuple[str, ...]
    telling: Telling
    device: str
    skill: float
    """How much more of the suggestions than their team they accept, in logits."""
    pace: float
    """Sessions on a normal day."""
    is_member: bool = True
    is_bot: bool = False
    has_second_key: bool = False
    is_binary: bool = False
    """Their tool sends protobuf."""
    repeats_metrics: bool = False
    """Their tool tells tokens twice: as events and as metrics."""

    @property
    def sender(self) -> str:
        """Whose key their tools send with."""
        return f"person:{self.number}" if self.telling == "key" else "organization"

    @property
    def second_sender(self) -> str:
        return f"{self.sender}:second"

    @property
    def is_working(self) -> bool:
        return self.role not in ("owner", "viewer")


def cast(seed: int, people: int, telling: Telling | None = None) -> list[Person]:
    """The members, the first of them the owner and the last a viewer; after them who isn't one: three whom only their
    tools know, and two bots. `telling` is how all of them are told, where there is one key for all."""
    members = [_member(seed, number, people, telling) for number in range(people)]
    if telling is not None:
        return members
    strangers = [_stranger(seed, people + index) for index in range(3)]
    return [*members, *strangers, _bot(people + 3, "Build bot"), _bot(people + 4, "Dependency bot")]


def _member(seed: int, number: int, people: int, telling: Telling | None) -> Person:
    random = seeded(seed, "person", number)
    name = name_of(number)
    device = f"{random.getrandbits(256):064x}"
    team = TEAMS[number % len(TEAMS)].slug
    tools = _tools(team, number)
    # Copilot tells no address, so with the organization's key nobody would know whose it is.
    usual: Telling = "email" if number % 3 == 0 and not {"copilot", "copilot-chat"} & set(tools) else "key"
    return Person(
        number=number,
        name=name,
        email=_email(name, number),
        team=team,
        role=_role(number, people),
        zone=ZONES[_weighted(random, (45, 25, 18, 12))],
        tools=tools,
        telling=telling or usual,
        device=device,
        skill=random.gauss(0, 0.3),
        pace=random.uniform(2.2, 5.0),
        has_second_key=telling is None and number == 7,
        is_binary=number % 5 == 2,
        repeats_metrics=number == 6,
    )


def _stranger(seed: int, number: int) -> Person:
    """Whom nobody added: two are a device's id, one an address."""
    random = seeded(seed, "stranger", number)
    name = name_of(number)
    return Person(
        number=number, name=name, email=_email(name, number), team="", role="developer",
        zone=ZONES[number % len(ZONES)], tools=("claude-code",), telling="device" if number % 3 else "email",
        device=f"{random.getrandbits(256):064x}", skill=0.0, pace=1.2, is_member=False,
    )  # fmt: skip


def _bot(number: int, name: str) -> Person:
    return Person(
        number=number, name=name, email="", team="", role="developer", zone="UTC", tools=("quill",), telling="key",
        device="", skill=0.0, pace=1.0, is_member=False, is_bot=True,
    )  # fmt: skip


def name_of(number: int) -> str:
    """Different for some five hundred people; then names repeat with a number."""
    first, last = _FIRST[number % len(_FIRST)], _LAST[number * 5 % len(_LAST)]
    rounds = number // (len(_FIRST) * len(_LAST))
    return f"{first} {last}" if not rounds else f"{first} {last} {rounds + 1}"


def _email(name: str, number: int) -> str:
    return f"{name.lower().replace(' ', '.').replace('-', '')}.{number}@{DOMAIN}"


def _role(number: int, people: int) -> Role:
    if number == 0:
        return "owner"
    if number == people - 1 and people > 10:
        return "viewer"
    if people > 10 and number == 5:
        return "admin"
    return "lead" if 1 <= number <= len(TEAMS) else "developer"


def _tools(team: str, number: int) -> tuple[str, ...]:
    """What they use mostly and what now and then. Every ninth tries what nobody else has."""
    main, other = _TOOLS[team]
    return (main, _RARE if number % 9 == 8 else other)


def _weighted(random: Random, shares: Sequence[int]) -> int:
    return random.choices(range(len(shares)), shares)[0]
