"""Context of the page that connects a tool, and of its live panel: templates/events/start.html and _waiting.html."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from codecard.lib.formats import counted
from events.queries.health import last_refusal_since
from events.queries.onboarding import Arrived, arrived_since
from events.schema import Kind
from events.sources import all_sources
from events.sources._base import Source
from teams.models import Key, Organization

LATE_AFTER = timedelta(seconds=60)
NO_KEY = "YOUR_KEY"
NEVER_KEPT = (
    "Prompts, answers, code, and any other text",
    "Command lines, and what tools are given or give back",
    "Contents and names of files: only the language, the kind of file, and a keyed hash of the path",
    "Names of machines and of accounts on them, in anything that a tool reports",
)
KIND_NAMES = {
    Kind.PROMPT: ("prompt", "prompts"),
    Kind.RESPONSE: ("model call", "model calls"),
    Kind.SUGGESTION: ("decision", "decisions"),
    Kind.EDIT: ("kept edit", "kept edits"),
    Kind.TEST_RUN: ("test run", "test runs"),
    Kind.QUALITY: ("analysis", "analyses"),
    Kind.ACTIVITY: ("activity count", "activity counts"),
    Kind.GIT: ("commit or push", "commits and pushes"),
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """`number` tells those of a page apart."""

    number: str
    title: str
    where: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ToolLink:
    """A tool on offer. `href` takes it in, or out where it is chosen."""

    slug: str
    name: str
    href: str
    is_chosen: bool


def sources() -> list[Source]:
    """Those that say how they are set up."""
    return [source for source in all_sources() if source.steps("", "")]


def sources_named(names: Sequence[str]) -> list[Source]:
    """In the order of all; the first one where no name is known."""
    known = sources()
    return [source for source in known if source.name in names] or known[:1]


def label_of(chosen: Sequence[Source]) -> str:
    return ", ".join(source.label for source in chosen)


def client_commands(base_url: str) -> list[Snippet]:
    """One line that sets all tools up, for those who have Python."""
    fetched, rest = f"{base_url}/code-card.pyz", f"code-card.pyz connect --server {base_url}"
    return [
        Snippet("c1", "Paste into a terminal", "shell", f"curl -fsSO {fetched} && python3 {rest}"),
        Snippet("c2", "On Windows", "PowerShell", f"iwr {fetched} -OutFile code-card.pyz; py -3 {rest}"),
    ]


def tool_context(
    chosen: Sequence[Source], organization: Organization | None, base_url: str, secret: str, *, is_asked: bool
) -> dict[str, Any]:
    """How the tools are set up. Without a secret the snippets hold a placeholder. `is_asked`: somebody chose them, so
    that another one is added to them and doesn't take their place."""
    setups = [(source.label, _snippets(source, f"{base_url}/otlp", secret or NO_KEY)) for source in chosen]
    return {
        "tools": [_link(one, chosen if is_asked else (), organization, chosen) for one in sources()],
        "chosen": [source.name for source in chosen],
        "tool": chosen[0].name,
        "tool_name": label_of(chosen),
        "commands": client_commands(base_url),
        "setups": setups,
        "has_key": bool(secret),
        "kept": list(dict.fromkeys(item for source in chosen for item in source.keeps)),
        "never": NEVER_KEPT,
    }


def _snippets(source: Source, otlp_url: str, secret: str) -> list[Snippet]:
    steps = enumerate(source.steps(otlp_url, secret))
    return [Snippet(f"{source.name}-{i}", step.title, step.language, step.code, step.note) for i, step in steps]


def _link(one: Source, asked: Sequence[Source], organization: Organization | None, shown: Sequence[Source]) -> ToolLink:
    names = [source.name for source in asked]
    toggled = [name for name in names if name != one.name] if one.name in names else [*names, one.name]
    carried = [("tool", name) for name in toggled] + ([("organization", organization.slug)] if organization else [])
    return ToolLink(one.name, one.label, f"?{urlencode(carried)}", one in shown)


@dataclass(frozen=True, slots=True)
class Panel:
    """What came from one tool since the key was made."""

    tool_name: str
    state: str
    arrived: Arrived
    kinds: Sequence[str] = ()
    parts: Sequence["Part"] = ()

    @property
    def is_settled(self) -> bool:
        return self.arrived.tokens > 0


def waiting_context(organization: Organization, key: Key, chosen: Sequence[Source], now: datetime) -> dict[str, Any]:
    """What came with the key since it was made. Inside the tenant; the key is one of a person."""
    tools = [("tool", source.name) for source in chosen]
    carried = urlencode([("organization", organization.slug), *tools, ("key", key.id)])
    panels = [_panel(organization, key, source, now) for source in chosen]
    is_waiting = any(panel.state != "arrived" for panel in panels)
    return {
        "key": key,
        "key_prefix": key.prefix,
        "panels": panels,
        "waiting_state": max((panel.state for panel in panels), key=("arrived", "waiting", "late").index),
        "has_arrived": any(panel.state == "arrived" for panel in panels),
        "is_settled": all(panel.is_settled for panel in panels),
        "waiting_url": f"/start/waiting/?{carried}",
        "look_again_url": f"/start/?{carried}",
        "dashboard_url": f"/o/{organization.slug}/",
        **(_not_arrived(organization, key) if is_waiting else {}),
    }


def _panel(organization: Organization, key: Key, source: Source, now: datetime) -> Panel:
    arrived = arrived_since(organization.id, key.contributor_id or 0, source.tools or (source.tool,), key.created_at)
    kinds = [counted(number, *KIND_NAMES[kind]) for kind, number in sorted(arrived.kinds.items())]
    return Panel(source.label, _state(arrived, key, now), arrived, kinds, _parts(arrived, source))


def _state(arrived: Arrived, key: Key, now: datetime) -> str:
    if arrived.events:
        return "arrived"
    return "late" if now - key.created_at >= LATE_AFTER else "waiting"


@dataclass(frozen=True, slots=True)
class Part:
    """Something that numbers are later joined by: there, or how to get it."""

    name: str
    is_there: bool
    fix: str = ""


def _parts(arrived: Arrived, source: Source) -> list[Part]:
    return [
        Part(
            "Tokens",
            arrived.tokens > 0,
            "They come with the first answer of a model; some tools send them when the session ends.",
        ),
        Part("Session", arrived.sessions > 0, "It stands in most events, so one more question should bring it."),
        Part(
            "Repository",
            arrived.repositories > 0,
            f"Start {source.label} inside a clone that has a remote, with all lines of the snippet.",
        ),
        Part(
            "Cost",
            arrived.cost_micros > 0,
            "The tool tells none, and the model has no known price: unpriced, not free.",
        ),
    ]


def _not_arrived(organization: Organization, key: Key) -> dict[str, Any]:
    return {
        "refused": last_refusal_since(organization.id, key.created_at),
        "is_used": key.last_used_at is not None,
        "checks": _checks(key),
    }


def _checks(key: Key) -> Sequence[str]:
    if key.revoked_at:
        return ["This key was revoked. Make a new one."]
    if key.last_used_at:
        return [
            "The key was used, but nothing of it is yours. Is the tool signed in with another e-mail address? What it"
            " sends then belongs to that person; an admin can merge the two.",
            "Or what came held nothing that is counted yet: ask the tool something and wait for its answer.",
        ]
    return [
        "Did the tool start after the snippet was pasted, in the same shell? It reads its settings at the start.",
        "Is the whole key there? A line break in the middle of it makes it another key.",
        "Can that machine reach this address? A proxy or firewall may be in between; a browser there tells.",
        "Does something else set the tool's telemetry, such as managed settings or an older export line?",
    ]
