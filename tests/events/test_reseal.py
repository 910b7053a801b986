"""After a change of the key: everything is sealed by the new one, and what no key opens is told."""

from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command

from codecard.lib.sealing import seal, unseal
from codecard.lib.tenant import tenant
from events.models import Connection, Delivery, GitHubApp
from events.pulls.deliveries import body_of, store
from teams.models import Organization, User
from tests.factories import NOW
from tests.webhooks import SECRET, make_connection

pytestmark = pytest.mark.django_db(transaction=True)


def reseal() -> tuple[str, str]:
    out, errors = StringIO(), StringIO()
    call_command("reseal", stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def test_every_secret_is_sealed_by_the_new_key(
    acme: Organization, globex: Organization, owner: User, settings: Any
) -> None:
    GitHubApp.objects.create(
        app_id=1, slug="a", name="a", client_id="a", client_secret=seal("1"), private_key=seal("2"),
        webhook_secret=seal("3"),
    )  # fmt: skip
    for organization in (acme, globex):
        row = make_connection(organization, token=seal("token"), access_token="not sealed by us")
        with tenant(organization.id):
            store(organization.id, row, delivery_id="1", event="push", action="", body=b"{}", now=NOW)
    second_step = Authenticator.objects.create(user=owner, type=Authenticator.Type.TOTP, data={"secret": seal("t")})
    old, settings.SECRET_KEY = settings.SECRET_KEY, "the new key"
    settings.SECRET_KEY_FALLBACKS = [old]
    first, second = reseal(), reseal()
    assert first == second
    assert first[0].startswith("10 secrets")
    assert first[1].startswith("2 can be opened by no key")
    settings.SECRET_KEY_FALLBACKS = []
    app = GitHubApp.objects.get()
    second_step.refresh_from_db()
    assert unseal(second_step.data["secret"]) == b"t"
    assert [unseal(one) for one in (app.client_secret, app.private_key, app.webhook_secret)] == [b"1", b"2", b"3"]
    for organization in (acme, globex):
        with tenant(organization.id):
            row, delivery = Connection.objects.get(), Delivery.objects.get()
        assert (unseal(row.webhook_secret).decode(), unseal(row.token), body_of(delivery)) == (SECRET, b"token", b"{}")
