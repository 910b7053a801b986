"""The page of an invitation, for whoever holds its link."""

from datetime import datetime
from functools import partial
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from codecard.lib.limits import Limit
from codecard.lib.tenant import tenant
from teams import actions, audit
from teams.invitations import REFUSALS, Standing, find_invitation, forget_invitation, keep_invitation, masked, standing
from teams.limited import too_many_requests
from teams.models import Invitation, Membership, User
from teams.permissions import permissions_of
from teams.queries.invitations import proven_addresses
from teams.sign_in import claim_known_names
from teams.tasks import tell_inviter
from teams.views.invitations import base_url_of

OPENED = Limit("join", most=300, seconds=60)
"""Of one address, which may be a whole office on its first morning. Against guessing a token has 256 bits."""
ASKED = Limit("ask-again", most=3, seconds=3600)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Says who invites to what and what that means; the button joins. Only looking changes nothing of it."""
    invitation = _opened(request, token)
    if invitation is None:
        return _enough(request)
    user = request.user if isinstance(request.user, User) else None
    if request.method == "POST" and user:
        return _joined(request, invitation, user)
    shown = _shown(invitation, user, timezone.now())
    if user is None and shown["standing"] == Standing.OPEN:
        keep_invitation(request, token)
    return render(request, "teams/join.html", {**shown, "token": token})


def _joined(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    organization = invitation.organization
    try:
        with audit.from_request(request):
            actions.accept_invitation(
                invitation=invitation, user=user, proven=proven_addresses(user), now=timezone.now()
            )
    except actions.InvitationRefusedError:
        # The same page says why, as it does to whoever comes later.
        return redirect(request.path)
    forget_invitation(request)
    claim_known_names(user, now=timezone.now())
    messages.success(request, f"You are in {organization.name}.")
    return redirect(f"/o/{organization.slug}/")


@never_cache
@require_POST
def ask_again(request: HttpRequest, token: str) -> HttpResponse:
    """Tells the person who invited, by mail, that a link that works no more is still wanted."""
    invitation = _opened(request, token)
    if invitation is None:
        return _enough(request)
    user = request.user if isinstance(request.user, User) else None
    state = _shown(invitation, user, timezone.now())["standing"]
    # Asking twice says the same and does nothing.
    asker = get_adapter().get_client_ip(request)
    if state in {Standing.EXPIRED, Standing.USED, Standing.REVOKED} and ASKED.admits(asker, f"row {invitation.id}"):
        with audit.from_request(request):
            inviter = actions.ask_for_another(invitation=invitation, by=user, now=timezone.now())
        if inviter:
            about = {"organization_id": invitation.organization_id, "invitation_id": invitation.id}
            tell = partial(tell_inviter.delay, inviter_id=inviter.id, base_url=base_url_of(request), **about)
            transaction.on_commit(tell, robust=True)
    return render(request, "teams/join_asked.html", {"organization_name": invitation.organization.name})


@never_cache
@require_POST
@login_required
def as_somebody_else(request: HttpRequest, token: str) -> HttpResponse:
    """Signs out and comes back to the invitation."""
    logout(request)
    return redirect("join", token)


def _opened(request: HttpRequest, token: str) -> Invitation | None:
    """None for whoever opens too many. :raises Http404: unknown, the same as any address that leads nowhere."""
    if not OPENED.admits(get_adapter().get_client_ip(request)):
        return None
    found = find_invitation(token)
    if found is None:
        raise Http404
    return found


def _enough(request: HttpRequest) -> HttpResponse:
    return too_many_requests(request, OPENED.seconds)


def _shown(invitation: Invitation, user: User | None, now: datetime) -> dict[str, Any]:
    """What the page says of the invitation; of one that works no more or is for somebody else, no names."""
    organization = invitation.organization
    with tenant(organization.id):
        rows = Invitation.objects.filter(organization=organization, id=invitation.id)
        row = rows.select_related("team", "invited_by").get()
        member = Membership.objects.filter(organization=organization, user=user).first() if user else None
    state = standing(row, member, proven_addresses(user) if user else None, now)
    return {
        "invitation": row,
        "inviting": organization,
        "standing": state,
        "refusal": REFUSALS.get(state, ""),
        "masked": masked(row.email),
        "sees_cost": "see_cost" in permissions_of("lead", organization),
        "may_ask": state in {Standing.EXPIRED, Standing.USED, Standing.REVOKED},
    }


urlpatterns = [
    path("join/<str:token>/", join, name="join"),
    path("join/<str:token>/ask/", ask_again, name="join_ask"),
    path("join/<str:token>/other/", as_somebody_else, name="join_other"),
]
