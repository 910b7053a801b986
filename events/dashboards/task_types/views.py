"""Settings of task types. All buttons send the whole form; only saving and undoing keep anything."""

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.limits import Limit
from events.actions.task_types import RulesClashError, change_task_type_rules
from events.dashboards.task_types import words
from events.dashboards.task_types.drafts import Draft
from events.pulls.retyping import preview
from events.queries.task_types import progress
from events.task_types import TABLE, Rule, rules_of
from events.task_types.rules import CHOICES, MOST_RULES, RulesError, fingerprint, rules_before
from events.tasks import ask_to_judge
from teams.models import Organization
from teams.permissions import OrganizationRequest, Permission, organization_view

MAY = organization_view(Permission.MANAGE_SETTINGS)
LOOKS = Limit("task-types-look", most=60, seconds=600)
TOO_OFTEN = "You looked very often within ten minutes. Nothing was saved; wait a little."
LOOK_AGAIN = "This is what would change now. Nothing is saved yet."
NOT_YET = "Nothing was saved: the rules can't be kept as they are. What is wrong stands beside it."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@MAY
def overview(request: OrganizationRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, Draft.of(rules_of(request.organization)))
    draft, do = Draft.read(request.POST), request.POST.get("do", "")
    if do == "save" and not draft.errors and draft.is_seen:
        return _save(request, draft)
    return _page(request, draft, looks=do in {"look", "save", "reset"}, notice=LOOK_AGAIN if do == "save" else "")


def _save(request: OrganizationRequest, draft: Draft) -> HttpResponse:
    try:
        _change(request, draft.rules, draft.shown)
    except (RulesError, RulesClashError) as error:
        # Who saves once more, after reading this and what holds now, means it.
        request.organization.settings = Organization.objects.get(id=request.organization.id).settings
        again = draft._replace(shown=fingerprint(rules_of(request.organization)))
        return _page(request, again, notice=str(error), is_refused=True, looks=True)
    return redirect("settings_task_types", request.organization.slug)


@never_cache
@require_POST
@MAY
def undo(request: OrganizationRequest) -> HttpResponse:
    """Back to the rules before the last change; once more, and it is done again."""
    before = rules_before(request.organization)
    if before is None:
        messages.info(request, "There is nothing to undo.")
    else:
        try:
            _change(request, before, request.POST.get("shown", ""))
        except RulesClashError:
            messages.error(request, "Somebody else changed the rules meanwhile. Nothing was undone.")
    return redirect("settings_task_types", request.organization.slug)


def _change(request: OrganizationRequest, rules: list[Rule], shown: str) -> None:
    organization = request.organization
    is_changed = change_task_type_rules(
        organization=organization, rules=rules, shown=shown, by=request.user, now=timezone.now()
    )
    if is_changed:
        transaction.on_commit(partial(ask_to_judge, organization.id), robust=True)
    saved = "Saved. Pull requests are read again now." if is_changed else "Nothing to save: this is how it was."
    messages.success(request, saved)


@never_cache
@require_safe
@MAY
def how_far(request: OrganizationRequest) -> HttpResponse:
    return render(request, "events/task_types/_progress.html", {"progress": progress(request.organization)})


def _page(
    request: OrganizationRequest, draft: Draft, *, looks: bool = False, notice: str = "", is_refused: bool = False
) -> HttpResponse:
    stand, rules = rules_of(request.organization), draft.rules
    may_look = looks and not draft.errors and LOOKS.admits(request.user.id)
    found = preview(request.organization.id, rules) if may_look else None
    if looks and not may_look:
        notice, is_refused = NOT_YET if draft.errors else TOO_OFTEN, True
    context = {
        "nav": "settings",
        "section": "task_types",
        "lines": draft.lines,
        "too_many": draft.too_many,
        "has_room": draft.has_room,
        "most": MOST_RULES,
        "choices": CHOICES,
        "shown": draft.shown,
        "seen": fingerprint(rules) if found else "",
        "is_unsaved": draft.errors or rules != stand,
        "preview": found,
        "changes": words.changes(found) if found else [],
        "answer": words.answer(draft.path, rules) if draft.path else None,
        "path": draft.path,
        "before": rules_before(request.organization),
        "standing": stand,
        "stand": fingerprint(stand),
        "progress": progress(request.organization),
        "table": TABLE,
        "notice": notice,
        "is_refused": is_refused,
    }
    return render(request, "events/task_types/page.html", context, status=_status(draft, is_refused))


def _status(draft: Draft, is_refused: bool) -> int:
    return 400 if draft.errors or is_refused else 200


_AT = "o/<slug:organization>/settings/task-types/"
urlpatterns = [
    path(_AT, overview, name="settings_task_types"),
    path(f"{_AT}undo/", undo, name="settings_task_types_undo"),
    path(f"{_AT}progress/", how_far, name="settings_task_types_progress"),
]
