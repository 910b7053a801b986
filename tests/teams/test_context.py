from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from codecard.lib.tenant import tenant
from teams.context import navigation
from teams.models import Organization, Team, User
from teams.permissions import Permission

pytestmark = pytest.mark.django_db


def of(user: User | AnonymousUser | None, cookie: str = "", **attributes: Any) -> dict[str, Any]:
    request = RequestFactory().get("/", HTTP_COOKIE=f"theme={cookie}")
    if user is not None:
        request.user = user
    for name, value in attributes.items():
        setattr(request, name, value)
    return navigation(request)


def test_a_page_that_shows_nothing_of_it_asks_nothing(
    alice: User, acme: Organization, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        of(alice, organization=acme)


@pytest.mark.parametrize("user", [None, AnonymousUser()])
def test_visitors_have_nothing(user: AnonymousUser | None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        found = of(user)
        assert list(found["organizations"]) == list(found["teams"]) == []
    assert found["organization"] is None
    assert found["permissions"] == set()


def test_a_member_sees_their_organizations_and_its_teams(
    alice: User, acme: Organization, globex: Organization, payments: Team
) -> None:
    found = of(alice, organization=acme, permissions=frozenset({Permission.SEE_NUMBERS}))
    assert list(found["organizations"]) == [("acme", "Acme")]
    assert list(found["teams"]) == [("payments", "Payments")]
    assert found["permissions"] == {"see_numbers"}
    with tenant(acme.id):
        assert list(of(alice, organization=acme)["teams"]) == [("payments", "Payments")]


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("auto", ""), ('"><script>', "")])
def test_the_theme_is_one_of_the_known(cookie: str, theme: str) -> None:
    assert of(None, cookie)["theme"] == theme
