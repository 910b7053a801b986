"""Two become one; what was done to whom data belong to; and back again."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from teams import actions
from teams.forms.people import PeopleFilter
from teams.models import Contributor, IdentityMove, MoveKind
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.identity_moves import heir_of, moves_of, with_moved_names
from teams.queries.people import by_direction, people_found, with_names
from teams.views.vanished import person, person_view

FOUND, PAGE = 20, 50
FRAME = {"nav": "people", "section": "people"}


@require_safe
@person_view
def merge(request: OrganizationRequest, found: Contributor) -> HttpResponse:
    """Looks for the other one."""
    form = PeopleFilter(request.GET)
    text = form.wanted["text"]
    others = people_found(request.organization, text=text).exclude(id=found.id)[: FOUND + 1] if text else []
    rows = with_names(request.organization, others)
    context = {**FRAME, "person": found, "q": text, "rows": rows[:FOUND], "has_more": len(rows) > FOUND}
    return render(request, "teams/people/merge.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def merge_into(request: OrganizationRequest, person_id: int, other_id: int) -> HttpResponse:
    """Both, side by side, and what follows; then it is done. Who signed in stays, whoever was chosen to."""
    try:
        pair = with_names(request.organization, [person(request, person_id), person(request, other_id)])
    except Contributor.DoesNotExist:
        return _of_those_who_have_them_now(request, person_id, other_id)
    goes, stays = by_direction(*pair)
    if goes.person.id == stays.person.id:
        messages.info(request, f"That is one person already: {stays.person}.")
        return redirect("person", request.organization.slug, stays.person.id)
    if request.method == "POST":
        return _merge(request, goes.person, stays.person)
    are_two = goes.person.is_claimed and stays.person.is_claimed
    may_swap = not goes.person.is_claimed and not stays.person.is_claimed
    context = {
        **FRAME,
        "person": pair[0].person,
        "goes": goes,
        "stays": stays,
        "are_two": are_two,
        "may_swap": may_swap,
    }
    return render(request, "teams/people/merge_confirm.html", context)


def _merge(request: OrganizationRequest, goes: Contributor, stays: Contributor) -> HttpResponse:
    try:
        actions.merge_by_hand(
            organization=request.organization, loser=goes, winner=stays, by=request.user, now=timezone.now()
        )
    except actions.MergeRefusedError as error:
        messages.error(request, str(error))
        return redirect("person_merge_into", request.organization.slug, goes.id, stays.id)
    messages.success(request, f"{goes} is {stays} now. It can be undone from here.")
    return redirect("person", request.organization.slug, stays.id)


def _of_those_who_have_them_now(request: OrganizationRequest, person_id: int, other_id: int) -> HttpResponse:
    """One or both were merged into somebody meanwhile: a double click, the back button, another admin."""
    ids, words = [], []
    for one_id in (person_id, other_id):
        is_here = Contributor.objects.filter(organization=request.organization, id=one_id).exists()
        heir = None if is_here else heir_of(request.organization, one_id)
        if heir is None and not is_here:
            raise Http404
        ids.append(heir.person.id if heir else one_id)
        words += [heir.words] if heir else []
    if ids[0] == ids[1]:
        messages.info(request, f"{words[0]} They are one person, so there is nothing left to do.")
        return redirect("person", request.organization.slug, ids[0])
    messages.warning(request, f"{' '.join(words)} Nothing was changed by you; look again whom you want to merge.")
    return redirect("person_merge_into", request.organization.slug, *ids)


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def changes(request: OrganizationRequest) -> HttpResponse:
    """Merges and splits, the newest first."""
    page = Paginator(moves_of(request.organization), PAGE).get_page(request.GET.get("page"))
    rows = with_moved_names(request.organization, list(page))
    context = {**FRAME, "section": "changes", "page": page, "rows": rows}
    return render(request, "teams/people/changes.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def undo(request: OrganizationRequest, move_id: int) -> HttpResponse:
    move = get_object_or_404(IdentityMove, organization=request.organization, id=move_id)
    if request.method == "POST":
        return _undo(request, move)
    if move.undone_at is not None:
        messages.info(request, "This was undone already.")
        return redirect("people_changes", request.organization.slug)
    context = {
        **FRAME, "section": "changes", "question": f"Undo “{move}”?", "button": "Undo it",
        "cancel_url": f"/o/{request.organization.slug}/people/changes/", "happens": _what_undoing_does(move),
        "names": with_moved_names(request.organization, [move])[0].names, "is_mild": True,
    }  # fmt: skip
    return render(request, "teams/people/confirm.html", context)


def _what_undoing_does(move: IdentityMove) -> list[str]:
    if move.kind == MoveKind.MERGE:
        return [
            "They are two people again. What came by the names below goes back to the one who was merged.",
            "Keys, teams and the account go back too, as far as nobody changed them since.",
            "Nothing moves these names by itself any more: a person decided.",
        ]
    return [
        "They are one person again. What came by the names below goes back to whom it was split from, "
        "with everything that the new person has.",
        "The new person is gone then.",
    ]


def _undo(request: OrganizationRequest, move: IdentityMove) -> HttpResponse:
    try:
        actions.undo_move(organization=request.organization, move=move, by=request.user, now=timezone.now())
    except actions.UndoRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{move}” is undone.")
    return redirect("people_changes", request.organization.slug)


_PEOPLE = "o/<slug:organization>/people/"
urlpatterns: list[URLPattern] = [
    path(f"{_PEOPLE}<int:person_id>/merge/", merge, name="person_merge"),
    path(f"{_PEOPLE}<int:person_id>/merge/<int:other_id>/", merge_into, name="person_merge_into"),
    path(f"{_PEOPLE}changes/", changes, name="people_changes"),
    path(f"{_PEOPLE}changes/<int:move_id>/undo/", undo, name="people_undo"),
]
