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
    "Names of machines and of accounts on them",
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
    title: str
    where: str
    text: str
    note: str


def sources() -> list[Source]:
    """Those that say how they are set up."""
    return [source for source in all_sources() if source.steps("", "")]


def source_named(name: str) -> Source:
    """The first one where the name is not known."""
    known = sources()
    return next((source for source in known if source.name == name), known[0])


def tool_context(source: Source, otlp_url: str, secret: str) -> dict[str, Any]:
    """How the tool is set up. Without a secret the snippets hold a placeholder."""
    steps = source.steps(otlp_url, secret or NO_KEY)
    return {
        "tools": [(one.name, one.label) for one in sources()],
        "tool": source.name,
        "tool_name": source.label,
        "snippets": [Snippet(step.title, step.language, step.code, step.note) for step in steps],
        "has_key": bool(secret),
        "notes": [],
        "kept": source.keeps,
        "never": NEVER_KEPT,
    }


def waiting_context(organization: Organization, key: Key, source: Source, now: datetime) -> dict[str, Any]:
    """What came with the key since it was made. Inside the tenant; the key is one of a person."""
    carried = urlencode({"organization": organization.slug, "tool": source.name, "key": key.id})
    arrived = arrived_since(organization.id, key.contributor_id or 0, source.tools or (source.tool,), key.created_at)
    return {
        "key": key,
        "key_prefix": key.prefix,
        "tool_name": source.label,
        "waiting_state": _state(arrived, key, now),
        "waiting_url": f"/start/waiting/?{carried}",
        "look_again_url": f"/start/?{carried}",
        "dashboard_url": f"/o/{organization.slug}/",
        **(_arrived(arrived, source) if arrived.events else _not_arrived(organization, key)),
    }


def _state(arrived: Arrived, key: Key, now: datetime) -> str:
    if arrived.events:
        return "arrived"
    return "late" if now - key.created_at >= LATE_AFTER else "waiting"


def _arrived(arrived: Arrived, source: Source) -> dict[str, Any]:
    kinds = [counted(number, *KIND_NAMES[kind]) for kind, number in sorted(arrived.kinds.items())]
    return {"arrived": arrived, "kinds": kinds, "parts": _parts(arrived, source), "is_settled": arrived.tokens > 0}


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
