import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from codecard.admin_site import OperatorAdminSite


def test_the_admin_is_the_operators() -> None:
    assert admin.site.site_header == "Code Card operators"
    assert isinstance(admin.site._wrapped, OperatorAdminSite)  # type: ignore[attr-defined]  # a lazy object


@pytest.mark.parametrize(
    ("is_active", "is_staff", "is_superuser", "may_enter"),
    [
        (True, True, False, True),
        (True, True, True, True),
        (True, False, True, False),
        (False, True, True, False),
        (True, False, False, False),
    ],
)
def test_only_active_staff_may_enter(is_active: bool, is_staff: bool, is_superuser: bool, may_enter: bool) -> None:
    request = HttpRequest()
    request.user = get_user_model()(is_active=is_active, is_staff=is_staff, is_superuser=is_superuser)
    assert OperatorAdminSite().has_permission(request) is may_enter
