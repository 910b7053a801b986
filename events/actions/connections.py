"""How an organization's GitHub data come in: connected, changed, given up. Secrets are sealed; each is shown once."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from codecard.lib.sealing import seal
from codecard.lib.tenant import by_digest, tenant
from events.models import (
    Backfill,
    Connection,
    ConnectionKind,
    ConnectionState,
    Delivery,
    Issue,
    PullRequest,
    Repository,
)
from events.pulls import chores, deliveries
from events.pulls.chores import ChoreKind
from events.pulls.installations import digest_of
from events.pulls.work_items import is_bug
from teams import audit
from teams.models import Organization, User


class NotConnectedError(ValueError):
    """It can't be connected. Says why in words."""


class NewSecret(NamedTuple):
    connection: Connection
    secret: str
    """Shown once: nobody can find it again."""


def connect_webhook(
    *, organization: Organization, account: str, token: str = "", by: User | None, now: datetime
) -> NewSecret:
    """:raises NotConnectedError: there is one already; its secret can be changed."""
    secret = secrets.token_hex(32)
    with tenant(organization.id):
        _lock(organization)
        rows = Connection.objects.filter(organization=organization, kind=ConnectionKind.WEBHOOK)
        if rows.exists():
            raise NotConnectedError("There is a webhook already: every repository of yours can use it.")
        row = Connection.objects.create(
            organization=organization,
            kind=ConnectionKind.WEBHOOK,
            account=account[:100],
            webhook_secret=seal(secret),
            token=seal(token) if token else "",
            created_by=by,
            created_at=now,
        )
        audit.record(organization, "github.connected", row, by=by, now=now, how=row.kind, has_token=bool(token))
    return NewSecret(row, secret)


def connect_app(
    *, organization: Organization, installation_id: int, account: str, by: User | None, now: datetime
) -> Connection:
    """An installation that `by` has proven to manage. The same again changes nothing but the account's name.

    :raises NotConnectedError: another organization has it.
    """
    digest = digest_of(installation_id)
    with by_digest(digest):
        rows = Connection.objects.filter(kind=ConnectionKind.APP, digest=digest)
        others = set(rows.values_list("organization_id", flat=True))
    if others - {organization.id}:
        raise NotConnectedError(
            "This installation is connected to another organization here. Disconnect it there first."
        )
    with tenant(organization.id):
        _lock(organization)
        row, is_new = Connection.objects.get_or_create(
            organization=organization,
            installation_id=installation_id,
            defaults={"kind": ConnectionKind.APP, "digest": digest, "created_by": by, "created_at": now},
        )
        row.account, row.digest = account[:100] or row.account, digest
        row.state, row.error, row.error_at = ConnectionState.ACTIVE, "", now
        row.save(update_fields=["account", "digest", "state", "error", "error_at"])
        if is_new:
            audit.record(organization, "github.connected", row, by=by, now=now, how=row.kind, account=row.account)
    return row


def rotate_secret(*, connection: Connection, by: User | None, now: datetime) -> NewSecret:
    """A new secret; the former one is taken as well, until the new one has been seen."""
    secret = secrets.token_hex(32)
    with tenant(connection.organization_id):
        row = _locked(connection)
        row.former_webhook_secret, row.webhook_secret = row.webhook_secret, seal(secret)
        row.save(update_fields=["former_webhook_secret", "webhook_secret"])
        audit.record(row.organization, "github.secret_rotated", row, by=by, now=now)
    return NewSecret(row, secret)


def change_token(*, connection: Connection, token: str, by: User | None, now: datetime) -> None:
    """Empty takes it away: then only what webhooks tell is known."""
    with tenant(connection.organization_id):
        row = _locked(connection)
        row.token = seal(token) if token else ""
        if row.state in {ConnectionState.REFUSED, ConnectionState.FORBIDDEN, ConnectionState.UNREACHABLE}:
            row.state = ConnectionState.ACTIVE if row.last_delivery_at else ConnectionState.WAITING
            row.error, row.error_at = "", None
        row.paused_until = None
        row.save(update_fields=["token", "state", "error", "error_at", "paused_until"])
        Backfill.objects.filter(organization=row.organization_id, repository__connection=row, finished_at=None).update(
            resume_at=None, error=""
        )
        audit.record(row.organization, "github.token_changed", row, by=by, now=now, has_token=bool(token))


