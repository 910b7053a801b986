"""`/device/`: somebody who is signed in says whether a machine may send as them."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from codecard.lib.limits import Limit
from teams import actions, audit
from teams.actions.devices import DeviceRefusedError, approve_device, deny_device, device_of, is_open
from teams.device_api import DeviceCodeView, DeviceTokenView
from teams.device_codes import letters_of, shown
from teams.forms.devices import DeviceCodeForm, DeviceDecisionForm
from teams.limited import too_many_requests
from teams.models import DeviceRequest, Organization, User
from teams.permissions import own_organizations

LOOKED = Limit("device-looked", most=20, seconds=600)
"""Of one account: of a code that is guessed there are 25 thousand million."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Asks for the code, or shows what it is of. Only the buttons of a POST decide anything."""
    given = request.POST if request.method == "POST" else request.GET
    if not letters_of(given.get("code", "")):
        form = DeviceCodeForm(given if "code" in given else None)
        return _page(request, "enter", 400 if form.is_bound else 200, form=form)
    if not LOOKED.admits(f"account {request.user.pk}"):
        return too_many_requests(request, LOOKED.seconds)
    found = device_of(given["code"])
    if found is None:
        form = DeviceCodeForm({"code": given["code"]})
        form.add_error("code", "This code is not known here. Look at the terminal again.")
        return _page(request, "enter", 404, form=form)
    if request.method == "POST":
        return _decided(request, found)
    return _asked(request, found)


def _asked(request: HttpRequest, found: DeviceRequest, form: DeviceDecisionForm | None = None) -> HttpResponse:
    if not is_open(found, timezone.now()):
        return _page(request, _ended(found), device=found)
    choices = own_organizations(request)
    code = shown(letters_of(request.POST.get("code", "") or request.GET.get("code", "")))
    form = form or DeviceDecisionForm(choices=choices, initial={"code": code})
    return _page(request, "asked", 400 if form.is_bound else 200, device=found, form=form, choices=choices, code=code)


def _ended(found: DeviceRequest) -> str:
    if found.denied_at:
        return "denied"
    return "approved" if found.approved_at else "expired"


def _decided(request: HttpRequest, found: DeviceRequest) -> HttpResponse:
    user, now = request.user, timezone.now()
    assert isinstance(user, User)
    if "deny" in request.POST:
        deny_device(device=found, by=user, now=now)
        found.refresh_from_db()
        return _asked(request, found)
    form = DeviceDecisionForm(request.POST, choices=own_organizations(request))
    if "approve" not in request.POST or not form.is_valid():
        return _asked(request, found, form)
    with audit.from_request(request):
        if not is_open(found, now):
            return _asked(request, found)
        organization = form.chosen or actions.create_personal_organization(user=user, now=now)
        return _approved(request, found, organization, user, form)


def _approved(
    request: HttpRequest, found: DeviceRequest, organization: Organization | None, by: User, form: DeviceDecisionForm
) -> HttpResponse:
    try:
        if organization is None:  # of those they are in, they may send to none
            raise DeviceRefusedError("Your role lets you send nothing. Ask an admin of your organization.")
        approve_device(device=found, organization=organization, by=by, now=timezone.now())
    except DeviceRefusedError as reason:
        found.refresh_from_db()
        form.add_error(None, str(reason))
        return _asked(request, found, form)
    return _page(request, "approved", device=found, organization=organization, is_new=True)


def _page(request: HttpRequest, state: str, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, "teams/device.html", {"nav": "start", "state": state, **context}, status=status)


urlpatterns = [
    path("device/", device, name="device"),
    path("api/v1/device/code/", DeviceCodeView.as_view(), name="device_code"),
    path("api/v1/device/token/", DeviceTokenView.as_view(), name="device_token"),
]
