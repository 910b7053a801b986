"""Invitations: the list of an organization, new ones, and those that were made and are not used yet."""

from functools import partial

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.formats import counted
from codecard.lib.limits import Limit
from teams import actions
from teams.forms.invitations import AddressesForm, InvitationFilter, LinkForm
from teams.models import Invitation
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.invitations import SENT_WITHIN as ONE_DAY
from teams.queries.invitations import invitations_of, mailed_since, state_of
from teams.tasks import send_invitations
from teams.views._file import list_file, moment

PAGE = 50
MOST_MAILS_A_DAY = 1000
INVITING = Limit("invite", most=120, seconds=3600)
INVITING_FROM = Limit("invite-from", most=600, seconds=3600)
"""Of one address of the network, which may be a whole office."""
MAILED = Limit("invite-mails", most=1000, seconds=86_400)
"""Addresses of one account in all its organizations: making more of these is no way to mail more strangers."""
"""Requests that make or send invitations, of one account and of one organization."""
HEADER = ("For", "As", "Team", "State", "Used", "Of", "Made (UTC)", "By", "Sent (UTC)", "Until (UTC)")
FRAME = {"nav": "settings", "section": "invitations"}
TOO_MANY_MAILS = (
    "You have invited very many people by mail today. Nobody was invited now; make a link that several people can "
    "use, or go on tomorrow."
)
TOO_MANY = "Many invitations were made here within an hour. Nothing was made or sent now; try again later."


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def invitations(request: OrganizationRequest) -> HttpResponse:
    form, now = InvitationFilter(request.GET), timezone.now()
    found = invitations_of(request.organization, *form.wanted, now)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = [(row, state_of(row, now)) for row in page]
    context = {**FRAME, "form": form, "page": page, "rows": rows, "is_filtered": any(form.wanted)}
    return render(request, "teams/settings/invitations.html", context)


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def download(request: OrganizationRequest) -> HttpResponse | StreamingHttpResponse:
    form, now = InvitationFilter(request.GET), timezone.now()
    state, text = form.wanted
    rows = [
        [
            row.email, row.get_role_display(), row.team.name if row.team else "", state_of(row, now), row.uses,
            row.most_uses, moment(row.created_at), row.invited_by or "", moment(row.sent_at), moment(row.expires_at),
        ]
        for row in invitations_of(request.organization, state, text, now)
    ]  # fmt: skip
    return list_file(request, "invitations", HEADER, rows, {"state": state, "text": text})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def new_invitations(request: OrganizationRequest) -> HttpResponse:
    """By mail. All addresses or none: what is wrong is said for each."""
    form = AddressesForm(
        request.organization, request.POST or None, may_own=_may_own(request), initial={"team": request.GET.get("team")}
    )
    if request.method != "POST" or not form.is_valid():
        return _new_form(request, form)
    addresses = form.cleaned_data["addresses"]
    if status := _has_enough(request, form, len(addresses)):
        return _new_form(request, form, status)
    try:
        actions.invite_addresses(
            organization=request.organization, addresses=addresses, by=request.user, now=timezone.now(), **form.terms
        )
    except actions.AddressesTakenError as error:
        form.add_error("addresses", [str(error), *sorted(error.addresses)[:PAGE]])
        return _new_form(request, form)
    _send(request)
    messages.success(
        request, f"{counted(len(addresses), 'invitation', 'invitations')} made. The mails are on their way."
    )
    return redirect("invitations", request.organization.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def new_link(request: OrganizationRequest) -> HttpResponse:
    """A link for whoever holds it, shown with this answer and never again."""
    form = LinkForm(request.organization, request.POST or None, may_own=_may_own(request))
    if request.method != "POST" or not form.is_valid():
        return _new_form(request, form)
    if status := _has_enough(request, form, 0):
        return _new_form(request, form, status)
    made = actions.invite_by_link(
        organization=request.organization,
        most_uses=form.cleaned_data["most_uses"],
        by=request.user,
        now=timezone.now(),
        **form.terms,
    )
    return _show_link(request, made)


@never_cache
@require_POST
@organization_view(Permission.MANAGE_PEOPLE)
def renew(request: OrganizationRequest, invitation_id: int) -> HttpResponse:
    """A new link in place of the old: mailed again, or, where the button says so or nobody can be mailed, shown."""
    row = _invitation(request, invitation_id)
    back = redirect("invitations", request.organization.slug)
    if not INVITING.admits(f"account {request.user.id}", f"organization {request.organization.id}"):
        messages.error(request, TOO_MANY)
        return back
    is_mailed = bool(row.email) and "show" not in request.POST
    try:
        made = actions.renew_invitation(invitation=row, by=request.user, now=timezone.now(), is_mailed=is_mailed)
    except actions.OwnersOnlyError as error:
        raise PermissionDenied(str(error)) from None
    except actions.InvitationRefusedError as error:
        messages.error(request, f"{error} Make a new one instead.")
        return back
    if not is_mailed:
        return _show_link(request, made)
    _send(request)
    messages.success(request, f"A new link is on its way to {row.email}. The old one works no more.")
    return back


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def revoke(request: OrganizationRequest, invitation_id: int) -> HttpResponse:
    row = _invitation(request, invitation_id)
    whose = f"the invitation of {row.email}" if row.email else "this link"
    if request.method == "POST":
        actions.revoke_invitation(invitation=row, by=request.user, now=timezone.now())
        messages.success(request, f"Withdrawn: {whose} works no more.")
        return redirect("invitations", request.organization.slug)
    joined = (
        f"{counted(row.uses, 'person', 'people')} who joined by it stay members."
        if row.uses
        else "Nobody joined by it."
    )
    context = {
        **FRAME,
        "question": f"Withdraw {whose}?",
        "happens": ["Whoever opens the link reads that it was withdrawn.", joined],
        "button": "Withdraw",
        "cancel_url": reverse("invitations", args=[request.organization.slug]),
    }
    return render(request, "teams/settings/confirm.html", context)


def _new_form(request: OrganizationRequest, form: AddressesForm | LinkForm, status: int = 400) -> HttpResponse:
    context = {**FRAME, "form": form, "is_link": isinstance(form, LinkForm)}
    return render(request, "teams/settings/invitation_new.html", context, status=status if form.is_bound else 200)


def _show_link(request: OrganizationRequest, made: actions.NewInvitation) -> HttpResponse:
    url = f"{base_url_of(request)}{reverse('join', args=[made.token])}"
    return render(request, "teams/settings/invitation_link.html", {**FRAME, "invitation": made.invitation, "url": url})


def _has_enough(request: OrganizationRequest, form: AddressesForm | LinkForm, mails: int) -> int:
    """429 with the reason in the form, or 0."""
    may = INVITING.admits(f"account {request.user.id}", f"organization {request.organization.id}")
    if not may or not INVITING_FROM.admits(get_adapter().get_client_ip(request)):
        form.add_error(None, TOO_MANY)
        return 429
    if mails and not MAILED.admits(request.user.id, amount=mails):
        form.add_error(None, TOO_MANY_MAILS)
        return 429
    already = mailed_since(request.organization, timezone.now() - ONE_DAY) if mails else 0
    if already + mails > MOST_MAILS_A_DAY:
        form.add_error(
            None, f"{already} people were invited by mail within a day, of {MOST_MAILS_A_DAY} that may be. Nobody was "
            "invited now; make a link that several people can use, or go on tomorrow."
        )  # fmt: skip
        return 429
    return 0


def _may_own(request: OrganizationRequest) -> bool:
    return Permission.TRANSFER_ORGANIZATION in request.permissions


def _invitation(request: OrganizationRequest, invitation_id: int) -> Invitation:
    rows = Invitation.objects.filter(organization=request.organization).select_related("organization", "team")
    return get_object_or_404(rows, id=invitation_id)


def _send(request: OrganizationRequest) -> None:
    """After the commit, in the background. Without a queue the list says “not sent yet”, and a sweep takes it up."""
    base_url = base_url_of(request)
    send = partial(send_invitations.delay, organization_id=request.organization.id, base_url=base_url)
    transaction.on_commit(send, robust=True)


def base_url_of(request: HttpRequest) -> str:
    return settings.BASE_URL or request.build_absolute_uri("/").rstrip("/")


_LIST = "o/<slug:organization>/settings/invitations/"
urlpatterns = [
    path(_LIST, invitations, name="invitations"),
    path("o/<slug:organization>/settings/invitations/invitations.csv", download, name="invitations_download"),
    path(f"{_LIST}new/", new_invitations, name="invitations_new"),
    path(f"{_LIST}new/link/", new_link, name="invitation_new_link"),
    path(f"{_LIST}<int:invitation_id>/renew/", renew, name="invitation_renew"),
    path(f"{_LIST}<int:invitation_id>/revoke/", revoke, name="invitation_revoke"),
]
