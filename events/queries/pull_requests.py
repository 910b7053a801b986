"""Pull requests that somebody may open, and the list of them. All inside the tenant.

A pull request is a work item. Who opened it decides who may open its page, and nothing else: there is no filter, order
or group by author, except for oneself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from events.models import (
    DefectLink,
    Dimension,
    DimensionKind,
    Latency,
    PullRequest,
    Repository,
    RepositoryName,
    RepositoryState,
    Tier,
    Verdict,
)
from teams.models import Identity, Organization, User
from teams.permissions import Permission
from teams.queries import teams_led_by

PAGE: Final = 50
MOST_COUNTED: Final = 500
"""Up to here a list says how many there are; beyond it says "more than", since counting reads them all."""
COUNTED_TIERS: Final = (Tier.CONFIRMED, Tier.PROBABLE)
# What a list shows. The numbers of every file of a change would be as long as the rest of the page.
_SHOWN = (
    *("organization", "number", "title", "head_branch", "state", "is_draft", "opened_at", "merged_at", "closed_at"),
    *("integrated_at", "additions", "deletions", "size", "change_class", "task_type", "ai_class"),
    "repository__full_name",
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose pull requests somebody may open, by the names (identities) of those who opened them. `authors` None:
    everybody's. `own`: the names of oneself."""

    authors: frozenset[int] | None
    own: frozenset[int]

    def of(self, rows: QuerySet[Any], author: str = "author") -> QuerySet[Any]:
        """`author`: the look-up from a row to the name."""
        return rows if self.authors is None else rows.filter(**{f"{author}__in": sorted(self.authors)})

    def holds(self, author_id: int | None) -> bool:
        return self.authors is None or author_id in self.authors


def reach_of(organization: Organization, user: User, permissions: Iterable[Permission]) -> Reach:
    """Developers: their own. Leads: those of the people in the teams they lead as well. Admins: all.

    What was opened by a name that belongs to nobody, or to nobody in a team, is in the reach of admins alone: nothing
    says that it is of a lead's team.
    """
    granted = set(permissions)
    names = Identity.objects.filter(organization=organization)
    own = frozenset(names.filter(contributor__user=user).values_list("id", flat=True))
    if Permission.SEE_PULL_REQUESTS in granted:
        return Reach(None, own)
    if Permission.SEE_TEAM_PULL_REQUESTS in granted and (led := teams_led_by(organization, user)):
        people = names.filter(contributor__team_memberships__team__in=sorted(led))
        return Reach(own | frozenset(people.values_list("id", flat=True)), own)
    return Reach(own, own)


@dataclass(frozen=True, slots=True, kw_only=True)
class PullFilter:
    """All of them together; what is None or empty asks for nothing. `people`: the contributors of a team. `opened`
    half-open. `defect`: a tier, "escaped" (confirmed or probable), or "none"."""

    is_mine: bool = False
    people: frozenset[int] | None = None
    repository_id: int | None = None
    state: str = ""
    ai_class: str = ""
    task_type: str = ""
    size: int | None = None
    change_class: str = ""
    defect: str = ""
    opened: tuple[datetime | None, datetime | None] = (None, None)


def filtered(organization: Organization, reach: Reach, wanted: PullFilter) -> QuerySet[PullRequest]:
    """The newest first. Index: pull_request_by_opened, which holds all columns that are asked here."""
    rows = reach.of(PullRequest.objects.filter(organization=organization)).order_by("-opened_at", "-id")
    exact = {
        "repository": wanted.repository_id, "state": wanted.state, "ai_class": wanted.ai_class, "size": wanted.size,
        "task_type": wanted.task_type, "change_class": wanted.change_class,
        "opened_at__gte": wanted.opened[0], "opened_at__lt": wanted.opened[1],
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in exact.items() if value not in (None, "")})
    if wanted.is_mine:
        rows = rows.filter(author__in=sorted(reach.own))
    if wanted.people is not None:
        names = Identity.objects.filter(organization=organization, contributor__in=sorted(wanted.people))
        rows = rows.filter(author__in=list(names.values_list("id", flat=True)))
    return _with_defect(rows, organization, wanted.defect) if wanted.defect else rows


def _with_defect(rows: QuerySet[PullRequest], organization: Organization, defect: str) -> QuerySet[PullRequest]:
    """Index: defect_link_of_origin."""
    links = standing(DefectLink.objects.filter(organization=organization, origin=OuterRef("id")))
    if defect == "none":
        return rows.filter(~Exists(links))
    return rows.filter(Exists(links.filter(tier__in=COUNTED_TIERS if defect == "escaped" else [defect])))


