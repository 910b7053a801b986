"""People as data know them: the list, and one of them."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import actions
from teams.forms.people import NameForm, PeopleFilter, SplitForm
from teams.models import Contributor, Key
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.identity_moves import moves_of, with_moved_names
from teams.queries.people import people_found, with_names
from teams.views import people_merging, people_suggested
from teams.views._file import list_file, moment
from teams.views.vanished import person_view

PAGE, HISTORY = 50, 20
HEADER = ("Name", "Known as", "Teams", "Kind", "Signed in", "Told by", "Last seen (UTC)")
FRAME = {"nav": "people", "section": "people"}


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def people(request: OrganizationRequest) -> HttpResponse:
    """Everyone as data know them. Who may be one person comes by itself afterwards: to find that takes longer."""
    form = PeopleFilter(request.GET)
    wanted = form.wanted
    page = Paginator(people_found(request.organization, **wanted), PAGE).get_page(request.GET.get("page"))
    is_first = page.number == 1 and not any(wanted.values())
    context = {
        **FRAME, "form": form, "page": page, "rows": with_names(request.organization, page), "is_first": is_first,
        "is_filtered": any(wanted.values()),
    }  # fmt: skip
    return render(request, "teams/people/people.html", context)


@never_cache
@require_safe
@organization_view(Permission.MANAGE_PEOPLE)
def download(request: OrganizationRequest) -> HttpResponse | StreamingHttpResponse:
    wanted = PeopleFilter(request.GET).wanted
    found = with_names(request.organization, people_found(request.organization, **wanted))
    rows = [
        [
            row.person.display_name, "; ".join(name.words for name in row.names),
            "; ".join(place.team.name for place in row.teams), "bot" if row.person.is_bot else "person",
            "yes" if row.person.is_claimed else "no", "; ".join(row.sources), moment(row.last_seen_at),
        ]
        for row in found
    ]  # fmt: skip
    return list_file(request, "people", HEADER, rows, wanted)


@require_safe
@person_view
def person(request: OrganizationRequest, found: Contributor) -> HttpResponse:
    """Where they come from, what they hold, and what was done to them."""
    row = with_names(request.organization, [found])[0]
    moves = list(moves_of(request.organization, found)[: HISTORY + 1])
    context = {
        **FRAME, "row": row, "person": found, "has_more_moves": len(moves) > HISTORY,
        "keys": Key.objects.filter(organization=request.organization, contributor=found).order_by("name", "id"),
        "moves": with_moved_names(request.organization, moves[:HISTORY]), "now": timezone.now(),
    }  # fmt: skip
    return render(request, "teams/people/person.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@person_view
def rename(request: OrganizationRequest, found: Contributor) -> HttpResponse:
    form = NameForm(request.POST or None, initial={"name": found.display_name})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        actions.rename_contributor(
            organization=request.organization, contributor=found, name=name, by=request.user, now=timezone.now()
        )
        messages.success(request, f"{found.display_name} is called {name} now.")
        return _back(request, found)
    context = {**FRAME, "person": found, "form": form}
    return render(request, "teams/people/rename.html", context, status=400 if request.method == "POST" else 200)


@require_POST
@person_view
def bot(request: OrganizationRequest, found: Contributor) -> HttpResponse:
    """Says that this is a bot, or none."""
    is_bot = request.POST.get("bot") == "yes"
    actions.mark_bot(
        organization=request.organization, contributor=found, is_bot=is_bot, by=request.user, now=timezone.now()
    )
    words = "a bot, and in no count of people" if is_bot else "a person, and counted as one"
    messages.success(request, f"{found.display_name} is {words} now.")
    return _back(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@person_view
def split(request: OrganizationRequest, found: Contributor) -> HttpResponse:
    """Makes another person of some of the identities."""
    names = with_names(request.organization, [found])[0].names
    if len(names) < 2:
        messages.info(request, f"{found} is known by one name at most, so there is nothing to split off.")
        return _back(request, found)
    form = SplitForm(names, request.POST if request.method == "POST" else None)
    if form.is_valid() and (taker_id := _split(request, found, form)):
        name = form.cleaned_data["name"]
        messages.success(request, f"{name} is a person of their own now. It can be undone from here.")
        return redirect("person", request.organization.slug, taker_id)
    context = {**FRAME, "person": found, "form": form}
    return render(request, "teams/people/split.html", context, status=400 if form.is_bound else 200)


def _split(request: OrganizationRequest, found: Contributor, form: SplitForm) -> int | None:
    chosen = found.identities.filter(organization=request.organization, id__in=form.cleaned_data["identities"])
    try:
        move = actions.split_identities(
            organization=request.organization,
            contributor=found,
            identities=list(chosen),
            name=form.cleaned_data["name"],
            by=request.user,
            now=timezone.now(),
        )
    except actions.SplitRefusedError as error:
        form.add_error(None, str(error))
        return None
    return move.taker_id


@require_http_methods(["GET", "HEAD", "POST"])
@person_view
def release(request: OrganizationRequest, found: Contributor) -> HttpResponse:
    """Takes a claim away."""
    if found.user is None:
        messages.info(request, f"Nobody has claimed {found}.")
        return _back(request, found)
    if request.method == "POST":
        actions.release_contributor(
            organization=request.organization, contributor=found, by=request.user, now=timezone.now()
        )
        messages.success(request, f"{found.user.email} is not {found} any more.")
        return _back(request, found)
    is_own = ["This is you: nothing here is your own any more then."] if found.user_id == request.user.id else []
    context = {
        **FRAME, "person": found, "question": f"Release {found}?", "button": f"Release {found}",
        "cancel_url": f"/o/{request.organization.slug}/people/{found.id}/",
        "happens": [
            *is_own,
            f"{found.user.email} sees the numbers of {found} as their own no more. Their account and role stay.",
            f"What {found} did, their identities, keys and teams stay with {found}, whom nobody has claimed then.",
            "Signing in does not claim them again: an admin said that they are somebody else.",
            "There is no undo for this.",
        ],
    }  # fmt: skip
    return render(request, "teams/people/confirm.html", context)


def _back(request: OrganizationRequest, found: Contributor) -> HttpResponse:
    return redirect("person", request.organization.slug, found.id)


_PERSON = "o/<slug:organization>/people/<int:person_id>/"
urlpatterns: list[URLPattern] = [
    path("o/<slug:organization>/people/", people, name="people"),
    path("o/<slug:organization>/people/people.csv", download, name="people_download"),
    path(_PERSON, person, name="person"),
    path(f"{_PERSON}rename/", rename, name="person_rename"),
    path(f"{_PERSON}bot/", bot, name="person_bot"),
    path(f"{_PERSON}split/", split, name="person_split"),
    path(f"{_PERSON}release/", release, name="person_release"),
    *people_merging.urlpatterns,
    *people_suggested.urlpatterns,
]
