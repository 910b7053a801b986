"""What every member has to be told: ``{% load notices %}{% organization_notices %}``."""

from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.utils import timezone

from teams.notices import erased_at, floor_notice

register = template.Library()


@register.inclusion_tag("_components/organization_notices.html", takes_context=True)
def organization_notices(context: Context) -> dict[str, Any]:
    organization = context["organization"]
    at = erased_at(organization)
    return {
        "organization": organization,
        "erased_on": at and at.astimezone(ZoneInfo(organization.time_zone)).date(),
        "may_keep": "delete_organization" in (context.get("permissions") or ()),
        "floor": floor_notice(organization, timezone.now()),
        "csrf_token": context.get("csrf_token"),
    }
