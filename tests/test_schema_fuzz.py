"""Asks every operation of the schema for what it allows and for what it forbids: schemathesis, all checks on."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from codecard.lib.tenant import tenant
from codecard.wsgi import application
from teams.models import Organization, User
from tests import factories
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLES = 12
"""Of each operation; all of them together take about a minute."""
MEANING = frozenset({"from", "to", "p", "by", "filters", "team", "repository", "report", "cursor", "device_code"})
"""What depends on another parameter, or on what there is in the organization: a schema can't say it."""


@pytest.fixture
def keys(acme: Organization, bob: User) -> dict[bool, str]:
    """For what writes and for what reads."""
    with tenant(acme.id):
        person = factories.person(acme, bob)
        make_pull_request(make_repository(acme, "acme/shop"), 1)
    return {True: factories.make_key(acme).secret, False: factories.make_token(acme, contributor=person).secret}


def _depends_on_others(answer: Any) -> bool:
    errors = answer.json().get("errors", {}) if answer.status_code == 400 else {}
    return bool(errors) and set(errors) <= MEANING


def _failure(operation: Any, headers: dict[str, str]) -> str:
    """The first thing that the operation does against the schema; "" if nothing was found."""

    @hypothesis.given(case=operation.as_strategy())
    @hypothesis.seed(20261126)
    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        answer = case.call(headers=headers)
        excluded = [positive_data_acceptance] if _depends_on_others(answer) else []
        case.validate_response(answer, headers=headers, excluded_checks=excluded)

    try:
        ask()
    except (Exception, BaseExceptionGroup) as error:
        return f"{operation.label}: {_words(error)}"
    return ""


def _words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(map(_words, error.exceptions))
    return f"{type(error).__name__}: {error}"


def test_every_operation_keeps_to_the_schema(keys: dict[bool, str]) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 15
    failures = [
        _failure(operation, {"Authorization": f"Bearer {keys[operation.method.upper() == 'POST']}"})
        for operation in operations
    ]
    assert [failure for failure in failures if failure] == []
