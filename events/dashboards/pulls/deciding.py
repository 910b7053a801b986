"""What people say on the pages of pull requests and defects: thin views over `events.actions`."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from events.actions.defects import NotIntegratedError, decide_defect, report_defect
from events.actions.links import correct_class, decide_link, open_prompts
from events.dashboards.pulls.views import open_pull
from events.models import AiClass, DefectLink, PullRequest, SessionLink, Verdict
from events.queries.pull_requests import pull_request_at, reach_of
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries import contributor_of

TAKEN_BACK = ("", "Take back")


class DecisionForm(forms.Form):
    verdict = forms.ChoiceField(choices=[TAKEN_BACK, *Verdict.choices], required=False)
    reason = forms.CharField(max_length=300, required=False)


class ClassForm(forms.Form):
    ai_class = forms.ChoiceField(choices=[TAKEN_BACK, *AiClass.choices], required=False)
    reason = forms.CharField(max_length=300, required=False)


class ReportForm(forms.Form):
    fix = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    reason = forms.CharField(max_length=300)


def _back(request: OrganizationRequest, otherwise: str) -> HttpResponse:
    """To the page that it was said on, if that is one of this organization's."""
    asked = request.POST.get("next", "")
    is_own = asked.startswith(f"/o/{request.organization.slug}/") and url_has_allowed_host_and_scheme(asked, None)
    return redirect(asked if is_own else otherwise)


def _to(request: OrganizationRequest, pull: PullRequest) -> HttpResponse:
    return redirect("pull", request.organization.slug, *pull.repository.full_name.split("/", 1), pull.number)


@never_cache
@require_POST
@organization_view(Permission.SEE_OWN_PULL_REQUESTS)
def decide(request: OrganizationRequest, link: int) -> HttpResponse:
    """Who may open the pull request may say whether a defect is of it."""
    rows = DefectLink.objects.filter(organization=request.organization, id=link).select_related("origin__repository")
    reach = reach_of(request.organization, request.user, request.permissions)
    found, form = rows.first(), DecisionForm(request.POST)
    if found is None or not reach.holds(found.origin.author_id) or not form.is_valid():
        raise Http404
    made = decide_defect(link=found, by=request.user, now=timezone.now(), **form.cleaned_data)
    if made is None:
        messages.info(request, "That was said already.")
    else:
        said = {"confirmed": "Confirmed.", "rejected": "Rejected: it counts nowhere.", "": "Taken back."}
        messages.success(request, said[made.verdict])
    return _back(request, f"/o/{request.organization.slug}/defects/")


@never_cache
@require_POST
@organization_view(Permission.SEE_OWN_PULL_REQUESTS)
def report(request: OrganizationRequest, owner: str, repository: str, number: int) -> HttpResponse:
    pull, form = open_pull(request, owner, repository, number), ReportForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say what is wrong, and the number of the fix as digits. Nothing was reported.")
        return _to(request, pull)
    fix_number = form.cleaned_data["fix"]
    fix = pull_request_at(request.organization, pull.repository.full_name, fix_number) if fix_number else None
    if fix_number and fix is None:
        messages.error(request, f"There is no #{fix_number} in {pull.repository.full_name}. Nothing was reported.")
        return _to(request, pull)
    try:
        report_defect(
            pull_request=pull, fix=fix, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()
        )
        messages.success(request, "Reported. It counts as a confirmed defect of this pull request.")
    except NotIntegratedError as error:
        messages.error(request, f"{error} Nothing was reported.")
    return _to(request, pull)


@never_cache
@require_POST
@organization_view(Permission.SEE_OWN_PULL_REQUESTS)
def correct(request: OrganizationRequest, owner: str, repository: str, number: int) -> HttpResponse:
    pull, form = open_pull(request, owner, repository, number), ClassForm(request.POST)
    if not form.is_valid():
        raise Http404
    made = correct_class(pull_request=pull, by=request.user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, "Corrected." if made else "Nothing to correct: this is how it was.")
    return _to(request, pull)


@never_cache
@require_POST
@organization_view(Permission.SEE_OWN_PULL_REQUESTS)
def session(request: OrganizationRequest, owner: str, repository: str, number: int, session: int) -> HttpResponse:
    pull, form = open_pull(request, owner, repository, number), DecisionForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        made = decide_link(
            pull_request=pull, session_id=session, by=request.user, now=timezone.now(), **form.cleaned_data
        )
    except SessionLink.DoesNotExist:
        raise Http404 from None
    said = {
        "rejected": "Unlinked: it counts nowhere here.",
        "": "Taken back: the evidence decides.",
        "confirmed": "Confirmed.",
    }
    messages.success(request, said[made.verdict] if made else "That was said already.")
    return _to(request, pull)


@never_cache
@require_POST
@organization_view(Permission.SEE_OWN_PULL_REQUESTS)
def prompts(request: OrganizationRequest, owner: str, repository: str, number: int) -> HttpResponse:
    """One's own prompts, to everybody who may open the pull request or to nobody else."""
    pull = open_pull(request, owner, repository, number)
    viewer = contributor_of(request.organization, request.user)
    if viewer is None:
        raise Http404
    is_open = request.POST.get("open") == "yes"
    open_prompts(pull_request=pull, contributor=viewer, is_open=is_open, by=request.user, now=timezone.now())
    shown = "Everybody who may open this page sees your single prompts now."
    messages.success(request, shown if is_open else "Your single prompts are shown to you alone.")
    return _to(request, pull)


_PULL = "o/<slug:organization>/pulls/<str:owner>/<str:repository>/<int:number>"
urlpatterns = [
    path("o/<slug:organization>/defects/<int:link>/", decide, name="defect_decide"),
    path(f"{_PULL}/defect/", report, name="defect_report"),
    path(f"{_PULL}/class/", correct, name="pull_class"),
    path(f"{_PULL}/sessions/<int:session>/", session, name="pull_session"),
    path(f"{_PULL}/prompts/", prompts, name="pull_prompts"),
]