def change_connection(*, connection: Connection, takes_new: bool, by: User | None, now: datetime) -> None:
    with tenant(connection.organization_id):
        row = _locked(connection)
        if row.takes_new_repositories == takes_new:
            return
        row.takes_new_repositories = takes_new
        row.save(update_fields=["takes_new_repositories"])
        before, after = {"takes_new_repositories": not takes_new}, {"takes_new_repositories": takes_new}
        audit.record(row.organization, "github.changed", row, by=by, now=now, before=before, after=after)


def disconnect(*, connection: Connection, erases: bool, by: User | None, now: datetime) -> None:
    """Its secrets are gone at once. `erases`: its repositories as well, with all that was made of them."""
    with tenant(connection.organization_id):
        row = _locked(connection)
        audit.record(row.organization, "github.disconnected", row, by=by, now=now, erased=erases)
        rows = Repository.objects.filter(organization=row.organization_id, connection=row)
        Delivery.objects.filter(organization=row.organization_id, connection=row).delete()
        if erases:
            rows.delete()
        else:
            rows.update(connection=None)
        row.delete()


# --- repositories ----------------------------------------------------------------------------------------------------

REPOSITORY_FIELDS = ("is_tracked", "bug_labels", "generated_paths", "test_paths")


def change_repository(*, repository: Repository, wanted: dict[str, Any], by: User | None, now: datetime) -> list[str]:
    """Which fields were changed. What follows from them is judged anew."""
    with tenant(repository.organization_id):
        row = Repository.objects.select_for_update(no_key=True).get(
            organization=repository.organization_id, id=repository.id
        )
        changed = [name for name in REPOSITORY_FIELDS if name in wanted and getattr(row, name) != wanted[name]]
        before = {name: getattr(row, name) for name in changed}
        for name in changed:
            setattr(row, name, wanted[name])
        if changed:
            row.save(update_fields=changed)
            after = {name: wanted[name] for name in changed}
            audit.record(row.organization, "repository.changed", row, by=by, now=now, before=before, after=after)
            _judge_anew(row, changed, now)
    return changed


def _judge_anew(row: Repository, changed: Iterable[str], now: datetime) -> None:
    if "bug_labels" in changed:
        issues = list(Issue.objects.filter(organization=row.organization_id, repository=row))
        for issue in issues:
            issue.is_bug = is_bug(row, issue.labels, issue.type)
        Issue.objects.bulk_update(issues, ["is_bug"], batch_size=1_000)
    if set(changed) - {"is_tracked"}:
        pulls = PullRequest.objects.filter(organization=row.organization_id, repository=row)
        ids = list(pulls.values_list("id", flat=True))
        for kind in (ChoreKind.PULL, ChoreKind.DEFECT):
            chores.leave(row.organization_id, kind, ids, not_before=now)


def keep_titles(*, organization: Organization, keeps: bool, by: User | None, now: datetime) -> None:
    """Off: those that are there go at once. On: from the next word of GitHub on."""
    with tenant(organization.id):
        row = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        if row.stores_titles == keeps:
            return
        row.stores_titles = keeps
        row.save(update_fields=["stores_titles"])
        if not keeps:
            PullRequest.objects.filter(organization=row).exclude(title="").update(title="")
            Issue.objects.filter(organization=row).exclude(title="").update(title="")
        before, after = {"stores_titles": not keeps}, {"stores_titles": keeps}
        audit.record(row, "organization.changed", row, by=by, now=now, before=before, after=after)
    organization.stores_titles = keeps


def retry_deliveries(*, organization: Organization, by: User | None, now: datetime) -> int:
    """Puts those that were given up back; how many."""
    with tenant(organization.id):
        count = deliveries.try_again(organization.id)
        if count:
            audit.record(organization, "github.deliveries_retried", organization, by=by, now=now, count=count)
    return count


def _locked(connection: Connection) -> Connection:
    rows = Connection.objects.filter(organization=connection.organization_id, id=connection.id)
    return rows.select_related("organization").select_for_update(of=("self",)).get()


def _lock(organization: Organization) -> None:
    """Two who connect at once would both find none."""
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)
