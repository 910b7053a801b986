"""Reads of the audit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from codecard.lib.tenant import tenant
from teams.models import AuditEntry, Organization

PAGE = 50
_BATCH = 1000
_LOOKED_AT = 1000
"""Entries whose actions are offered as a filter: all kinds that happened lately, without reading the whole table."""


@dataclass(frozen=True)
class AuditFilter:
    """All of them together; empty ones ask for nothing. Days are the organization's, both included."""

    who: str = ""
    action: str = ""
    about: str = ""
    from_on: date | None = None
    to_on: date | None = None
    text: str = ""


class AuditPage(NamedTuple):
    entries: list[AuditEntry]
    next_id: int | None
    """Of the last entry here, if there are more."""


def entries_of(organization: Organization, wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """The newest first. Inside the tenant. Index: audit_by_time."""
    rows = AuditEntry.objects.filter(organization=organization).order_by("-at", "-id")
    zone = ZoneInfo(organization.time_zone)
    if wanted.who:
        rows = rows.filter(actor_label__icontains=wanted.who)
    if wanted.action:
        rows = rows.filter(action__icontains=wanted.action)
    if wanted.about:
        rows = rows.filter(Q(object_label__icontains=wanted.about) | Q(object_type__icontains=wanted.about))
    if wanted.from_on:
        rows = rows.filter(at__gte=datetime.combine(wanted.from_on, time.min, zone))
    if wanted.to_on and wanted.to_on < date.max:
        rows = rows.filter(at__lt=datetime.combine(wanted.to_on + timedelta(days=1), time.min, zone))
    return _containing(rows, wanted.text) if wanted.text else rows


def _containing(rows: QuerySet[AuditEntry], text: str) -> QuerySet[AuditEntry]:
    in_columns = Q(actor_label__icontains=text) | Q(action__icontains=text) | Q(object_label__icontains=text)
    told = rows.annotate(told=Cast("details", TextField()))
    return told.filter(in_columns | Q(told__icontains=text) | Q(object_type__icontains=text))


def audit_page(organization: Organization, wanted: AuditFilter, after_id: int | None) -> AuditPage:
    """One page, after an entry of the one before. Inside the tenant."""
    rows = after(entries_of(organization, wanted), organization, after_id)
    found = list(rows[: PAGE + 1])
    return AuditPage(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


def after(rows: QuerySet[AuditEntry], organization: Organization, entry_id: int | None) -> QuerySet[AuditEntry]:
    """What comes after an entry, all if there is no such."""
    last = AuditEntry.objects.filter(organization=organization, id=entry_id).first() if entry_id else None
    if last is None:
        return rows
    return rows.filter(Q(at__lt=last.at) | Q(at=last.at, id__lt=last.id))


def walk(organization: Organization, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """Every entry, read in batches: for a download. Opens the tenant itself, for each batch."""
    last_id = None
    while True:
        with tenant(organization.id):
            batch = list(after(entries_of(organization, wanted), organization, last_id)[:_BATCH])
        yield from batch
        if len(batch) < _BATCH:
            return
        last_id = batch[-1].id


def known_actions(organization: Organization) -> list[str]:
    """Those of the newest entries, by name. Inside the tenant."""
    newest = AuditEntry.objects.filter(organization=organization).order_by("-at", "-id")
    return sorted(set(newest.values_list("action", flat=True)[:_LOOKED_AT]))


class Detail(NamedTuple):
    name: str
    before: str | None
    """None where the entry tells a value, not a change."""
    after: str


def details_of(entry: AuditEntry) -> list[Detail]:
    """What the entry tells, one line each: changes first, then the rest."""
    rest = dict(entry.details)
    before, now = rest.pop("before", None), rest.pop("after", None)
    changes = _changes(before, now)
    return changes + [Detail(_words(name), None, _shown(value)) for name, value in rest.items()]


def _changes(before: Any, now: Any) -> list[Detail]:
    if before is None and now is None:
        return []
    if not isinstance(before or {}, dict) or not isinstance(now or {}, dict):
        return [Detail("Value", _shown(before), _shown(now))]
    if before is None:
        return [Detail(_words(name), None, _shown(value)) for name, value in now.items()]
    old, new = before, now or {}
    return [Detail(_words(name), _shown(old.get(name)), _shown(new.get(name))) for name in {**old, **new}]


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(one)}" for key, one in value.items())
    return _moment(value) if isinstance(value, str) else str(value)


def _moment(text: str) -> str:
    """A time as people write it, any other text as it is."""
    try:
        at = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        at = None
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at and at.tzinfo else text