def standing(links: QuerySet[DefectLink]) -> QuerySet[DefectLink]:
    """Those that no person rejected, of defects that no revert of a revert took back."""
    return links.exclude(decision=Verdict.REJECTED).filter(defect__is_cancelled=False)


class PullRow(NamedTuple):
    pull_request: PullRequest
    latency: Latency | None
    defects: list[DefectLink]
    """Standing ones, the most certain first."""


class PullPage(NamedTuple):
    rows: list[PullRow]
    number: int
    total: int | None
    """None: more than `MOST_COUNTED`."""
    has_next: bool


def page_of(organization: Organization, reach: Reach, wanted: PullFilter, number: int) -> PullPage:
    """One page, from 1 on. One scan of the index finds the page and counts as far as counting goes; whole rows are
    read of the page alone."""
    ids = filtered(organization, reach, wanted).values_list("id", flat=True)
    start = (number - 1) * PAGE
    if start + PAGE > MOST_COUNTED:
        found = list(ids[start : start + PAGE + 1])
        return PullPage(rows_of(organization, found[:PAGE]), number, None, len(found) > PAGE)
    found = list(ids[: MOST_COUNTED + 1])
    total = len(found) if len(found) <= MOST_COUNTED else None
    return PullPage(rows_of(organization, found[start : start + PAGE]), number, total, len(found) > start + PAGE)


def rows_of(organization: Organization, ids: list[int]) -> list[PullRow]:
    """In the order of the ids. Three statements, whatever their number."""
    rows = PullRequest.objects.filter(organization=organization, id__in=ids).select_related("repository")
    pulls = {row.id: row for row in rows.only(*_SHOWN)}
    times = Latency.objects.filter(organization=organization, pull_request__in=ids)
    latencies = {row.pull_request_id: row for row in times}
    links: dict[int, list[DefectLink]] = {}
    for link in standing(DefectLink.objects.filter(organization=organization, origin__in=ids)).order_by("id"):
        links.setdefault(link.origin_id, []).append(link)
    order = list(Tier)
    return [
        PullRow(
            pulls[one], latencies.get(one), sorted(links.get(one, ()), key=lambda link: order.index(Tier(link.tier)))
        )
        for one in ids
        if one in pulls
    ]


def count_opened(organization: Organization, reach: Reach, since: datetime) -> int:
    """How many were opened since, counted as far as counting goes."""
    rows = filtered(organization, reach, PullFilter(opened=(since, None)))
    return rows.order_by()[: MOST_COUNTED + 1].count()


def repositories_of(organization: Organization) -> list[tuple[int, str]]:
    """Id and name of those that are read, by name."""
    rows = Repository.objects.filter(organization=organization, is_tracked=True).order_by("full_name", "id")
    return list(rows.values_list("id", "full_name"))


class NamedRepository(NamedTuple):
    id: int
    full_name: str
    key: str
    """By which numbers are asked: `repo=` of a metric."""


def named_repositories(organization: Organization) -> list[NamedRepository]:
    """Those that are read, by name."""
    key = Dimension.objects.filter(organization=organization, id=OuterRef("dimension_id")).values("value")[:1]
    rows = Repository.objects.filter(organization=organization, is_tracked=True).annotate(key=Subquery(key))
    return [NamedRepository(*row) for row in rows.order_by("full_name", "id").values_list("id", "full_name", "key")]


def pull_request_at(organization: Organization, full_name: str, number: int) -> PullRequest | None:
    """By the repository's present name, or one that it had before. Index: pull_request_number."""
    if "\x00" in full_name:
        return None
    rows = Repository.objects.filter(organization=organization)
    named = sorted(rows.filter(full_name__iexact=full_name), key=lambda one: (_is_vanished(one), -one.id))
    found = named[0] if named else _formerly(organization, full_name)
    if found is None:
        return None
    pulls = PullRequest.objects.filter(organization=organization, repository=found, number=number)
    return pulls.select_related("repository", "author__contributor").first()


def _is_vanished(repository: Repository) -> bool:
    """Another may have its name now."""
    return repository.state == RepositoryState.VANISHED


def _formerly(organization: Organization, full_name: str) -> Repository | None:
    """Indexes: dimension_value, repository_name_once."""
    numbers = Dimension.objects.filter(
        organization=organization, kind=DimensionKind.REPOSITORY, value=f"github.com/{full_name.lower()}"
    )
    names = RepositoryName.objects.filter(organization=organization, dimension_id__in=numbers.values("id"))
    return Repository.objects.filter(organization=organization, names__in=names).first()
