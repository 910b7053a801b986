"""What every member has to be told: ``{% load notices %}{% organization_notices %}``."""

from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.utils import timezone

from codecard.lib.tenant import current_tenant
from teams.models import Membership, Organization
from teams.notices import erased_at, floor_notice
from teams.queries.small_team import small_team_of

register = template.Library()


@register.inclusion_tag("_components/organization_notices.html", takes_context=True)
def organization_notices(context: Context) -> dict[str, Any]:
    organization = context["organization"]
    at = erased_at(organization)
    request = context.get("request")
    return {
        "organization": organization,
        "asks_small_team": request is not None and _asks(organization, getattr(request, "membership", None)),
        "erased_on": at and at.astimezone(ZoneInfo(organization.time_zone)).date(),
        "may_keep": "delete_organization" in (context.get("permissions") or ()),
        "floor": floor_notice(organization, timezone.now()),
        "csrf_token": context.get("csrf_token"),
    }


def _asks(organization: Organization, membership: Membership | None) -> bool:
    """Whether this member still has to answer; most organizations never ask, and ask nothing of the database."""
    if organization.small_team_since is None or membership is None or current_tenant() != organization.id:
        return False
    return membership.agreed_small_team_at is None and small_team_of(organization).is_few
