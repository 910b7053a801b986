"""Defects and what they are traced to: the list of traces, and how often each kind of work let one escape. All inside
the tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import Count, Q, QuerySet

from events.models import AiClass, DefectDecision, DefectLink, Escape, EscapeState
from events.queries.pull_requests import MOST_COUNTED, PAGE, Reach
from teams.models import Identity, Organization

HORIZON_DAYS: Final = 30
"""The headline's window."""
COUNTED: Final = (EscapeState.PROBABLE, EscapeState.CONFIRMED)
UNDECIDED: Final = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectFilter:
    """All of them together; what is None or empty asks for nothing. `people`: the contributors of a team. `decision`:
    confirmed, rejected, or "undecided". `since` and `until`: of detection, half-open."""

    people: frozenset[int] | None = None
    repository_id: int | None = None
    tier: str = ""
    decision: str = ""
    since: datetime | None = None
    until: datetime | None = None


class TracePage(NamedTuple):
    links: list[DefectLink]
    decisions: dict[tuple[str, int], DefectDecision]
    """The newest one of each defect's key and origin."""
    number: int
    total: int | None
    """None: more than are counted."""
    has_next: bool


def traces_page(organization: Organization, reach: Reach, wanted: DefectFilter, number: int) -> TracePage:
    """One page, from 1 on, the newest defect first. Indexes: defect_by_time, defect_link_once."""
    ids = traces(organization, reach, wanted).values_list("id", flat=True)
    start = (number - 1) * PAGE
    is_counted = start + PAGE <= MOST_COUNTED
    found = list(ids[: MOST_COUNTED + 1] if is_counted else ids[start : start + PAGE + 1])
    here = found[start : start + PAGE] if is_counted else found[:PAGE]
    links = traces_at(organization, here)
    more = len(found) > (start + PAGE if is_counted else PAGE)
    total = len(found) if is_counted and len(found) <= MOST_COUNTED else None
    return TracePage(links, _decisions(organization, links), number, total, more)


def traces(organization: Organization, reach: Reach, wanted: DefectFilter) -> QuerySet[DefectLink]:
    """The newest defect first. Indexes: defect_by_time, defect_link_once."""
    rows = reach.of(DefectLink.objects.filter(organization=organization), "origin__author")
    rows = rows.filter(defect__is_cancelled=False).order_by("-defect__detected_at", "-id")
    exact = {
        "defect__repository": wanted.repository_id, "tier": wanted.tier, "defect__detected_at__gte": wanted.since,
        "defect__detected_at__lt": wanted.until,
        "origin__author__in": _names(organization, wanted.people),
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in exact.items() if value not in (None, "")})
    if wanted.decision:
        rows = rows.filter(decision="" if wanted.decision == UNDECIDED else wanted.decision)
    return rows


def _names(organization: Organization, people: frozenset[int] | None) -> list[int] | None:
    if people is None:
        return None
    names = Identity.objects.filter(organization=organization, contributor__in=sorted(people))
    return list(names.values_list("id", flat=True))


def traces_at(organization: Organization, ids: Sequence[int]) -> list[DefectLink]:
    """With all that is told of them, in the order of the ids."""
    rows = DefectLink.objects.filter(organization=organization, id__in=ids).select_related(
        "defect__issue", "defect__fix__repository", "defect__incident", "origin__repository"
    )
    found = {row.id: row for row in rows.defer("origin__files", "origin__stated", "defect__fix__files")}
    return [found[one] for one in ids if one in found]


def _decisions(organization: Organization, links: Sequence[DefectLink]) -> dict[tuple[str, int], DefectDecision]:
    """Index: defect_decision_newest."""
    rows = DefectDecision.objects.filter(organization=organization, origin__in=[one.origin_id for one in links])
    rows = rows.select_related("decided_by").order_by("decided_at", "id")
    return {(row.defect_key, row.origin_id): row for row in rows}


class TaskRate(NamedTuple):
    task_type: str
    n: int
    k: int


def rates_by_task(
    organization: Organization, reach: Reach, wanted: DefectFilter, *, since: datetime, now: datetime
) -> list[TaskRate]:
    """Of AI-assisted pull requests whose window has elapsed since then, how many let a confirmed or probable defect
    escape; the most frequent kind of work first. Indexes: pull_request_by_integrated, escape_horizon."""
    rows = reach.of(Escape.objects.filter(organization=organization, horizon_days=HORIZON_DAYS), "pull_request__author")
    rows = rows.filter(due_at__lte=now, pull_request__ai_class=AiClass.AI).exclude(state=EscapeState.LEFT_OUT)
    exact = {
        "pull_request__repository": wanted.repository_id,
        "pull_request__integrated_at__gte": since - timedelta(days=HORIZON_DAYS),
        "pull_request__author__in": _names(organization, wanted.people),
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    counted = rows.values_list("pull_request__task_type").annotate(
        n=Count("id"), k=Count("id", filter=Q(state__in=COUNTED))
    )
    return sorted((TaskRate(*row) for row in counted), key=lambda row: (-row.n, row.task_type))
