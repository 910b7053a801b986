"""Signing a machine in: `POST /api/v1/device/code/`, then `POST /api/v1/device/token/` until somebody has decided.

As RFC 8628 has it, but in JSON and with problem details: `error` of a problem is the RFC's.
"""

from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.views import APIView

from codecard.lib.limits import Limit
from codecard.lib.problems import problem
from teams import audit
from teams.actions.devices import INTERVAL, LIFETIME, DeviceState, ask_for_device, hand_keys
from teams.device_api_schema import document_device_code, document_device_token

CODES = Limit("device-code", most=60, seconds=600)
TOKENS = Limit("device-token", most=3000, seconds=600)
"""Of one address of the network, which may be a whole office on its first morning."""
WORDS = {
    DeviceState.PENDING: "Nobody has decided yet. Ask again after `interval` seconds.",
    DeviceState.SLOW_DOWN: "That was too early. Wait longer between two questions.",
    DeviceState.DENIED: "The request was denied.",
    DeviceState.EXPIRED: "The code is not known, was used, or its time is over. Ask for a new one.",
}


class _DeviceView(APIView):
    """For machines that have no key yet."""

    authentication_classes = []
    permission_classes = []
    parser_classes = [JSONParser]
    http_method_names = ["post", "options"]
    limit: Limit

    def body(self, request: Request) -> dict[str, Any]:
        if not self.limit.admits(_address(request)):
            raise Throttled(wait=self.limit.seconds)
        if not isinstance(request.data, dict):
            raise ValidationError({"body": ["It must be an object."]})
        return request.data

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Cache-Control": "no-store"}


@document_device_code
class DeviceCodeView(_DeviceView):
    """A code for the machine, and one for the person who shall decide."""

    limit = CODES

    def post(self, request: Request) -> HttpResponse:
        told = self.body(request)
        may_read = told.get("may_read", False)
        if not isinstance(may_read, bool):
            raise ValidationError({"may_read": ["It must be true or false."]})
        asked = ask_for_device(
            host=_word(told, "host", 100),
            client_version=_word(told, "client_version", 40),
            may_read=may_read,
            now=timezone.now(),
        )
        page = (settings.BASE_URL or request.build_absolute_uri("/").rstrip("/")) + "/device/"
        answer = {
            "device_code": asked.device_code,
            "user_code": asked.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?code={asked.user_code}",
            "expires_in": int(LIFETIME.total_seconds()),
            "interval": int(INTERVAL.total_seconds()),
        }
        return JsonResponse(answer)


@document_device_token
class DeviceTokenView(_DeviceView):
    """The keys, once and only once they are approved; else 400 with the `error` that says why not."""

    limit = TOKENS

    def post(self, request: Request) -> HttpResponse:
        device_code = self.body(request).get("device_code")
        if not isinstance(device_code, str) or not device_code.isascii() or len(device_code) > 100:
            raise ValidationError({"device_code": ["It must be the text that /api/v1/device/code/ gave."]})
        with audit.from_request(request._request):
            handed = hand_keys(device_code=device_code, now=timezone.now())
        if handed.state is not DeviceState.APPROVED or handed.organization is None:
            errors = {"device_code": [WORDS[handed.state]]}
            return problem(HTTPStatus.BAD_REQUEST, WORDS[handed.state], error=str(handed.state), errors=errors)
        organization = {"slug": handed.organization.slug, "name": handed.organization.name}
        answer = {"ingest_key": handed.ingest_key, "key_id": handed.key_id, "organization": organization}
        return JsonResponse(answer | ({"api_token": handed.api_token} if handed.api_token else {}))


def _address(request: Request) -> str:
    try:
        return str(get_adapter().get_client_ip(request._request))
    except PermissionDenied:
        return ""  # over a socket nobody has one


def _word(told: dict[str, Any], name: str, longest: int) -> str:
    """What the machine says of itself, as it may be shown: one line, nothing that turns or hides letters."""
    value = told.get(name)
    word = "".join(letter for letter in value[:400] if letter.isprintable()).strip() if isinstance(value, str) else ""
    if not word:
        raise ValidationError({name: ["It must be a text."]})
    return word[:longest]
