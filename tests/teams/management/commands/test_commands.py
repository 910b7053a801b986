import io
import json
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from teams import queries
from teams.keys import digest_of
from teams.models import Organization, Role, User
from tests import factories


def run(*arguments: str, **options: Any) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output, **options)
    return output.getvalue()


@pytest.mark.django_db
def test_provision_prints_json_with_keys_that_work() -> None:
    printed = json.loads(run("provision", "--organization", "load", "--email", "ci@example.com", "--role", "owner"))
    assert printed.keys() == {"organization", "user", "ingest_key", "api_token"}
    assert (printed["organization"], printed["user"]) == ("load", "ci@example.com")
    for name in ("ingest_key", "api_token"):
        assert queries.key_by_digest(digest_of(printed[name])) is not None


@pytest.mark.django_db
@pytest.mark.parametrize(("slug", "email"), [("no slug", "ci@example.com"), ("load", "nobody")])
def test_provision_says_what_is_wrong(slug: str, email: str) -> None:
    with pytest.raises(CommandError):
        run("provision", "--organization", slug, "--email", email)
    assert not Organization.objects.exists()


def links_in(text: str) -> list[str]:
    return re.findall(r"https?://[^/\s]+(/accounts/link/\w+/)", text)


@pytest.mark.django_db
def test_local_links_are_for_three_people_of_the_sample() -> None:
    factories.make_organization("before", owner=factories.make_user())
    sample = factories.make_organization("sample", is_sample=True)
    people = {role: factories.make_member(sample, role).user for role in Role}
    signed_in = []
    for link in links_in(run("local_links")):
        client = Client()
        client.post(link)
        signed_in.append(client.session["_auth_user_id"])
    assert signed_in == [str(people[role].id) for role in (Role.LEAD, Role.DEVELOPER, Role.ADMIN)]


@pytest.mark.django_db
def test_without_a_sample_the_first_owner_gets_a_link() -> None:
    user = factories.make_user()
    factories.make_organization(owner=user)
    (link,) = links_in(run("local_links"))
    client = Client()
    client.post(link)
    assert client.session["_auth_user_id"] == str(user.id)


@pytest.mark.django_db
def test_on_a_fresh_machine_the_first_person_gets_a_link_and_a_workspace(settings: Any) -> None:
    assert links_in(run("local_links")) == []
    settings.IS_LOCAL = True
    (link,) = links_in(run("local_links"))
    client = Client()
    client.post(link)
    (membership,) = queries.memberships_of(User.objects.get())
    assert membership.role == Role.OWNER
    assert len(links_in(run("local_links"))) == 1


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_migrate_is_repeatable() -> None:
    assert "No migrations to apply" in run("migrate")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_migrate_finds_a_hole_in_the_walls() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE teams_team NO FORCE ROW LEVEL SECURITY")
        try:
            with pytest.raises(CommandError, match="teams_team"):
                run("migrate")
        finally:
            cursor.execute("ALTER TABLE teams_team FORCE ROW LEVEL SECURITY")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_tables_of_packages_can_be_used_by_the_application() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT t, has_table_privilege(t, 'SELECT'), has_table_privilege(t, 'INSERT') FROM unnest(%s::text[]) t",
            [
                [
                    "django_session",
                    "account_emailaddress",
                    "django_admin_log",
                    "auth_group_permissions",
                    "django_migrations",
                ]
            ],
        )
        rights = {table: rights for table, *rights in cursor.fetchall()}
    assert rights.pop("django_migrations") == [True, False]
    assert all(may == [True, True] for may in rights.values())
