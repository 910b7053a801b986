"""The list of pull requests: its filters and rows. Context declared in templates/events/pulls.html."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms

from codecard.lib.formats import duration
from events.dashboards.pulls.badges import Badge, class_badge
from events.dashboards.pulls.page import Stages, latency_words, stages_of
from events.dashboards.pulls.traces import lag_words
from events.dashboards.pulls.words import STAGES, TASK_TYPES, TIERS, task_type
from events.models import AiClass, ChangeClass, LatencyState, PullRequest, PullRequestState, SizeStratum, Tier
from events.queries.people import Group, groups_of
from events.queries.pull_requests import (
    COUNTED_TIERS,
    MOST_COUNTED,
    PullFilter,
    PullRow,
    page_of,
    reach_of,
    repositories_of,
)
from teams.forms.selects import LongSelect
from teams.permissions import OrganizationRequest, Permission
from teams.queries import teams_led_by

PERIODS: Final = {"7d": 7, "28d": 28, "91d": 91, "365d": 365}
LAST_PAGE: Final = 100_000
DEFECTS: Final = (
    ("escaped", "Escaped"), ("confirmed", "Confirmed"), ("probable", "Probable"), ("possible", "Possible"),
    ("none", "None known"),
)  # fmt: skip


def choices(first: str, *choices: tuple[Any, str]) -> list[tuple[str, str]]:
    return [("", first), *((str(value), label) for value, label in choices)]


def select(label: str, *options: tuple[Any, str], nothing: str = "Any") -> forms.ChoiceField:
    """A filter that asks for nothing at first. Its widget is quicker than Django's, of which a page has ten."""
    return forms.ChoiceField(label=label, required=False, widget=LongSelect, choices=choices(nothing, *options))


class PullFilterForm(forms.Form):
    """Of the query string. What can't be read is named, and left out of the question."""

    team = select("Team")
    repo = select("Repository")
    state = select("State", *PullRequestState.choices)
    ai = select("AI", *AiClass.choices)
    task = select("Task type", *TASK_TYPES.items())
    size = select("Size", *SizeStratum.choices)
    kind = select("Change", *ChangeClass.choices)
    defect = select("Defect", *DEFECTS)
    p = select("Opened", *((key, f"Last {days} days") for key, days in PERIODS.items()), nothing="Any time")
    mine = forms.BooleanField(label="Mine only", required=False)

    def __init__(self, data: Any, groups: Sequence[Group], repositories: Sequence[tuple[int, str]]) -> None:
        super().__init__(data)
        self.groups = {group.slug: group for group in groups}
        self._set("team", choices("Any", *((group.slug, group.name) for group in groups)))
        self._set("repo", choices("Any", *repositories))

    def _set(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def wanted(self, zone: ZoneInfo, now: datetime) -> PullFilter:
        self.is_valid()
        kept = self.cleaned_data
        group = self.groups.get(kept.get("team", ""))
        return PullFilter(
            is_mine=kept.get("mine", False),
            people=group.people if group else None,
            repository_id=int(kept["repo"]) if kept.get("repo") else None,
            state=kept.get("state", ""),
            ai_class=kept.get("ai", ""),
            task_type=kept.get("task", ""),
            size=int(kept["size"]) if kept.get("size") else None,
            change_class=kept.get("kind", ""),
            defect=kept.get("defect", ""),
            opened=(since(kept.get("p", ""), zone, now), None),
        )

    @property
    def asked(self) -> dict[str, str]:
        """The filters that were set."""
        self.is_valid()
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


def since(period: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Midnight in the zone, so many days ago."""
    if period not in PERIODS:
        return None
    return datetime.combine(now.astimezone(zone).date() - timedelta(days=PERIODS[period]), time(), zone)


@dataclass(frozen=True, slots=True)
class Row:
    pull: PullRequest
    badge: Badge
    stages: Stages | None
    time_words: str
    """How long it took, or why that isn't known."""
    is_timed: bool
    defect: tuple[str, str, str] | None
    """CSS, tier, and how much later."""

    @property
    def name(self) -> str:
        return self.pull.title or self.pull.head_branch or "Pull request"

    @property
    def task(self) -> str:
        return task_type(self.pull.task_type) if self.pull.task_type else ""

    @property
    def size(self) -> str:
        return SizeStratum(self.pull.size).label if self.pull.size else ""


def row_of(found: PullRow) -> Row:
    pull, latency = found.pull_request, found.latency
    stages = stages_of(latency)
    is_timed = latency is not None and latency.state == LatencyState.MEASURED and latency.seconds is not None
    words = duration(latency.seconds) if is_timed and latency and latency.seconds is not None else _short_state(found)
    defect = None
    if found.defects:
        first = found.defects[0]
        css, tier = TIERS[Tier(first.tier)]
        defect = (css, tier, lag_words(first.lag_seconds))
    return Row(pull, class_badge(pull), stages, words, is_timed, defect)


def _short_state(found: PullRow) -> str:
    if found.latency is None:
        return "not judged yet"
    return {
        LatencyState.NO_PROMPT: "no linked prompt", LatencyState.NEGATIVE: "prompt after the merge",
        LatencyState.PENDING: "still open", LatencyState.CLOSED: "closed", LatencyState.LEFT_OUT: "doesn’t count",
    }.get(LatencyState(found.latency.state), latency_words(found.latency))  # fmt: skip


def teams_to_filter(request: OrganizationRequest) -> list[Group]:
    """Teams with so many people that the filter isn't one by author. Leads are offered those that they lead."""
    floor, organization = request.organization.privacy_floor, request.organization
    groups = [group for group in groups_of(organization.id) if len(group.people) >= floor]
    if Permission.SEE_PULL_REQUESTS in request.permissions:
        return groups
    led = teams_led_by(organization, request.user)
    return [group for group in groups if group.id in led]


def filter_of(request: OrganizationRequest) -> PullFilterForm:
    return PullFilterForm(request.GET, teams_to_filter(request), repositories_of(request.organization))


def page_number(text: str) -> int:
    return min(int(text), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 8 and int(text) else 1


def listing_context(request: OrganizationRequest, now: datetime) -> dict[str, Any]:
    organization, zone = request.organization, ZoneInfo(request.organization.time_zone)
    form = filter_of(request)
    reach = reach_of(organization, request.user, request.permissions)
    found = page_of(organization, reach, form.wanted(zone, now), page_number(request.GET.get("page", "")))
    first = (found.number - 1) * 50 + 1
    return {
        "nav": "pulls",
        "form": form,
        "is_filtered": bool(form.asked),
        "rows": [row_of(row) for row in found.rows],
        "found": found,
        "first": first,
        "last": first + len(found.rows) - 1,
        "zone": zone,
        "has_repositories": len(form.fields["repo"].choices) > 1,  # type: ignore[attr-defined]
        "sees_all": reach.authors is None,
        "most": MOST_COUNTED,
        "stage_legend": [(words.label, words.colour) for words in STAGES.values()],
        "github_settings": f"/o/{organization.slug}/settings/github/",
        "leads": Permission.SEE_TEAM_PULL_REQUESTS in request.permissions,
    }


def is_escaped(found: PullRow) -> bool:
    return any(link.tier in COUNTED_TIERS for link in found.defects)
