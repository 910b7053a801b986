"""Thin views: load, ask permission, one call, render."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from codecard.lib.tables import csv_file
from codecard.lib.tenant import tenant
from events.dashboards import onboarding
from events.dashboards.export import HEADER, rows_of
from events.dashboards.files import HEALTH, OVERVIEW, health_rows, overview_rows
from events.dashboards.fragments import answer, failing_softly
from events.dashboards.health import health_context
from events.dashboards.organization import organization_context
from events.dashboards.team import page_of, team_context
from events.sources._base import Source
from teams import actions, queries
from teams.models import Key, KeyKind, Organization, User
from teams.permissions import (
    LAST_ORGANIZATION,
    OrganizationRequest,
    Permission,
    organization_view,
    own_organizations,
)


@never_cache
@require_safe
@failing_softly("#dash")
@organization_view(Permission.SEE_NUMBERS)
def organization(request: OrganizationRequest) -> HttpResponse:
    context = organization_context(request, timezone.now())
    return answer(request, "events/organization.html", "events/_organization_dashboard.html", context)


@never_cache
@require_safe
@failing_softly("#dash")
@organization_view(Permission.SEE_NUMBERS)
def team(request: OrganizationRequest, team: str) -> HttpResponse:
    context = team_context(request, team, timezone.now())
    if context is None:
        raise Http404
    return answer(request, "events/team.html", "events/_team_dashboard.html", context)


@never_cache
@require_safe
@organization_view(Permission.SEE_NUMBERS)
def team_export(request: OrganizationRequest, team: str) -> StreamingHttpResponse:
    page = page_of(request, team, timezone.now())
    if page is None:
        raise Http404
    return csv_file(HEADER, rows_of(page), request.organization.slug, page.group.slug)


@never_cache
@require_safe
@organization_view(Permission.SEE_NUMBERS)
def organization_export(request: OrganizationRequest) -> StreamingHttpResponse:
    context = organization_context(request, timezone.now())
    return csv_file(OVERVIEW, overview_rows(context), request.organization.slug, "teams")


@never_cache
@require_safe
@organization_view(Permission.SEE_DATA_HEALTH)
def health(request: OrganizationRequest) -> HttpResponse:
    return render(request, "events/health.html", health_context(request.organization.id, timezone.now()))


@never_cache
@require_safe
@organization_view(Permission.SEE_DATA_HEALTH)
def health_export(request: OrganizationRequest) -> StreamingHttpResponse:
    context = health_context(request.organization.id, timezone.now())
    return csv_file(HEALTH, health_rows(context["sources"]), request.organization.slug, "health")


# --- connecting a tool -----------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Says how a tool is connected. Only a POST makes a key; it is in that answer and never again."""
    given = request.POST if request.method == "POST" else request.GET
    tools = onboarding.sources_named(given.getlist("tool"))
    chosen = _organization(request, given.get("organization", ""))
    if chosen is None and request.method == "POST":
        chosen = actions.create_personal_organization(user=_user(request), now=timezone.now())
    secret = _new_key(request, chosen, tools) if chosen and request.method == "POST" else None
    context = {"nav": "start", "organization": chosen, "choices": own_organizations(request)}
    context |= onboarding.tool_context(
        tools, chosen, _base_url(request), secret.secret if secret else "", is_asked="tool" in given
    )
    key = secret.key if secret else _own_key(request, chosen, request.GET.get("key", ""))
    if chosen and key:
        with tenant(chosen.id):
            context |= onboarding.waiting_context(chosen, key, tools, timezone.now())
    return render(request, "events/start.html", context)


@never_cache
@require_safe
@failing_softly("#waiting")
@login_required
def waiting(request: HttpRequest) -> HttpResponse:
    """The live panel alone: what has arrived from the person of one of one's own keys since it was made."""
    chosen = _organization(request, request.GET.get("organization", ""))
    key = _own_key(request, chosen, request.GET.get("key", ""))
    if chosen is None or key is None:
        raise Http404
    tools = onboarding.sources_named(request.GET.getlist("tool"))
    with tenant(chosen.id):
        context = onboarding.waiting_context(chosen, key, tools, timezone.now())
    return answer(request, "events/_waiting.html", "events/_waiting.html", context)


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _organization(request: HttpRequest, slug: str) -> Organization | None:
    """The one that is asked for, else the one used last, else the first."""
    by_slug = {choice.slug: choice for choice in own_organizations(request)}
    if slug and slug not in by_slug:
        raise Http404
    first = next(iter(by_slug.values()), None)
    found = by_slug.get(slug or request.session.get(LAST_ORGANIZATION, ""), first)
    request.organization = found  # type: ignore[attr-defined]  # the frame of the page shows it
    return found


def _new_key(request: HttpRequest, organization: Organization, tools: list[Source]) -> actions.NewKey:
    user = _user(request)
    with tenant(organization.id):
        return actions.create_key(
            organization=organization,
            kind=KeyKind.INGEST,
            name=onboarding.label_of(tools),
            contributor=queries.contributor_of(organization, user),
            by=user,
            now=timezone.now(),
        )


def _own_key(request: HttpRequest, organization: Organization | None, key_id: str) -> Key | None:
    if organization is None or not (key_id.isascii() and key_id.isdigit() and len(key_id) < 19):
        return None
    with tenant(organization.id):
        keys = Key.objects.filter(organization=organization, contributor__user=_user(request), kind=KeyKind.INGEST)
        return keys.filter(id=int(key_id)).first()


def _base_url(request: HttpRequest) -> str:
    return settings.BASE_URL or request.build_absolute_uri("/").rstrip("/")
