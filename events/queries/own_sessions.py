"""One person's own sessions, for the person alone: the list, and one of them opened. Inside the tenant."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from events.models import Dimension, DimensionKind, PullRequest, Repository, Session, SessionLink
from events.queries.pull_request_timeline import MOST_EVENTS, Slice, TimelineEvent, timeline_of

PAGE = 30
UNKNOWN: Final = 0
_NAMED = (
    DimensionKind.TOOL, DimensionKind.REPOSITORY, DimensionKind.BRANCH, DimensionKind.MODEL, DimensionKind.LANGUAGE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnSession:
    """`repository` and `branch` "" where they aren't known; `told_repository` is the tool's where the person said
    another. `pulls`: those that it is linked to."""

    session: Session
    tool: str
    repository: str
    branch: str
    told_repository: str
    pulls: list[PullRequest]

    @property
    def tokens(self) -> int:
        one = self.session
        return one.input_tokens + one.output_tokens + one.cache_read_tokens + one.cache_write_tokens

    @property
    def accepted(self) -> int:
        one = self.session
        return one.accepted + one.auto_accepted + one.completions_accepted

    @property
    def rejected(self) -> int:
        one = self.session
        return one.rejected + one.auto_rejected + one.completions_rejected

    @property
    def cost_micros(self) -> int:
        return self.session.cost_given_micros + self.session.cost_estimated_micros


@dataclass(frozen=True, slots=True)
class SessionPage:
    page: Page[Session]
    rows: list[OwnSession]


def own_sessions_page(organization_id: int, person: int, number: str) -> SessionPage:
    """The newest first. Index session_by_day (organization_id, started_on, contributor_id)."""
    rows = Session.objects.filter(organization=organization_id, contributor_id=person, is_instance=False)
    page = Paginator(rows.order_by("-started_on", "-started_at", "-id"), PAGE).get_page(number)
    return SessionPage(page, _told(organization_id, list(page.object_list)))


def own_session(organization_id: int, person: int, number: int) -> OwnSession | None:
    """None where there is none of that number, or it is somebody else's."""
    rows = Session.objects.filter(organization=organization_id, contributor_id=person, is_instance=False, id=number)
    return next(iter(_told(organization_id, list(rows))), None)


def _told(organization_id: int, sessions: list[Session]) -> list[OwnSession]:
    numbers = {
        number for one in sessions for number in (one.tool_id, one.repository_id, one.branch_id, one.repository_as_told)
    }
    names = names_of(organization_id, numbers)
    links = SessionLink.objects.filter(organization=organization_id, session__in=[one.id for one in sessions])
    pulls: dict[int, list[PullRequest]] = {}
    for link in links.select_related("pull_request__repository").order_by("pull_request_id"):
        pulls.setdefault(link.session_id, []).append(link.pull_request)
    return [
        OwnSession(
            one, names.get(one.tool_id, ""), names.get(one.repository_id, ""), names.get(one.branch_id, ""),
            names.get(one.repository_as_told, ""), pulls.get(one.id, []),
        )
        for one in sessions
    ]  # fmt: skip


def repositories_to_choose(organization_id: int, person: int) -> QuerySet[Dimension, Any]:
    """Those of the organization that are connected, and those that the person's own sessions were told to be in."""
    connected = Repository.objects.filter(organization=organization_id).values("dimension_id")
    own = Session.objects.filter(organization=organization_id, contributor_id=person).values("repository_id")
    told = Session.objects.filter(organization=organization_id, contributor_id=person, told_repository_id__gt=0)
    named = Dimension.objects.filter(organization=organization_id, kind=DimensionKind.REPOSITORY)
    chosen = named.filter(id__in=connected) | named.filter(id__in=own)
    return (chosen | named.filter(id__in=told.values("told_repository_id"))).order_by("value")


def names_of(organization_id: int, numbers: set[int]) -> dict[int, str]:
    named = Dimension.objects.filter(organization=organization_id, id__in=sorted(numbers), kind__in=_NAMED)
    return dict(named.values_list("id", "value"))


def own_timeline(organization_id: int, session: Session) -> tuple[list[TimelineEvent], bool]:
    """What happened in it, oldest first; and whether that is not all: events are kept for a while, and many are cut."""
    whole = Slice(session.id, session.started_at, session.ended_at + timedelta(microseconds=1))
    events = timeline_of(organization_id, [whole])
    return events, len(events) >= MOST_EVENTS
