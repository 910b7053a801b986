"""How often a token or somebody signed in may ask. Counted in Redis, for all processes together."""

import time

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from codecard.lib.limits import Limit
from teams.key_cache import Access

WINDOW_SECONDS = 60


class QueryThrottle(BaseThrottle):
    """`API_REQUESTS_PER_MINUTE` of the clock; 429 with the rest of the minute as Retry-After."""

    left = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        minute, passed = divmod(time.time(), WINDOW_SECONDS)
        self.left = WINDOW_SECONDS - passed
        limit = Limit(f"api:{minute:.0f}", most=settings.API_REQUESTS_PER_MINUTE, seconds=WINDOW_SECONDS)
        return limit.admits(_subject(request))

    def wait(self) -> float:
        return self.left


def _subject(request: Request) -> str:
    if isinstance(request.auth, Access):
        return f"key {request.auth.key_id}"
    return f"account {request.user.pk}" if request.user.is_authenticated else ""
