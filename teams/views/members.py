"""Members: found, given roles, deactivated, removed; and leaving oneself."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import actions
from teams.forms.members import MemberFilter, RoleForm
from teams.models import Membership, Role
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.members import members_of, teams_by_user
from teams.views._file import list_file, moment

PAGE = 50
HEADER = ("Name", "Address", "Role", "State", "Teams", "Joined (UTC)")
FRAME = {"nav": "settings", "section": "members"}


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def members(request: OrganizationRequest) -> HttpResponse:
    form = MemberFilter(request.GET)
    page = Paginator(members_of(request.organization, **form.wanted), PAGE).get_page(request.GET.get("page"))
    teams = teams_by_user(request.organization, [row.user_id for row in page])
    rows = [(row, teams.get(row.user_id, [])) for row in page]
    context = {**FRAME, "form": form, "page": page, "rows": rows, "is_filtered": any(form.wanted.values())}
    return render(request, "teams/settings/members.html", context)


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def download(request: OrganizationRequest) -> HttpResponse | StreamingHttpResponse:
    wanted = MemberFilter(request.GET).wanted
    found = list(members_of(request.organization, **wanted))
    teams = teams_by_user(request.organization, [row.user_id for row in found])
    rows = [
        [
            row.user.name, row.user.email, row.get_role_display(), "active" if row.is_active else "deactivated",
            "; ".join(place.team.name for place in teams.get(row.user_id, [])), moment(row.created_at),
        ]
        for row in found
    ]  # fmt: skip
    return list_file(request, "members", HEADER, rows, wanted)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def member(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """One member, and their role."""
    row = _member(request, member_id)
    is_own = row.user_id == request.user.id
    may_own = Permission.TRANSFER_ORGANIZATION in request.permissions
    form = RoleForm(row, request.POST or None, may_own=may_own, is_own=is_own)
    if request.method == "POST" and form.is_valid():
        role = Role(form.cleaned_data["role"])

        def change(membership: Membership, now: datetime) -> None:
            actions.change_role(membership=membership, role=role, by=request.user, now=now)

        return _done(request, row, change, f"{row.user} is now {role.label.lower()}.")
    context = {
        **FRAME, "member": row, "form": form, "is_own": is_own, "may_change": may_own or row.role != Role.OWNER,
        "places": teams_by_user(request.organization, [row.user_id]).get(row.user_id, []),
    }  # fmt: skip
    return render(request, "teams/settings/member.html", context, status=400 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def deactivate(request: OrganizationRequest, member_id: int) -> HttpResponse:
    row = _member(request, member_id)
    if request.method == "POST":

        def end(membership: Membership, now: datetime) -> None:
            actions.deactivate_member(membership=membership, by=request.user, now=now)

        return _done(request, row, end, f"{row.user} can't open {request.organization.name} any more.")
    happens = [
        f"From their next click on they can't open {request.organization.name}, and no invitation brings them back.",
        "Their keys, and those they made, are revoked for good; open invitations that they made are withdrawn.",
        "What they did stays in the numbers of their teams.",
        "You can activate them again at any time.",
    ]
    return _confirm(request, row, f"Deactivate {row.user}?", happens, f"Deactivate {row.user}")


@never_cache
@require_POST
@organization_view(Permission.MANAGE_PEOPLE)
def reactivate(request: OrganizationRequest, member_id: int) -> HttpResponse:
    row = _member(request, member_id)

    def again(membership: Membership, now: datetime) -> None:
        actions.reactivate_member(membership=membership, by=request.user, now=now)

    return _done(request, row, again, f"{row.user} is active again. Their old keys stay revoked.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def remove(request: OrganizationRequest, member_id: int) -> HttpResponse:
    row = _member(request, member_id)
    if request.method == "POST":

        def end(membership: Membership, now: datetime) -> None:
            actions.remove_member(membership=membership, by=request.user, now=now)

        return _done(request, row, end, f"{row.user} is no member any more.")
    happens = [
        f"From their next click on they can't open {request.organization.name}. A new invitation lets them in again.",
        "Their keys, and those they made, are revoked for good; open invitations that they made are withdrawn.",
        "What they did stays in the numbers of their teams.",
    ]
    return _confirm(request, row, f"Remove {row.user}?", happens, f"Remove {row.user}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.SEE_NUMBERS)
def leave(request: OrganizationRequest) -> HttpResponse:
    name = request.organization.name
    if request.method == "POST":
        try:
            actions.remove_member(membership=request.membership, by=request.user, now=timezone.now())
        except actions.LastOwnerError as error:
            messages.error(request, str(error))
            return redirect(f"/o/{request.organization.slug}/leave/")
        except Membership.DoesNotExist:
            raise Http404 from None
        messages.success(request, f"You left {name}.")
        return redirect("home")
    return render(request, "teams/leave.html")


def _member(request: OrganizationRequest, member_id: int) -> Membership:
    rows = Membership.objects.filter(organization=request.organization).select_related("user", "organization")
    return get_object_or_404(rows, id=member_id)


def _confirm(
    request: OrganizationRequest, row: Membership, question: str, happens: list[str], button: str
) -> HttpResponse:
    if row.user_id == request.user.id:
        happens = ["This is you. Somebody else has to let you in again.", *happens]
    back = f"/o/{request.organization.slug}/settings/members/{row.id}/"
    context = {**FRAME, "question": question, "happens": happens, "button": button, "cancel_url": back}
    return render(request, "teams/settings/confirm.html", context)


def _done(
    request: OrganizationRequest, row: Membership, action: Callable[[Membership, datetime], None], told: str
) -> HttpResponse:
    """To the list, with what happened or why it did not."""
    try:
        action(row, timezone.now())
    except actions.OwnersOnlyError as error:
        raise PermissionDenied(str(error)) from None
    except actions.LastOwnerError as error:
        messages.error(request, str(error))
        return redirect("member", request.organization.slug, row.id)
    except Membership.DoesNotExist:
        messages.warning(request, f"{row.user} was removed meanwhile.")
    else:
        messages.success(request, told)
    # Who took their own rights may not see the list any more.
    return redirect("home") if row.user_id == request.user.id else redirect("members", request.organization.slug)


urlpatterns = [
    path("o/<slug:organization>/settings/members/", members, name="members"),
    path("o/<slug:organization>/settings/members/members.csv", download, name="members_download"),
    path("o/<slug:organization>/settings/members/<int:member_id>/", member, name="member"),
    path("o/<slug:organization>/settings/members/<int:member_id>/deactivate/", deactivate, name="member_deactivate"),
    path("o/<slug:organization>/settings/members/<int:member_id>/reactivate/", reactivate, name="member_reactivate"),
    path("o/<slug:organization>/settings/members/<int:member_id>/remove/", remove, name="member_remove"),
    path("o/<slug:organization>/leave/", leave, name="organization_leave"),
]
