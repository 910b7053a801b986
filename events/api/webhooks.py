"""Where GitHub's webhooks come in: proven by their signature, stored once, answered before anything is read of them.

A wrong signature, an organization that doesn't exist and one without a connection are one and the same answer.
"""

import hmac
import logging
import secrets
from collections.abc import Iterable
from hashlib import sha256
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qs

import msgspec
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from codecard.lib import requests
from codecard.lib.limits import Limit
from codecard.lib.sealing import SealBrokenError, unseal
from codecard.lib.tenant import by_digest, tenant
from events.api.body import TooLarge, UnreadableBody, read_raw
from events.models import Connection, ConnectionKind, GitHubApp
from events.pulls.deliveries import mark_seen, store
from events.pulls.installations import digest_of
from events.tasks import ask_to_digest
from teams.models import Organization

log = logging.getLogger(__name__)

DELIVERIES = Limit("webhook", most=6_000, seconds=60)
FORGED = Limit("webhook-forged", most=300, seconds=60)
"""Of one address of the network. GitHub's own are shared by everybody, so only what is wrong is counted."""
_NOBODYS_SECRET = secrets.token_hex(32)


class WrongSignature(APIException):
    status_code = HTTPStatus.UNAUTHORIZED
    default_detail = "The signature is missing or wrong. Compare the secret on GitHub with the one of the connection."
    default_code = "wrong_signature"


class _Installation(msgspec.Struct):
    id: int = 0


class _Head(msgspec.Struct):
    """All that is looked at before the digest."""

    action: str = ""
    installation: _Installation | None = None


class Proven(NamedTuple):
    connection: Connection
    is_new_secret: bool


@extend_schema(exclude=True)
class WebhookView(APIView):
    """What both addresses share. Sessions and CSRF have no part in it: the signature is the proof."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = []
    http_method_names = ["post", "options"]

    def post(self, request: Request, organization: str = "") -> HttpResponse:
        body = _body(request)
        signature = request.headers.get("X-Hub-Signature-256", "")
        found = self.prove(organization, body, signature)
        if found is None:
            _count_forged(request)
            raise WrongSignature
        return _receive(request, found, _json_of(request, body)) if found.connection.pk else _accepted("not connected")

    def prove(self, organization: str, body: bytes, signature: str) -> Proven | None:
        raise NotImplementedError


class PlainWebhookView(WebhookView):
    """`/webhooks/github/<organization>/`, by the connection's own secret."""

    def prove(self, organization: str, body: bytes, signature: str) -> Proven | None:
        known = Q(slug=organization) | Q(former_slugs__contains=[organization])
        row = Organization.objects.filter(known).order_by("id").first()
        for connection in _connections_of(row):
            if is_signed(body, signature, _opened([connection.webhook_secret])):
                return Proven(connection, is_new_secret=True)
            if is_signed(body, signature, _opened([connection.former_webhook_secret])):
                return Proven(connection, is_new_secret=False)
        is_signed(body, signature, [_NOBODYS_SECRET.encode()])
        return None


def _connections_of(organization: Organization | None) -> list[Connection]:
    if organization is None:
        return []
    with tenant(organization.id):
        kinds = [ConnectionKind.WEBHOOK, ConnectionKind.SAMPLE]
        return list(Connection.objects.filter(organization_id=organization.id, kind__in=kinds).order_by("id"))


class AppWebhookView(WebhookView):
    """`/webhooks/github/`, by the App's secret; the organization follows from the installation."""

    def prove(self, organization: str, body: bytes, signature: str) -> Proven | None:
        sealed = list(GitHubApp.objects.order_by("id").values_list("webhook_secret", flat=True))
        if not is_signed(body, signature, _opened(sealed) or [_NOBODYS_SECRET.encode()]):
            return None
        installation = _head(body).installation
        digest = digest_of(installation.id if installation else 0)
        with by_digest(digest):
            found = Connection.objects.filter(kind=ConnectionKind.APP, digest=digest).order_by("id").first()
        return Proven(found or Connection(), is_new_secret=True)


def is_signed(body: bytes, signature: str, candidates: Iterable[bytes]) -> bool:
    """In constant time, over the body as it came."""
    offered = signature.encode("utf-8", "replace")
    expected = [b"sha256=" + hmac.digest(secret, body, sha256).hex().encode() for secret in candidates]
    return any(hmac.compare_digest(one, offered) for one in expected)


def _opened(sealed: Iterable[str]) -> list[bytes]:
    """One that no key opens signs nothing; the settings page says so."""
    found = []
    for one in sealed:
        try:
            found += [unseal(one)] if one else []
        except SealBrokenError:
            log.warning("a webhook secret can't be opened")
    return found


def _body(request: Request) -> bytes:
    try:
        return read_raw(request._request, settings.WEBHOOK_MAX_BODY_BYTES)  # DRF would parse it
    except TooLarge:
        raise TooLarge("The body is larger than GitHub sends.") from None


def _json_of(request: Request, body: bytes) -> bytes:
    """GitHub sends JSON, or a form with the JSON in it, as the webhook was set up."""
    if not request.META.get("CONTENT_TYPE", "").lower().startswith("application/x-www-form-urlencoded"):
        return body
    try:
        return parse_qs(body.decode("ascii"), max_num_fields=10)["payload"][0].encode()
    except (ValueError, KeyError):
        raise UnreadableBody("The form has no payload.") from None


def _head(body: bytes) -> _Head:
    try:
        return msgspec.json.decode(body, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Head()


def _receive(request: Request, found: Proven, body: bytes) -> HttpResponse:
    organization_id, now = found.connection.organization_id, timezone.now()
    requests.organization_id.set(organization_id)
    event = request.headers.get("X-GitHub-Event", "")
    if not event.isprintable() or not event:
        raise UnreadableBody("X-GitHub-Event says what it is.")
    if not _admits(DELIVERIES, organization_id):
        raise Throttled(wait=60)
    delivery_id = request.headers.get("X-GitHub-Delivery", "") or f"sha256:{sha256(body).hexdigest()[:57]}"
    action = _head(body).action
    with tenant(organization_id):
        is_new = store(
            organization_id,
            found.connection,
            delivery_id=delivery_id if delivery_id.isprintable() else ascii(delivery_id),
            event=event,
            action=action if action.isprintable() else "",
            body=body,
            now=now,
        )
        mark_seen(found.connection, is_new_secret=found.is_new_secret, now=now)
    if is_new:
        _hint(organization_id)
    return _accepted("accepted" if is_new else "nothing to do")


def _accepted(words: str) -> HttpResponse:
    return JsonResponse({"status": words}, status=HTTPStatus.ACCEPTED)


def _hint(organization_id: int) -> None:
    """It is stored: without a queue the sweep finds it."""
    try:
        ask_to_digest(organization_id)
    except (BrokerError, RedisError):
        log.warning("a delivery waits for the sweep: the queue is away")


def _admits(limit: Limit, subject: object) -> bool:
    """GitHub doesn't send again by itself, so without Redis nothing is refused."""
    try:
        return limit.admits(subject)
    except RedisError:
        return True


def _count_forged(request: Request) -> None:
    address = get_adapter().get_client_ip(request._request) if request.META.get("REMOTE_ADDR") else ""
    if not _admits(FORGED, address):
        raise Throttled(wait=60)
