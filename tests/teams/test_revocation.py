"""A revoked key in another process, which remembered it."""

import json
import time
from collections.abc import Iterator

import pytest

from teams import actions
from teams.models import Organization
from tests import factories
from tests._processes import wait_until
from tests.events.api.sending import EVENTS, JSON, event
from tests.events.api.serving import Server, serving
from tests.factories import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SECONDS = 30


@pytest.fixture
def server(acme: Organization, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("revocation")) as running:
        yield running


def test_a_process_that_remembers_a_revoked_key_refuses_it_within_thirty_seconds(
    acme: Organization, server: Server
) -> None:
    made = factories.make_key(acme)

    def status() -> int:
        body = json.dumps([event(f"at {time.monotonic()}")]).encode()
        return server.request("POST", EVENTS, body, Authorization=f"Bearer {made.secret}", Content_Type=JSON)[0]

    assert status() == 200
    actions.revoke_key(key=made.key, by=None, now=NOW)
    revoked_at = time.monotonic()
    # It was remembered: else this would prove nothing.
    assert status() == 200
    assert wait_until(lambda: status() == 403, SECONDS)
    assert time.monotonic() - revoked_at < SECONDS
    assert status() == 403
