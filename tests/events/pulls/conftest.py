import pytest

from codecard.lib.tenant import tenant
from events.models import Repository
from teams.models import Organization
from tests.pull_requests import make_repository


@pytest.fixture
def shop(acme: Organization) -> Repository:
    with tenant(acme.id):
        return make_repository(acme, "acme/shop")
