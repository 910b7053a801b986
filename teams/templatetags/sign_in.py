"""Words of the sign-in pages."""

import re

from django import template

register = template.Library()
# In this order: Edge and Opera say Chrome too, and Chrome says Safari.
_BROWSERS = {
    "Edge": r"Edg",
    "Opera": r"OPR/",
    "Firefox": r"Firefox/|FxiOS",
    "Chrome": r"Chrom|CriOS",
    "Safari": r"Safari/",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "macOS": "Macintosh",
    "Linux": "Linux",
}


@register.filter
def browser(user_agent: str) -> str:
    """What a person calls the browser that calls itself this: "Firefox on Windows"."""
    name = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if name and system:
        return f"{name} on {system}"
    return name or system or user_agent[:60] or "Unknown browser"


def _first(names: dict[str, str], user_agent: str) -> str:
    return next((name for name, pattern in names.items() if re.search(pattern, user_agent)), "")
