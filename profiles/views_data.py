"""`/me/data/`: what others see of oneself, a copy of everything, pause, and the end of a session, a day, or all.

Whatever deletes asks first, on a page that says what goes and what stays; nothing changes by opening an address.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.formats import counted
from codecard.lib.limits import Limit
from codecard.lib.periods import today_in
from codecard.lib.tenant import tenant
from events.actions import own_data
from events.actions.corrections import correct_session
from events.actions.own_data import OwnDataRefusedError
from events.models import Deletion, Tombstone
from events.queries.own_sessions import UNKNOWN, own_session, repositories_to_choose
from events.schema import TaskType
from events.tasks import delete_own_data
from profiles import exporting
from profiles.models import Export, ExportState, Profile
from profiles.tasks import judge_badges_of, prepare_export
from profiles.views_me import own_person, user_of
from teams import audit
from teams.models import Contributor, User
from teams.queries import memberships_of, own_people

EXPORTS = Limit("export", most=5, seconds=24 * 3600)
TOO_MANY = "You asked for many copies today. The last one stays; ask again tomorrow."


class Place:
    """One organization, and how things stand there."""

    def __init__(self, person: Contributor, today: date) -> None:
        self.person, self.organization, self.today = person, person.organization, today
        with tenant(person.organization_id):
            memberships = person.team_memberships.select_related("team").order_by("team__name")
            self.teams = [one.team for one in memberships]
            self.paused: Tombstone | None = own_data.paused(self.organization, person)
            rows = Deletion.objects.filter(organization=person.organization_id, contributor_id=person.id)
            self.deletion = rows.first()


@never_cache
@login_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    user, now = user_of(request), timezone.now()
    places = [Place(one, _today(one, now)) for one in own_people(user)]
    export = Export.objects.filter(user=user, asked_at__gt=now - exporting.KEPT).order_by("-asked_at", "-id").first()
    is_moving = any(one.deletion for one in places) or bool(export and export.state in ("waiting", "running"))
    context = {
        "nav": "me",
        "tab": "data",
        "places": places,
        "others": [one.organization for one in memberships_of(user) if one.organization not in _those(places)],
        "export": export,
        "percent": round(100 * export.done / export.of) if export and export.of else 0,
        "is_moving": is_moving,
    }
    return render(request, "profiles/me/data.html", context)


def _those(places: list[Place]) -> list[Any]:
    return [one.organization for one in places]


@never_cache
@login_required
@require_POST
def ask_export(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if not EXPORTS.admits(user.id):
        messages.error(request, TOO_MANY)
        return _back("export")
    export, is_new = exporting.ask_for_export(user=user, now=timezone.now())
    if is_new:
        transaction.on_commit(lambda: prepare_export.delay(export_id=export.id), robust=True)
    messages.success(request, "Your copy is being prepared. You can leave this page; it is kept for seven days.")
    return _back("export")


@never_cache
@login_required
@require_safe
def download(request: HttpRequest, number: int) -> HttpResponseBase:
    rows = Export.objects.filter(id=number, user=user_of(request), state=ExportState.READY)
    export = rows.filter(expires_at__gt=timezone.now()).first()
    if export is None:
        raise Http404
    response = StreamingHttpResponse(exporting.parts_of(export), content_type="application/zip")
    response["Content-Length"] = str(export.size_bytes)
    name = f"code-card-{export.asked_at:%Y-%m-%d}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@never_cache
@login_required
@require_POST
def pause(request: HttpRequest, organization: str) -> HttpResponse:
    return _do(request, organization, own_data.pause, "Paused: nothing of yours is stored until you go on.")


@never_cache
@login_required
@require_POST
def resume(request: HttpRequest, organization: str) -> HttpResponse:
    return _do(request, organization, own_data.resume, "Going on. What happened meanwhile stays out.")


class DayForm(forms.Form):
    day = forms.DateField(label="Day", error_messages={"required": "Choose a day.", "invalid": "Choose a day."})

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not date(2000, 1, 1) <= day <= self.today:
            raise forms.ValidationError("Choose a day up to today.")
        return day


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_day(request: HttpRequest, organization: str) -> HttpResponse:
    me = own_person(request, organization)
    form = DayForm(request.POST or request.GET, today=_today(me, timezone.now()))
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["day"])))
        return _back(organization)
    day = form.cleaned_data["day"]
    if request.method == "POST":
        told = f"{day:%-d %B %Y} is deleted"
        return _delete(request, me, lambda **how: own_data.forget_day(day=day, **how), told)
    question = f"Delete {day:%-d %B %Y}?"
    happens = [
        f"Everything you did on that day in {me.organization.name} goes: sessions, tokens, suggestions, tests, edits.",
        "Numbers of your teams, streaks and badges follow at once.",
        "Pull requests stay, without what sessions told of them.",
        "A tool that sends it again is refused. Nobody can bring it back.",
    ]
    return _ask(request, question, happens, "Delete this day", {"day": day.isoformat()})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_session(request: HttpRequest, organization: str, number: int) -> HttpResponse:
    me = own_person(request, organization)
    if request.method == "POST":
        return _delete(
            request, me, lambda **how: own_data.forget_session(session=number, **how), "The session is deleted",
            reverse("my_sessions") + f"?organization={organization}",
        )  # fmt: skip
    with tenant(me.organization_id):
        if own_session(me.organization_id, me.id, number) is None:
            raise Http404
    happens = [
        "All that happened in it goes. Numbers of your teams, streaks and badges follow at once.",
        "Pull requests that it is linked to stay, without what it told of them.",
        "A tool that sends it again is refused. Nobody can bring it back.",
        "What you do in it from now on is stored again.",
    ]
    cancel = reverse("my_session", args=[organization, number])
    return _ask(request, "Delete this session?", happens, "Delete this session", cancel=cancel)


class CorrectionForm(forms.Form):
    """What holds of a session; empty is as its tool told it."""

    repository = forms.ChoiceField(required=False)
    task = forms.ChoiceField(required=False, choices=[("", ""), *((one.value, one.label) for one in TaskType)])

    def __init__(self, *args: Any, repositories: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["repository"].choices = [("", ""), *((str(number), "") for number in (UNKNOWN, *repositories))]  # type: ignore[attr-defined]


@never_cache
@login_required
@require_POST
def correct(request: HttpRequest, organization: str, number: int) -> HttpResponse:
    me, user = own_person(request, organization), user_of(request)
    back = redirect("my_session", organization, number)
    with tenant(me.organization_id):
        if own_session(me.organization_id, me.id, number) is None:
            raise Http404
        chosen = list(repositories_to_choose(me.organization_id, me.id).values_list("id", flat=True))
    form = CorrectionForm(request.POST, repositories=chosen)
    if not form.is_valid():
        messages.error(request, "Choose a repository and a kind of work from the lists. Nothing was changed.")
        return back
    repository, task = form.cleaned_data["repository"], form.cleaned_data["task"]
    try:
        with audit.from_request(request):
            is_changed = correct_session(
                organization=me.organization, contributor=me, session=number, by=user, now=timezone.now(),
                repository=int(repository) if repository else None, task=TaskType(task) if task else None,
            )  # fmt: skip
    except OwnDataRefusedError as refused:
        messages.error(request, str(refused))
        return back
    if is_changed:
        _show_anew(user)
    messages.success(request, "Saved. Numbers of your teams follow at once." if is_changed else "Nothing to change.")
    return back


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_everything(request: HttpRequest, organization: str) -> HttpResponse:
    me, user = own_person(request, organization), user_of(request)
    error = ""
    if request.method == "POST":
        if request.POST.get("sure", "").strip() == organization:
            return _end(request, me, user)
        error = f"Type {organization} to delete everything. Nothing was changed."
    happens = [
        f"Everything that {me.organization.name} knows of you goes: every session and sum, your names, keys and teams.",
        "Your tools there stop at once. Numbers of your teams, streaks and badges follow.",
        "Pull requests stay the organization’s, without your name, until GitHub tells of them again.",
        "What stays: your account and membership, the audit, and a mark without a name that refuses old data.",
        "Nobody can bring it back. Ask for your copy first, if you want one.",
    ]
    question = f"Delete everything in {me.organization.name}?"
    return _ask(request, question, happens, "Delete everything", sure=organization, error=error)


def _end(request: HttpRequest, me: Contributor, user: User) -> HttpResponse:
    try:
        with audit.from_request(request):
            left = own_data.begin_deletion(organization=me.organization, contributor=me, by=user, now=timezone.now())
    except OwnDataRefusedError as refused:
        messages.error(request, str(refused))
        return _back()
    _follow(user)
    if left is not None:
        delete_own_data.delay(organization_id=me.organization_id)
        messages.success(request, "It is being deleted. Nothing of yours is taken in any more.")
    else:
        messages.success(request, f"Everything of yours in {me.organization.name} is deleted.")
    return _back()


def _delete(
    request: HttpRequest, me: Contributor, forget: Callable[..., int], told: str, back: str = ""
) -> HttpResponse:
    user = user_of(request)
    try:
        with audit.from_request(request):
            facts = forget(organization=me.organization, contributor=me, by=user, now=timezone.now())
    except OwnDataRefusedError as refused:
        messages.error(request, str(refused))
        return redirect(back) if back else _back(me.organization.slug)
    _follow(user)
    messages.success(request, f"{told}: {counted(facts, 'fact')} and their sums are gone.")
    return redirect(back) if back else _back(me.organization.slug)


def _follow(user: User) -> None:
    """Copies that still hold what is gone, and what shows it."""
    exporting.forget_exports(user=user)
    _show_anew(user)


def _show_anew(user: User) -> None:
    """What rests on the data: badges, and what caches show of the profile."""
    Profile.objects.filter(user=user).update(changed_at=timezone.now(), taken_back_at=timezone.now())
    judge_badges_of.delay(user_id=user.id)


def _do(request: HttpRequest, slug: str, action: Callable[..., bool], told: str) -> HttpResponse:
    me = own_person(request, slug)
    try:
        with audit.from_request(request):
            action(organization=me.organization, contributor=me, by=user_of(request), now=timezone.now())
        messages.success(request, told)
    except OwnDataRefusedError as refused:
        messages.error(request, str(refused))
    return _back(slug)


def _ask(
    request: HttpRequest,
    question: str,
    happens: list[str],
    button: str,
    sent: dict[str, str] | None = None,
    *,
    sure: str = "",
    error: str = "",
    cancel: str = "",
) -> HttpResponse:
    context = {
        "nav": "me", "tab": "data", "question": question, "happens": happens, "button": button, "sent": sent or {},
        "sure": sure, "error": error, "cancel": cancel or reverse("my_data"),
    }  # fmt: skip
    return render(request, "profiles/me/confirm.html", context, status=400 if error else 200)


def _back(place: str = "") -> HttpResponse:
    return redirect(reverse("my_data") + (f"#{place}" if place else ""))


def _today(person: Contributor, now: datetime) -> date:
    return today_in(ZoneInfo(person.time_zone or person.organization.time_zone), now=now)


urlpatterns = [
    path("me/data/", data, name="my_data"),
    path("me/data/export/", ask_export, name="my_export"),
    path("me/data/export/<int:number>.zip", download, name="my_download"),
    path("me/data/<slug:organization>/pause/", pause, name="my_pause"),
    path("me/data/<slug:organization>/resume/", resume, name="my_resume"),
    path("me/data/<slug:organization>/day/", delete_day, name="my_day"),
    path("me/data/<slug:organization>/everything/", delete_everything, name="my_everything"),
    path("me/sessions/<slug:organization>/<int:number>/correct/", correct, name="my_session_correct"),
    path("me/sessions/<slug:organization>/<int:number>/delete/", delete_session, name="my_session_delete"),
]
