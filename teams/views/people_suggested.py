"""Who may be one person: merged, or told apart."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.formats import counted
from teams import actions
from teams.forms.people import PairForm
from teams.matching import Strength, matches_of
from teams.models import Contributor
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.identity_moves import heir_of
from teams.queries.people import Suggestion, suggestions_of, told_apart
from teams.views.vanished import person

PAGE, FIRST = 50, 5
AT_ONCE = 100
"""Merges of one click. Each holds the organization for itself, and a request must end."""
FRAME = {"nav": "people", "section": "people"}


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def matches(request: OrganizationRequest) -> HttpResponse:
    """All suggestions, and the pairs that somebody said are two people."""
    found = matches_of(request.organization)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    apart = Paginator(told_apart(request.organization), PAGE).get_page(request.GET.get("apart"))
    context = {
        **FRAME, "page": page, "suggestions": suggestions_of(request.organization, list(page)), "apart": apart,
        "certain": sum(match.strength == Strength.CERTAIN for match in found),
    }  # fmt: skip
    return render(request, "teams/people/matches.html", context)


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def first(request: OrganizationRequest) -> HttpResponse:
    """The first few, as a part of the list of people; who comes without script goes to all of them."""
    if request.headers.get("HX-Request") != "true":
        return redirect("people_matches", request.organization.slug)
    found = matches_of(request.organization)
    context = {"count": len(found), "suggestions": suggestions_of(request.organization, found[:FIRST])}
    return render(request, "teams/people/_suggested.html", context)


@never_cache
@require_POST
@organization_view(Permission.MANAGE_PEOPLE)
def dismiss(request: OrganizationRequest) -> HttpResponse:
    one, other = _pair(request)
    if one is None or other is None:
        messages.warning(request, "One of the two was merged into somebody meanwhile. Nothing was changed.")
        return _back(request)
    try:
        is_new = actions.tell_apart(
            organization=request.organization, one=one, other=other, by=request.user, now=timezone.now()
        )
    except actions.GoneError as error:
        messages.warning(request, str(error))
        return _back(request)
    words = f"{one} and {other} are two people."
    messages.success(
        request, f"{words} They are not suggested any more." if is_new else f"{words} That was said already."
    )
    return _back(request)


@never_cache
@require_POST
@organization_view(Permission.MANAGE_PEOPLE)
def again(request: OrganizationRequest) -> HttpResponse:
    one, other = _pair(request)
    if one is None or other is None:
        messages.info(request, "One of the two was merged into somebody meanwhile. There is nothing left to do.")
        return _back(request)
    was_said = actions.suggest_again(
        organization=request.organization, one=one, other=other, by=request.user, now=timezone.now()
    )
    if was_said:
        messages.success(request, f"{one} and {other} may be suggested again, if they still look like one person.")
    else:
        messages.info(request, "That was taken back already.")
    return _back(request)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@organization_view(Permission.MANAGE_PEOPLE)
def certain(request: OrganizationRequest) -> HttpResponse:
    """Merges at once all that are certain: those that were listed and still are."""
    found = _certain(request)
    if request.method == "POST":
        listed = set(request.POST.getlist("pair")[:AT_ONCE])
        return _merge_all(request, listed, [one for one in found if pair_name(one) in listed])
    if not found:
        messages.info(request, "No suggestion is certain any more.")
        return redirect("people_matches", request.organization.slug)
    listed_rows = [(pair_name(one), one) for one in found[:AT_ONCE]]
    context = {**FRAME, "rows": listed_rows, "count": len(found), "is_part": len(found) > AT_ONCE}
    return render(request, "teams/people/certain.html", context)


def pair_name(suggestion: Suggestion) -> str:
    return f"{suggestion.match.one_id}-{suggestion.match.other_id}"


def _certain(request: OrganizationRequest) -> list[Suggestion]:
    found = [match for match in matches_of(request.organization) if match.strength == Strength.CERTAIN]
    return suggestions_of(request.organization, found)


def _merge_all(request: OrganizationRequest, listed: set[str], suggestions: list[Suggestion]) -> HttpResponse:
    pairs = [(one.goes.person, one.stays.person) for one in suggestions]
    done = actions.merge_suggested(organization=request.organization, pairs=pairs, by=request.user, now=timezone.now())
    if done.merged:
        messages.success(request, f"{counted(done.merged, 'suggestion')} merged. Each can be undone from Changes.")
    for words in done.refused:
        messages.warning(request, words)
    if gone := len(listed) - len(suggestions):
        messages.info(request, f"{counted(gone, 'suggestion')} left out: not suggested as certain any more.")
    if not listed:
        messages.info(request, "Nothing was listed, so nothing was merged.")
    return redirect("people_matches", request.organization.slug)


def _pair(request: OrganizationRequest) -> tuple[Contributor | None, Contributor | None]:
    """None for who is gone."""
    form = PairForm(request.POST)
    if not form.is_valid():
        raise Http404
    found: list[Contributor | None] = []
    for name in ("one", "other"):
        try:
            found.append(person(request, form.cleaned_data[name]))
        except Contributor.DoesNotExist:
            if heir_of(request.organization, form.cleaned_data[name]) is None:
                raise Http404 from None
            found.append(None)
    return found[0], found[1]


def _back(request: OrganizationRequest) -> HttpResponse:
    name = "people" if request.POST.get("back") == "people" else "people_matches"
    return redirect(name, request.organization.slug)


_MATCHES = "o/<slug:organization>/people/matches/"
urlpatterns: list[URLPattern] = [
    path(_MATCHES, matches, name="people_matches"),
    path(f"{_MATCHES}first/", first, name="people_first_matches"),
    path(f"{_MATCHES}dismiss/", dismiss, name="people_dismiss"),
    path(f"{_MATCHES}again/", again, name="people_suggest_again"),
    path(f"{_MATCHES}certain/", certain, name="people_merge_certain"),
]
