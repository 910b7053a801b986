"""What is known about the request being answered, for every line that is logged meanwhile."""

import re
from contextvars import ContextVar
from uuid import uuid4

from django.http import HttpRequest

request_id: ContextVar[str] = ContextVar("request_id", default="")
organization_id: ContextVar[int | None] = ContextVar("organization_id", default=None)

# What proxies send: letters, digits and a few marks. Anything else could forge lines or headers.
_SANE = re.compile(r"[A-Za-z0-9._:-]{8,64}", re.ASCII)


def accepted_id(offered: str) -> str:
    """The request id that a proxy gave, if it is a sane one, else a new one."""
    return offered if _SANE.fullmatch(offered) else uuid4().hex


def theme_of(request: HttpRequest) -> str:
    """`light` or `dark` if the visitor chose one, else empty: as the system says."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in {"light", "dark"} else ""
