"""DESIGN's table of roles as data, and every address, API view and admin action held against it."""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions
from teams.admin.site import site as organization_site
from teams.keys import Scope, new_secret
from teams.models import KeyKind, Membership, Organization, Role, Team, User
from teams.permissions import PERMISSIONS, Permission
from tests.addresses import Address, all_addresses
from tests.factories import NOW, make_key, make_member, make_organization, make_token, make_user, person
from tests.pull_requests import make_repository

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])

VIEWER, DEVELOPER, LEAD, ADMIN, OWNER = Role.VIEWER, Role.DEVELOPER, Role.LEAD, Role.ADMIN, Role.OWNER
# The rows of DESIGN.md, "Roles", in its order: the permissions that make up a row, and the least role that has them.
TABLE: tuple[tuple[str, set[Permission], Role], ...] = (
    ("numbers above the floor", {Permission.SEE_NUMBERS, Permission.SEE_DATA_HEALTH}, VIEWER),
    ("own numbers, keys, profile", {Permission.USE_OWN_DATA}, DEVELOPER),
    ("own pull requests", {Permission.SEE_OWN_PULL_REQUESTS}, DEVELOPER),
    ("pull requests of their teams", {Permission.SEE_TEAM_PULL_REQUESTS}, LEAD),
    ("all pull requests", {Permission.SEE_PULL_REQUESTS}, ADMIN),
    ("ranges, annotations, digests of their teams", {Permission.EDIT_TEAM_PAGES}, LEAD),
    ("all ranges, annotations, digests", {Permission.EDIT_PAGES}, ADMIN),
    ("members, teams, invitations", {Permission.MANAGE_PEOPLE}, ADMIN),
    ("keys", {Permission.MANAGE_KEYS}, ADMIN),
    ("integrations", {Permission.MANAGE_INTEGRATIONS}, ADMIN),
    ("retention and other settings", {Permission.MANAGE_SETTINGS}, ADMIN),
    ("audit", {Permission.SEE_AUDIT}, ADMIN),
    ("usage at any size, and its cost", {Permission.SEE_USAGE, Permission.SEE_COST}, ADMIN),
    ("delete, transfer", {Permission.DELETE_ORGANIZATION, Permission.TRANSFER_ORGANIZATION}, OWNER),
    ("asking for numbers of fewer people", {Permission.SWITCH_SMALL_TEAM}, OWNER),
)
RANKED = (VIEWER, DEVELOPER, LEAD, ADMIN, OWNER)

# What an address below `/o/<organization>/` demands: the first that fits. An address that none fits fails the test.
RULES: tuple[tuple[str, Permission], ...] = (
    (r"settings/(members|invitations|teams|team-import)/", Permission.MANAGE_PEOPLE),
    (r"settings/keys/", Permission.MANAGE_KEYS),
    (r"settings/audit", Permission.SEE_AUDIT),
    (r"settings/github/", Permission.MANAGE_INTEGRATIONS),
    (r"settings/(delete|transfer|keep|restore)", Permission.DELETE_ORGANIZATION),
    (r"settings/ranges/", Permission.EDIT_TEAM_PAGES),
    (r"settings/small-team/", Permission.SWITCH_SMALL_TEAM),
    (r"settings/", Permission.MANAGE_SETTINGS),
    (r"people/", Permission.MANAGE_PEOPLE),
    (r"keys/", Permission.USE_OWN_DATA),
    (r"leave/", Permission.SEE_NUMBERS),
    (r"sample/remove/", Permission.MANAGE_SETTINGS),
    (r"sample/", Permission.SEE_NUMBERS),
    (r"health/", Permission.SEE_DATA_HEALTH),
    (r"(pulls|defects)/", Permission.SEE_OWN_PULL_REQUESTS),
    (r"admin/", Permission.SEE_TEAM_PULL_REQUESTS),
    (r"small-team/", Permission.SEE_NUMBERS),
    (r"t/<slug:team>/annotations/.", Permission.EDIT_TEAM_PAGES),
    (r"(t|m)/", Permission.SEE_NUMBERS),
    (r"(export\.csv)?$", Permission.SEE_NUMBERS),
)
OWN = re.compile(r"/o/<(?:\w+:)?organization>/")
VISITORS = (*RANKED, "deactivated", "anonymous", "foreign")


