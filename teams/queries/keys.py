"""Reads of the pages about keys. Inside the tenant, with a constant number of statements."""

from datetime import datetime
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from teams.keys import Scope
from teams.models import Contributor, Identity, IdentityKind, Key, KeyKind, Organization
from teams.queries.teams import PAGE


class Filters(NamedTuple):
    """What a list shows; empty is everything. Unknown words are as if they weren't there."""

    kind: str = ""
    state: str = ""
    text: str = ""


KINDS = {"": "All kinds", **{str(kind): f"{kind.label}s" for kind in KeyKind}}
STATES = {"": "Any state", "active": "Active", "expired": "Expired", "revoked": "Revoked"}


class Row(NamedTuple):
    key: Key
    state: str
    """One of STATES."""
    scopes: list[str]
    """In words."""


def keys_page(
    organization: Organization, filters: Filters, number: str | None, *, now: datetime, of: Contributor | None = None
) -> Page[Row]:
    """One page of what `keys_found` finds."""
    page: Page[Any] = Paginator(keys_found(organization, filters, now=now, of=of), PAGE).get_page(number)
    page.object_list = [as_row(key, now) for key in page.object_list]
    return page


def keys_found(
    organization: Organization, filters: Filters, *, now: datetime, of: Contributor | None = None
) -> QuerySet[Key]:
    """The organization's keys, or one person's, the newest first."""
    rows = Key.objects.filter(organization=organization)
    if of:
        rows = rows.filter(contributor=of)
    return _filtered(rows, filters, now).select_related("contributor", "created_by").order_by("-created_at", "-id")


def _filtered(rows: QuerySet[Key], filters: Filters, now: datetime) -> QuerySet[Key]:
    if filters.kind in KeyKind:
        rows = rows.filter(kind=filters.kind)
    has_expired = Q(revoked_at=None, expires_at__lte=now)
    if filters.state == "active":
        rows = rows.filter(revoked_at=None).exclude(has_expired)
    elif filters.state == "expired":
        rows = rows.filter(has_expired)
    elif filters.state == "revoked":
        rows = rows.filter(revoked_at__isnull=False)
    if text := filters.text.replace("\x00", "").strip():
        # Whoever finds a key in a log searches for all of it; only its beginning is known here.
        is_named = Q(name__icontains=text) | Q(contributor__display_name__icontains=text)
        rows = rows.filter(is_named | Q(prefix=text.rstrip("…")[:8]))
    return rows


def as_row(key: Key, now: datetime) -> Row:
    state = "revoked" if key.revoked_at else "active" if key.is_usable(now) else "expired"
    known = {str(scope): scope.label for scope in Scope}
    return Row(key, state, [known.get(scope, scope) for scope in key.scopes])


def key_of(organization: Organization, key_id: int, *, of: Contributor | None = None) -> Key | None:
    rows = Key.objects.filter(organization=organization, id=key_id)
    if of:
        rows = rows.filter(contributor=of)
    return rows.select_related("organization", "contributor", "created_by", "replaces").first()


def successor_of(key: Key) -> Key | None:
    return Key.objects.filter(organization=key.organization_id, replaces=key).order_by("-id").first()


def people_called(organization: Organization, text: str) -> list[Contributor]:
    """Whoever has exactly this address, login or name: two of them where there are more than one."""
    value = text.strip().removeprefix("@").lower()
    named = Identity.objects.filter(
        organization=organization, kind__in=(IdentityKind.EMAIL, IdentityKind.GITHUB), value=value
    )
    rows = Contributor.objects.filter(organization=organization)
    found = list(rows.filter(id__in=named.values("contributor")).order_by("id")[:2])
    return found or list(rows.filter(display_name__iexact=text.strip()).order_by("id")[:2])
