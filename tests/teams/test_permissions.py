from itertools import pairwise

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.test import RequestFactory

from codecard.lib.tenant import current_tenant, tenant
from teams.models import CostVisibility, Membership, Organization, Role, Team, User
from teams.permissions import (
    PERMISSIONS,
    OrganizationRequest,
    Permission,
    has_permission,
    organization_view,
    permissions_of,
)
from tests import factories

pytestmark = pytest.mark.django_db


def test_every_role_may_what_the_lesser_may() -> None:
    ranked = [Role.VIEWER, Role.DEVELOPER, Role.LEAD, Role.ADMIN, Role.OWNER]
    assert set(PERMISSIONS) == set(Role)
    for lesser, greater in pairwise(ranked):
        assert PERMISSIONS[lesser] < PERMISSIONS[greater]
    assert PERMISSIONS[Role.OWNER] == set(Permission)


def test_members_have_the_rights_of_their_role(acme: Organization, alice: User, bob: User, owner: User) -> None:
    assert has_permission(alice, Permission.EDIT_TEAM_PAGES, of=acme)
    assert not has_permission(alice, Permission.MANAGE_PEOPLE, of=acme)
    assert not has_permission(bob, Permission.EDIT_TEAM_PAGES, of=acme)
    assert has_permission(owner, Permission.DELETE_ORGANIZATION, of=acme)


def test_strangers_and_operators_have_none(acme: Organization, charlie: User) -> None:
    operator = factories.make_user(is_staff=True, is_superuser=True)
    for user in (charlie, operator, AnonymousUser()):
        assert not has_permission(user, Permission.SEE_NUMBERS, of=acme)


def test_who_left_or_was_switched_off_has_none(acme: Organization, alice: User, bob: User) -> None:
    with tenant(acme.id):
        Membership.objects.filter(user=alice).update(is_active=False)
    bob.is_active = False
    for user in (alice, bob):
        assert not has_permission(user, Permission.SEE_NUMBERS, of=acme)


def test_cost_is_seen_by_members_where_the_organization_says_so(acme: Organization) -> None:
    assert Permission.SEE_COST not in permissions_of(Role.LEAD, acme)
    acme.cost_visibility = CostVisibility.MEMBERS
    assert Permission.SEE_COST in permissions_of(Role.VIEWER, acme)
    assert Permission.SEE_USAGE not in permissions_of(Role.VIEWER, acme)


@organization_view(Permission.EDIT_TEAM_PAGES)
def page(request: OrganizationRequest, number: int = 0) -> HttpResponse:
    return HttpResponse(f"{request.organization.slug} {request.membership.role} {current_tenant()} {number}")


@organization_view(Permission.SEE_NUMBERS)
def lazy_page(request: OrganizationRequest) -> SimpleTemplateResponse:
    template = engines["django"].from_string("{% for team in teams %}{{ team.name }}{% endfor %}")
    return SimpleTemplateResponse(template, {"teams": Team.objects.all()})


def as_seen_by(user: User | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get("/o/acme/?weeks=4")
    request.user = user
    request.session = {}  # type: ignore[assignment]
    return request


def test_a_view_runs_inside_the_tenant(acme: Organization, alice: User) -> None:
    answer = page(as_seen_by(alice), organization="acme", number=7)
    assert answer.content.decode() == f"acme lead {acme.id} 7"  # type: ignore[attr-defined]
    assert current_tenant() is None


def test_a_template_is_rendered_inside_the_tenant(acme: Organization, alice: User) -> None:
    factories.make_team(acme, "Payments")
    assert lazy_page(as_seen_by(alice), organization="acme").content == b"Payments"  # type: ignore[attr-defined]


def test_another_organization_and_none_are_the_same_404(acme: Organization, charlie: User) -> None:
    for slug in ("acme", "nowhere"):
        with pytest.raises(Http404):
            page(as_seen_by(charlie), organization=slug)


def test_a_member_without_the_permission_gets_a_403(bob: User) -> None:
    with pytest.raises(PermissionDenied):
        page(as_seen_by(bob), organization="acme")


def test_a_visitor_is_sent_to_sign_in_and_back(acme: Organization) -> None:
    answer = page(as_seen_by(AnonymousUser()), organization="acme")
    assert answer["Location"] == "/accounts/login/?next=/o/acme/%3Fweeks%3D4"


def test_the_organization_of_a_page_is_found_in_three_statements(
    alice: User, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(9):  # type: ignore[operator]  # savepoints of the test's own transaction count too
        page(as_seen_by(alice), organization="acme")