def demanded(address: Address) -> Permission | None:
    rest = OWN.sub("", address.route)
    return next((permission for pattern, permission in RULES if re.match(pattern, rest)), None)


def is_mounted(address: Address) -> bool:
    """Of the organization's admin, which asks once for all of it; its tables have their own test below."""
    return address.route.startswith("/o/<slug:organization>/admin/") and not hasattr(address.view, "permission")


ADDRESSES = [address for address in all_addresses() if OWN.match(address.route)]


def test_permissions_are_those_of_the_table() -> None:
    assert set().union(*(row for _, row, _ in TABLE)) == set(Permission)
    for role in RANKED:
        granted = [row for _, row, least in TABLE if RANKED.index(role) >= RANKED.index(least)]
        assert PERMISSIONS[role] == set().union(*granted), role


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.route)
def test_every_address_says_which_permission_it_demands(address: Address) -> None:
    assert demanded(address), f"{address.route} has no rule: add one to RULES, from DESIGN's table of roles"
    if not is_mounted(address):
        assert getattr(address.view, "permission", None) == demanded(address), address.route


@pytest.fixture
def visit(acme: Organization, payments: Team) -> Callable[[str], Client]:
    def client_of(visitor: str) -> Client:
        client = Client()
        if visitor == "anonymous":
            return client
        user = make_user(f"{visitor}@roles.example")
        if visitor == "foreign":
            make_member(make_organization("initech"), OWNER, user)
        else:
            member = make_member(acme, Role(visitor) if visitor in RANKED else OWNER, user)
            with tenant(acme.id):
                if visitor == LEAD:
                    # Of the team whose pages are visited: what a lead may do is asked of each team.
                    actions.join_team(team=payments, contributor=person(acme, user), is_lead=True, by=None, now=NOW)
                Membership.objects.filter(id=member.id).update(is_active=visitor in RANKED)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return client_of


def _is_as_expected(answer: HttpResponseBase, visitor: str, permission: Permission, has_object: bool) -> bool:
    if answer.status_code == 405:
        return True
    if visitor == "anonymous":
        return answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    if visitor not in RANKED:
        return answer.status_code == 404
    if permission not in PERMISSIONS[visitor]:
        return answer.status_code == 403
    # The made-up id of an object is of no row: that is a 404 for those who may ask, and for nobody else.
    allowed = {200, 302, 303, 400, 409, 410, 429} | ({404} if has_object else set())
    return answer.status_code in allowed


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_address_opens_to_those_who_may_and_to_nobody_else(
    visitor: str, visit: Callable[[str], Client], acme: Organization, payments: Team
) -> None:
    client = visit(visitor)
    for address in sorted(filter(lambda one: not is_mounted(one), ADDRESSES), key=_ends_something):
        permission = demanded(address)
        assert permission
        names = {"organization": "acme", "team": payments.slug, "rest": "teams/team/"}
        path = address.path(names)
        has_object = bool(set(re.findall(r"<(?:\w+:)?(\w+)>", address.route)) - {"organization", "team", "rest"})
        # A page of the sample is none of an organization that isn't one; and some name their object in the form.
        has_object = has_object or "/sample/" in path or address.name in OBJECT_IN_THE_FORM
        for method in (client.get, client.post):
            answer = method(path)
            assert _is_as_expected(answer, visitor, permission, has_object), (path, method, answer.status_code)


OBJECT_IN_THE_FORM = {"settings_team_add", "people_dismiss", "people_suggest_again"}


def _ends_something(address: Address) -> int:
    """What ends rows or the organization is tried late, and what ends the visitor's membership last."""
    return 2 if "leave" in address.route else int(any(word in address.route for word in ("delete", "remove")))


# --- the API ---------------------------------------------------------------------------------------------------------

