"""Which repositories an installation of the App may see: asked once it is connected, for what GitHub told before that
was for nobody."""

from datetime import datetime

from codecard.lib.tenant import tenant
from events.models import Connection, ConnectionKind
from events.pulls import installations
from events.pulls.github import payloads
from events.pulls.github.client import Client
from events.pulls.github.fields import parts
from events.pulls.records import InstallationRecord, RepositoryRecord

_MOST_PAGES = 100


def find_repositories(organization_id: int, connection_id: int, *, now: datetime) -> int:
    """How many there are; the same again changes nothing. Asks outside of any transaction.

    :raises GitHubError:
    """
    with tenant(organization_id):
        rows = Connection.objects.filter(organization_id=organization_id, kind=ConnectionKind.APP)
        connection = rows.filter(id=connection_id).first()
    if connection is None:
        return 0
    with Client(connection, now=now) as client:
        found = _listed(client)
    record = InstallationRecord(external_id=connection.installation_id or 0, action="added", added=tuple(found))
    with tenant(organization_id):
        if Connection.objects.filter(organization_id=organization_id, id=connection_id).exists():
            installations.apply(organization_id, connection, record, now=now)
    return len(found)


def _listed(client: Client) -> list[RepositoryRecord]:
    found: list[RepositoryRecord] = []
    for page in range(1, _MOST_PAGES + 1):
        answer = client.get("/installation/repositories", {"per_page": 100, "page": page})
        told = answer.json if isinstance(answer.json, dict) else {}
        records = [payloads.repository(item) for item in parts(told, "repositories")]
        found += [record for record in records if record]
        if not answer.has_more:
            break
    return found
