"""Stands in for the contribution graph of codecard.lib.svg: its days as a table by week."""

from typing import Any

from django import template

from profiles.shown import Activity

register = template.Library()
_WEEK = 7


@register.inclusion_tag("profiles/_heat.html")
def heat(activity: Activity) -> dict[str, Any]:
    days = list(activity.days)
    weeks = [days[place : place + _WEEK] for place in range(0, len(days), _WEEK)]
    return {"activity": activity, "weeks": [(week[0][0], sum(count for _, count in week)) for week in weeks]}
