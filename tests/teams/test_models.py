import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey
from django.db.models.functions import Upper

from codecard.lib.tenant import tenant
from teams.models import Contributor, Key, Organization, OrganizationRow, Team, User
from tests import factories

pytestmark = pytest.mark.django_db


def test_addresses_that_differ_by_case_are_one_user() -> None:
    user = factories.make_user("Ada@Example.com")
    assert user.email == "ada@example.com"
    assert User.objects.get(email="ADA@example.COM") == user
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_user("ADA@example.com")


def test_the_database_itself_refuses_capitals() -> None:
    user = factories.make_user()
    with pytest.raises(IntegrityError, match="user_email_is_lower"), transaction.atomic():
        User.objects.filter(id=user.id).update(email=Upper("email"))


def test_without_a_password_nobody_signs_in_by_one() -> None:
    user = factories.make_user()
    assert not user.has_usable_password()
    assert authenticate(email=user.email, password="") is None


def test_a_superuser_signs_in_with_the_password() -> None:
    user = User.objects.create_superuser("Root@example.com", "correct horse battery")
    assert user.is_staff
    assert authenticate(username="root@example.com", password="correct horse battery") == user


def test_a_user_is_called_by_name_or_address() -> None:
    assert str(factories.make_user("ada@example.com")) == "ada@example.com"
    named = factories.make_user(name="Ada Lovelace")
    assert (str(named), named.get_short_name()) == ("Ada Lovelace", "Ada")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "europe/berlin"])
def test_unknown_time_zones_are_refused(zone: str) -> None:
    with pytest.raises(ValidationError):
        User(email="a@example.com", password="x", time_zone=zone).full_clean()


def test_a_user_is_one_contributor_of_an_organization(acme: Organization, bob: User) -> None:
    with pytest.raises(IntegrityError), tenant(acme.id), transaction.atomic():
        factories.make_contributor(acme, user=bob)


def test_a_personal_key_does_not_outlive_its_person_as_the_organization_s(acme: Organization) -> None:
    with tenant(acme.id):
        person = factories.make_contributor(acme)
    key = factories.make_key(acme, contributor=person).key
    with pytest.raises(IntegrityError), tenant(acme.id):
        Contributor.objects.filter(id=person.id).delete()
    with tenant(acme.id):
        assert Key.objects.get(id=key.id).contributor_id == person.id


def test_a_team_is_not_its_own_parent(acme: Organization) -> None:
    team = factories.make_team(acme)
    with pytest.raises(IntegrityError), tenant(acme.id), transaction.atomic():
        Team.objects.filter(id=team.id).update(parent=team)


ROWS = [model for model in apps.get_models() if issubclass(model, OrganizationRow)]


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_rows_of_organizations_refer_to_each_other_by_keys_of_the_migration(model: type[OrganizationRow]) -> None:
    for field in model._meta.get_fields():
        if isinstance(field, ForeignKey) and issubclass(field.related_model, OrganizationRow):
            assert not vars(field)["db_constraint"], field
            assert not vars(field)["db_index"], field
