"""The sample's GitHub: what it tells comes in by the real webhook, and what it is asked the simulator answers."""

import hmac
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode

import httpx
import msgspec

from codecard.lib.sealing import seal
from codecard.lib.tenant import tenant
from events.models import Connection, ConnectionKind
from events.pulls.naming import find_or_make
from events.pulls.records import RepositoryRecord
from events.sample.state import find_state
from events.simulation import Body, Simulation
from events.simulation.forge import OWNER, Delivery, Forge
from events.simulation.forge.payloads import HTML
from events.simulation.otlp import JSON
from teams.models import Organization


def connect(organization: Organization, secret: str, *, now: datetime) -> Connection:
    """The sample's connection, or the one that is there. Inside the tenant."""
    made, _ = Connection.objects.get_or_create(
        organization=organization,
        kind=ConnectionKind.SAMPLE,
        defaults={"account": OWNER, "webhook_secret": seal(secret), "created_at": now},
    )
    return made


def deliveries(simulation: Simulation, week: int, slug: str, secret: str) -> Iterator[Body]:
    """What GitHub told in a week, signed."""
    for delivery in simulation.forge.webhooks(week):
        yield _signed(delivery, slug, secret)


def _signed(delivery: Delivery, slug: str, secret: str) -> Body:
    data = msgspec.json.encode(delivery.payload)
    signature = hmac.new(secret.encode(), data, sha256).hexdigest()
    headers = (
        ("X-GitHub-Event", delivery.event),
        ("X-GitHub-Delivery", delivery.delivery_id),
        ("X-Hub-Signature-256", f"sha256={signature}"),
    )
    return Body(f"/webhooks/github/{slug}/", JSON, data, "github", headers)


def reports(simulation: Simulation, week: int) -> Iterator[Body]:
    """What CI reported of the pull requests of a week, with the key of the organization."""
    host = HTML.partition("//")[2]
    for one in simulation.forge.reports(week):
        query = {"repository": f"{host}/{one.repository}", "commit": one.sha, "format": one.tool}
        query |= {"pull_request": str(one.number)} if one.number else {}
        yield Body(f"/api/v1/ci/quality?{urlencode(query)}", JSON, msgspec.json.encode(one.content), "organization")


class SampleTransport(httpx.BaseTransport):
    """Answers what the GitHub client asks, without a network."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        if request.url.path.endswith("/graphql"):
            asked = msgspec.json.decode(body)
            status, headers, found = self._forge.graphql(asked["query"], asked.get("variables") or {})
        else:
            path = request.url.path.removeprefix("/api/v3")
            told = {name.lower(): value for name, value in request.headers.items()}
            status, headers, found = self._forge.rest(request.method, path, dict(request.url.params), told)
        return httpx.Response(status, headers=headers, content=b"" if found is None else msgspec.json.encode(found))


def transport_of(connection: Connection) -> httpx.BaseTransport:
    """Of the company that the sample shows; nothing is found where the sample is gone."""
    state = find_state(connection.organization_id)
    if state is None:
        return httpx.MockTransport(lambda request: httpx.Response(404, json={"message": "Not Found"}))
    return SampleTransport(state.simulation.forge)


def ensure_connected(organization_id: int, simulation: Simulation, secret: str, *, now: datetime) -> str:
    """The slug under which the sample's webhook is: also of a sample that was made before there were pull requests.
    Its repositories are named at once, as an installation's are: reports are taken of what is connected."""
    organization = Organization.objects.get(id=organization_id)
    with tenant(organization_id):
        connection = connect(organization, secret, now=now)
        for full_name, repository in sorted(simulation.forge.repositories.items()):
            record = RepositoryRecord(repository.id, full_name, f"{HTML}/{full_name}")
            find_or_make(organization_id, record, connection, now=now)
    return organization.slug
