"""Everything sealed, sealed again by the present key: afterwards the former one can be taken out of the settings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Model

from codecard.lib.sealing import SealBrokenError, seal, unseal
from codecard.lib.tenant import tenant
from events.models import Connection, Delivery, GitHubApp
from teams.models import Organization

OF_INSTANCE: Final[dict[type[Model], tuple[str, ...]]] = {
    GitHubApp: ("client_secret", "private_key", "webhook_secret"),
}
OF_ORGANIZATIONS: Final[dict[type[Model], tuple[str, ...]]] = {
    Connection: ("webhook_secret", "former_webhook_secret", "token", "access_token"),
    Delivery: ("body",),
}


@dataclass
class Resealed:
    sealed: int = 0
    broken: int = 0
    """No key opens these: they must be entered anew."""


def reseal_everything() -> Resealed:
    """Safe to run twice, and while deliveries come in."""
    done = Resealed()
    with transaction.atomic():
        _reseal(OF_INSTANCE, {}, done)
        _reseal_second_steps(done)
    for organization_id in Organization.objects.order_by("id").values_list("id", flat=True):
        with tenant(organization_id):
            _reseal(OF_ORGANIZATIONS, {"organization": organization_id}, done)
    return done


def _reseal_second_steps(done: Resealed) -> None:
    """Of signing in: the secrets of authenticator apps and the seeds of recovery codes."""
    for row in Authenticator.objects.select_for_update().order_by("id").iterator(chunk_size=100):
        for name in {"secret", "seed"} & row.data.keys():
            if again := _again(row.data[name], done):
                row.data[name] = again
                row.save(update_fields=["data"])


def _reseal(tables: dict[type[Model], tuple[str, ...]], of: dict[str, Any], done: Resealed) -> None:
    for model, fields in tables.items():
        rows = model._default_manager.filter(**of).select_for_update().order_by("id")
        for row in rows.iterator(chunk_size=100):
            changed = list(_changed(row, fields, done))
            if changed:
                row.save(update_fields=changed)


def _changed(row: Model, fields: tuple[str, ...], done: Resealed) -> Iterator[str]:
    for name in fields:
        held = getattr(row, name)
        is_text = isinstance(held, str)
        again = _again(held if is_text else bytes(held or b"").decode(), done)
        if again:
            setattr(row, name, again if is_text else again.encode())
            yield name


def _again(sealed: str, done: Resealed) -> str:
    """Empty where there is nothing, or no key opens it."""
    try:
        again = seal(unseal(sealed)) if sealed else ""
    except SealBrokenError:
        done.broken += 1
        return ""
    done.sealed += bool(again)
    return again
