from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import AuditEntry, Organization, User
from teams.notices import floor_notice
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def change(organization: Organization, *, by: User | None = None, now: Any = NOW, **pairs: tuple[Any, Any]) -> Any:
    shown = {name: pair[0] for name, pair in pairs.items()}
    wanted = {name: pair[1] for name, pair in pairs.items()}
    changed = actions.change_organization(organization=organization, shown=shown, wanted=wanted, by=by, now=now)
    organization.refresh_from_db()
    return changed


def test_what_changed_is_written_with_before_and_after(acme: Organization, owner: User) -> None:
    pairs = {"name": ("Acme", "Acme Labs"), "retention_days": (None, 90), "cost_visibility": ("admins", "members")}
    assert change(acme, by=owner, **pairs) == {"name": "Acme Labs", "retention_days": 90, "cost_visibility": "members"}
    with tenant(acme.id):
        entry = AuditEntry.objects.get(action="organization.changed")
    assert entry.details == {
        "before": {"name": "Acme", "retention_days": None, "cost_visibility": "admins"},
        "after": {"name": "Acme Labs", "retention_days": 90, "cost_visibility": "members"},
    }
    assert change(acme, by=owner, **pairs) == {}
    with tenant(acme.id):
        assert AuditEntry.objects.filter(action="organization.changed").count() == 1


def test_what_was_not_touched_is_left_to_the_other_admin(acme: Organization) -> None:
    change(acme, name=("Acme", "Acme Labs"), slug=("acme", "acme"))
    change(acme, name=("Acme", "Acme"), slug=("acme", "labs"))
    assert (acme.name, acme.slug) == ("Acme Labs", "labs")


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(acme: Organization) -> None:
    change(acme, name=("Acme", "First"))
    with pytest.raises(actions.SettingsClashError, match="name"):
        change(acme, name=("Acme", "Second"))
    acme.refresh_from_db()
    assert acme.name == "First"
    assert change(acme, name=("Acme", "First")) == {}


@pytest.mark.parametrize(("field", "value"), [("privacy_floor", 2), ("privacy_floor", 51), ("retention_days", 0)])
def test_unsafe_values_are_refused(acme: Organization, field: str, value: int) -> None:
    with pytest.raises(ValidationError):
        actions.change_organization(
            organization=acme, shown={field: getattr(acme, field)}, wanted={field: value}, by=None, now=NOW
        )


def test_a_time_zone_holds_from_now_on(acme: Organization) -> None:
    before = acme.identity_epoch
    change(acme, time_zone=("UTC", "Asia/Tokyo"))
    assert (acme.time_zone, acme.identity_epoch) == ("Asia/Tokyo", before + 1)


def test_a_lower_floor_is_told_for_thirty_days(acme: Organization) -> None:
    change(acme, privacy_floor=(5, 4))
    change(acme, privacy_floor=(4, 3), now=NOW + timedelta(days=1))
    notice = floor_notice(acme, NOW + timedelta(days=30))
    assert notice
    assert (notice.before, notice.now, notice.is_lower) == (5, 3, True)
    assert floor_notice(acme, NOW + timedelta(days=31)) is None


def test_lowering_it_for_an_hour_only_is_told_too(acme: Organization) -> None:
    change(acme, privacy_floor=(5, 3))
    change(acme, privacy_floor=(3, 5), now=NOW + timedelta(hours=1))
    notice = floor_notice(acme, NOW + timedelta(hours=2))
    assert notice
    assert not notice.is_lower


def test_raising_the_floor_tells_nobody_anything(acme: Organization) -> None:
    change(acme, privacy_floor=(5, 9))
    assert floor_notice(acme, NOW) is None


# --- addresses -------------------------------------------------------------------------------------------------------


def test_a_former_address_stays_taken(acme: Organization, globex: Organization) -> None:
    change(acme, slug=("acme", "labs"))
    assert (acme.slug, acme.former_slugs) == ("labs", ["acme"])
    with pytest.raises(actions.SlugTakenError):
        change(globex, slug=("globex", "acme"))
    with pytest.raises(actions.SlugTakenError):
        actions.create_organization(name="Other", slug="acme", by=None, now=NOW)
    assert actions.create_organization(name="Acme", by=None, now=NOW).slug.startswith("acme-")
    change(acme, slug=("labs", "acme"))
    assert (acme.slug, acme.former_slugs) == ("acme", ["labs"])


@pytest.mark.django_db(transaction=True)
def test_an_address_that_two_want_at_once_goes_to_one() -> None:
    for number in range(4):
        rows = [factories.make_organization() for _ in range(2)]

        def move(row: Organization, slug: str = f"wanted-{number}") -> bool:
            try:
                return bool(change(row, slug=(row.slug, slug)))
            except actions.SlugTakenError:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(move, rows)) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_an_address_that_is_given_up_while_another_wants_it_stays_taken() -> None:
    for number in range(4):
        leaving, other = factories.make_organization(f"old-{number}"), factories.make_organization()

        def move(pair: tuple[Organization, str]) -> bool:
            try:
                return bool(change(pair[0], slug=(pair[0].slug, pair[1])))
            except actions.SlugTakenError:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            done = list(threads.map(move, [(leaving, f"new-{number}"), (other, f"old-{number}")]))
        assert done == [True, False]


# --- the end ---------------------------------------------------------------------------------------------------------


def test_a_deletion_can_be_taken_back_for_seven_days(acme: Organization, owner: User) -> None:
    for _ in range(2):
        actions.delete_organization(organization=acme, by=owner, now=NOW)
    assert acme.deleted_at == NOW
    for _ in range(2):
        actions.keep_organization(organization=acme, by=owner, now=NOW + timedelta(days=6))
    assert not Organization.objects.exclude(deleted_at=None).exists()
    actions.delete_organization(organization=acme, by=owner, now=NOW)
    with pytest.raises(actions.TooLateError):
        actions.keep_organization(organization=acme, by=owner, now=NOW + timedelta(days=7))
    with tenant(acme.id):
        told = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert told[-3:] == ["organization.deleted", "organization.kept", "organization.deleted"]