INGEST, USAGE, OPEN = "ingest", Scope.USAGE, "open"
METRICS, PULL_FACTS, OWN_FACTS = Scope.METRICS, Scope.PULLS, Scope.OWN
# Which key each API view takes, by the name of the address.
API = {
    "events": INGEST,
    "incidents": INGEST,
    **{f"otlp_{signal}{by}": INGEST for signal in ("logs", "metrics", "traces") for by in ("", "_by_path")},
    "attributions": INGEST,
    "ci_junit": INGEST,
    "ci_quality": INGEST,
    "usage": USAGE,
    **dict.fromkeys(("api_metrics", "api_metric", "api_metric_series", "api_teams", "api_repositories"), METRICS),
    **dict.fromkeys(("api_pulls", "api_pull", "api_defects"), PULL_FACTS),
    "api_me": OWN_FACTS,
    "api_arrivals": OWN_FACTS,
    "schema": OPEN,
    "api_docs": OPEN,
}
_RUN = f"?repository=acme/shop&commit={'a' * 40}"
# What an address takes, where it isn't an empty object: parameters and body.
BODIES = {
    "events": ("", "[]"),
    "incidents": ("", "[]"),
    "ci_junit": (_RUN, "<testsuite/>"),
    "ci_quality": (f"{_RUN}&format=ruff", "[]"),
}
# Before there is a key: tests/teams/test_devices.py; for everybody: tests/profiles/test_api.py.
KEYLESS = {"device_code", "device_token", "api_profile"}
API_ADDRESSES = [
    address
    for address in all_addresses()
    if address.route.startswith(("/api/", "/otlp/")) and address.name not in KEYLESS
]


@pytest.mark.parametrize("address", API_ADDRESSES, ids=lambda address: address.name)
def test_every_api_view_takes_its_kind_of_key_only(
    address: Address, acme: Organization, globex: Organization, bob: User
) -> None:
    takes = API.get(address.name)
    assert takes, f"{address.name} has no row: say in API which key it takes"
    late = timezone.now() - timedelta(days=1)
    with tenant(acme.id):
        own = person(acme, bob)
        make_repository(acme, "acme/shop")
    revoked = make_key(acme), make_token(acme)
    for made in revoked:
        actions.revoke_key(key=made.key, by=None, now=NOW)
    keys = {
        "ingest": make_key(acme).secret,
        "token": make_token(acme, contributor=own if takes == OWN_FACTS else None).secret,
        "token without a scope": make_token(acme, scopes=[]).secret,
        "unknown": new_secret(KeyKind.INGEST if takes == INGEST else KeyKind.API),
        "revoked": revoked[takes != INGEST].secret,
        "expired": (make_key if takes == INGEST else make_token)(acme, expires_at=late).secret,
    }
    good = "ingest" if takes == INGEST else "token"
    for name, secret in keys.items():
        status = _ask(address, secret)
        # The made-up id of a pull request is of none.
        found = {404} if address.name == "api_pull" else {200}
        expected = found if takes == OPEN or name == good else {401} if name == "unknown" else {403}
        assert status in expected, (name, status)
    assert _ask(address, "") == (200 if takes == OPEN else 401)


def _ask(address: Address, secret: str) -> int:
    is_post = API[address.name] == INGEST
    headers = {"Authorization": f"Bearer {secret}"} if secret and "path_key" not in address.route else {}
    path = address.path({"path_key": secret or "none", "metric": "acceptance-rate"})
    client = Client()
    if is_post:
        asked, body = BODIES.get(address.name, ("", "{}"))
        content_type = "text/xml" if body.startswith("<") else "application/json"
        return client.post(path + asked, body, content_type=content_type, headers=headers).status_code
    return client.get(path, headers=headers).status_code


def test_a_key_reads_its_own_organization_only(acme: Organization, globex: Organization) -> None:
    """The address names no organization, so another one's key can only ever open its own."""
    for address in API_ADDRESSES:
        assert "organization" not in address.route


# --- the admin sites -------------------------------------------------------------------------------------------------

