import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from codecard.lib.tenant import tenant
from teams import actions, key_cache, key_use
from teams.api import REVOKED, Access, KeyAuthentication, MayIngest, MayRead
from teams.keys import Scope, new_secret
from teams.models import Key, KeyKind, Organization
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
Answer = Any


class IngestView(APIView):
    authentication_classes = (KeyAuthentication,)
    permission_classes = (MayIngest,)

    def post(self, request: Request, **_: str) -> Response:
        assert isinstance(request.auth, Access)
        return Response({"organization": request.auth.organization_id, "contributor": request.auth.contributor_id})


class UsageView(IngestView):
    permission_classes = (MayRead(Scope.USAGE),)  # type: ignore[assignment]


def post(view: type[APIView] = IngestView, path_key: str = "", **headers: str) -> Answer:
    given: dict[str, Any] = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    request = APIRequestFactory().post("/", **given)
    return view.as_view()(request, **({"path_key": path_key} if path_key else {}))


def bearer(secret: str, view: type[APIView] = IngestView) -> Answer:
    return post(view, authorization=f"Bearer {secret}")


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.fixture
def secret(acme: Organization) -> str:
    return factories.make_key(acme).secret


def test_a_key_is_taken_wherever_tools_can_put_it(acme: Organization, secret: str) -> None:
    answers = [
        post(authorization=f"Bearer {secret}"),
        post(authorization=f"bearer   {secret}"),
        post(x_api_key=secret),
        post(authorization=basic(f"{secret}:")),
        post(authorization=basic(f"anybody:{secret}")),
        post(authorization=basic(secret)),
        post(path_key=secret),
        post(path_key=secret, authorization="Bearer something-of-a-proxy"),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert {answer.data["organization"] for answer in answers} == {acme.id}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer cci_short"},
        {"authorization": f"Bearer {new_secret(KeyKind.INGEST)}"},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic //79"},
        {"authorization": "Bearer " + "x" * 100_000},
        {"authorization": "Digest whatever"},
        {"x_api_key": "\x00"},
    ],
)
def test_an_unknown_key_is_a_401_with_a_challenge(headers: dict[str, str]) -> None:
    answer = post(IngestView, "", **headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_of_a_person_tells_the_person(acme: Organization) -> None:
    with tenant(acme.id):
        person = factories.make_contributor(acme)
    key = factories.make_key(acme, contributor=person)
    assert bearer(key.secret).data["contributor"] == person.id


def test_a_revoked_key_is_a_403_that_says_so(acme: Organization) -> None:
    key, secret = factories.make_key(acme)
    actions.revoke_key(key=key, by=None, now=NOW)
    answer = bearer(secret)
    assert answer.status_code == 403
    assert json.loads(answer.content)["detail"] == REVOKED


def test_an_expired_key_is_a_403_even_when_it_is_remembered(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    secret = factories.make_key(acme, expires_at=now + timedelta(seconds=5)).secret
    assert bearer(secret).status_code == 200
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(seconds=5))
    answer = bearer(secret)
    assert answer.status_code == 403
    assert "expired" in str(answer.content)


def test_a_token_can_not_send_and_a_key_can_not_read(acme: Organization, secret: str) -> None:
    token = factories.make_token(acme).secret
    assert bearer(token, UsageView).status_code == 200
    assert bearer(token).status_code == 403
    assert bearer(secret, UsageView).status_code == 403
    assert post(UsageView).status_code == 401


def test_a_token_without_the_scope_can_not_read(acme: Organization) -> None:
    answer = bearer(factories.make_token(acme, scopes=()).secret, UsageView)
    assert answer.status_code == 403
    assert "usage:read" in str(answer.content)


def test_a_remembered_key_costs_no_statement(secret: str, django_assert_num_queries: Any) -> None:
    bearer(secret)
    unknown = new_secret(KeyKind.INGEST)
    bearer(unknown)
    with django_assert_num_queries(0):
        assert bearer(secret).status_code == 200
        assert bearer(unknown).status_code == 401


def test_a_revoked_key_is_refused_within_thirty_seconds(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = factories.make_key(acme)
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    assert bearer(secret).status_code == 200
    actions.revoke_key(key=key, by=None, now=NOW)
    clock[0] += 20
    assert bearer(secret).status_code == 403


def test_a_key_that_was_just_made_works_within_seconds(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    secret = new_secret(KeyKind.INGEST)
    assert bearer(secret).status_code == 401
    monkeypatch.setattr("teams.actions.keys.new_secret", lambda kind: secret)
    factories.make_key(acme)
    clock[0] += 6
    assert bearer(secret).status_code == 200


def test_the_memory_of_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_cache, "MAX_KEYS", 3)
    cache = key_cache.KeyCache()
    for number in range(5):
        cache.put(bytes([number]), None)
    assert [cache.get(bytes([number]), "forgotten") for number in range(5)] == ["forgotten"] * 2 + [None] * 3


def test_the_last_use_is_written_after_the_answer_and_once_a_minute(acme: Organization) -> None:
    key, secret = factories.make_key(acme)

    def last_use() -> Any:
        with tenant(acme.id):
            return Key.objects.get(id=key.id).last_used_at

    bearer(secret)
    assert last_use() is None
    key_use.write_noted()
    first = last_use()
    assert abs(first - timezone.now()) < timedelta(minutes=1)
    key_cache.cache.clear()
    bearer(secret)
    key_use.write_noted()
    assert last_use() == first


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_not_an_unknown_key(secret: str) -> None:
    """Only the code that talks to clients knows what to answer then."""
    with connection.execute_wrapper(_away), pytest.raises(OperationalError):
        KeyAuthentication().authenticate(Request(APIRequestFactory().post("/", HTTP_X_API_KEY=secret)))


def _away(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    raise OperationalError("the database system is shutting down")


def test_the_secret_is_nowhere_in_the_database(acme: Organization) -> None:
    secret = factories.make_key(acme).secret
    with tenant(acme.id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(k)::text FROM teams_key k UNION ALL SELECT row_to_json(a)::text FROM teams_auditentry a"
        )
        stored = " ".join(row for (row,) in cursor.fetchall())
    assert secret[:8] in stored
    assert secret[8:] not in stored
