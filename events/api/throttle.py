"""How many ingest requests a key may make. Counted in the process: a limit against runaway clients, not a quota."""

import time

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from teams.key_cache import Access

_WINDOW_SECONDS = 60.0
_MOST_KEYS = 10_000
_windows: dict[int, tuple[float, int]] = {}


class IngestThrottle(BaseThrottle):
    """`INGEST_REQUESTS_PER_MINUTE` a key and process; 429 with the rest of the minute as Retry-After."""

    left = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        access = request.auth
        if not isinstance(access, Access):
            return True
        now = time.monotonic()
        began, count = _windows.get(access.key_id, (now, 0))
        if now - began >= _WINDOW_SECONDS:
            began, count = now, 0
        if len(_windows) > _MOST_KEYS:
            _windows.clear()
        _windows[access.key_id] = (began, count + 1)
        self.left = _WINDOW_SECONDS - (now - began)
        return count < settings.INGEST_REQUESTS_PER_MINUTE

    def wait(self) -> float:
        return self.left