# Model: what its table demands, what leads read of it, and what can be done beyond reading it.
ORGANIZATION_TABLES: dict[str, tuple[Permission, bool, set[str]]] = {
    "teams.membership": (Permission.MANAGE_PEOPLE, False, {"change"}),
    "teams.team": (Permission.MANAGE_PEOPLE, True, {"add", "change", "delete"}),
    "teams.teammembership": (Permission.MANAGE_PEOPLE, True, {"add", "change", "delete"}),
    "teams.contributor": (Permission.MANAGE_PEOPLE, False, {"change"}),
    "teams.identity": (Permission.MANAGE_PEOPLE, False, {"add"}),
    "teams.key": (Permission.MANAGE_KEYS, False, {"change", "revoke"}),
    "teams.invitation": (Permission.MANAGE_PEOPLE, False, {"revoke"}),
    "teams.auditentry": (Permission.SEE_AUDIT, False, set()),
    "events.connection": (Permission.MANAGE_INTEGRATIONS, False, set()),
    "events.repository": (Permission.MANAGE_INTEGRATIONS, False, set()),
    "events.pullrequest": (Permission.SEE_PULL_REQUESTS, True, set()),
    "events.defect": (Permission.SEE_PULL_REQUESTS, True, set()),
    "events.defectlink": (Permission.SEE_PULL_REQUESTS, True, set()),
    "events.healthyrange": (Permission.EDIT_PAGES, True, set()),
    "events.annotation": (Permission.EDIT_PAGES, True, set()),
    "events.delivery": (Permission.MANAGE_INTEGRATIONS, False, {"try_again"}),
    "events.backfill": (Permission.MANAGE_INTEGRATIONS, False, set()),
    "events.chore": (Permission.MANAGE_INTEGRATIONS, False, {"try_again"}),
}


def _labels(site: admin.AdminSite) -> Iterable[str]:
    return (model._meta.label_lower for model in site._registry)


def test_every_table_of_the_organization_has_its_row() -> None:
    assert set(_labels(organization_site)) == set(ORGANIZATION_TABLES)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("model_admin", organization_site._registry.values(), ids=lambda one: one.opts.label_lower)
def test_each_table_gives_each_role_what_its_row_says(
    model_admin: Any, role: Role, acme: Organization, django_user_model: Any
) -> None:
    permission, is_read_by_leads, writes = ORGANIZATION_TABLES[model_admin.opts.label_lower]
    request: Any = HttpRequest()
    request.user = make_user()
    request.organization, request.permissions = acme, PERMISSIONS[role]
    is_allowed = permission in PERMISSIONS[role]
    is_reader = is_allowed or (is_read_by_leads and Permission.SEE_TEAM_PULL_REQUESTS in PERMISSIONS[role])
    assert model_admin.has_view_permission(request) is is_reader
    assert model_admin.has_module_permission(request) is is_reader
    for write in ("add", "change", "delete"):
        has_right = getattr(model_admin, f"has_{write}_permission")(request)
        assert has_right is (is_allowed and write in writes), write
    assert set(model_admin.get_actions(request)) == (writes - {"add", "change", "delete"} if is_allowed else set())


@pytest.mark.parametrize("visitor", VISITORS)
def test_each_table_opens_to_its_readers_only(visitor: str, visit: Callable[[str], Client]) -> None:
    client = visit(visitor)
    for label, (permission, is_read_by_leads, writes) in ORGANIZATION_TABLES.items():
        address = f"/o/acme/admin/{label.replace('.', '/')}/"
        for path, needed, is_known in (
            (address, Permission.SEE_TEAM_PULL_REQUESTS if is_read_by_leads else permission, True),
            (f"{address}add/", permission, "add" in writes),
        ):
            for method in (client.get, client.post):
                answer = method(path)
                if visitor in RANKED and not is_known:
                    assert answer.status_code == 403, (path, method)
                else:
                    assert _is_as_expected(answer, visitor, needed, has_object=False), (path, answer.status_code)


@pytest.mark.parametrize("visitor", [*VISITORS, "staff without rights"])
def test_no_role_opens_the_operators_admin(visitor: str, visit: Callable[[str], Client]) -> None:
    client = visit(visitor if visitor in VISITORS else "anonymous")
    if visitor not in VISITORS:
        user = make_user(is_staff=True)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for label in _labels(admin.site):
        for path in (f"/admin/{label.replace('.', '/')}/", f"/admin/{label.replace('.', '/')}/add/"):
            expected = {302} if visitor in VISITORS else {403}
            assert {client.get(path).status_code, client.post(path).status_code} == expected, path
