"""`/api/v1/pulls/` and `/api/v1/defects/`: work items that the reader may open, without authors.

Work facts only: no tokens, no cost, no prompt or session of anybody.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import Throttled, ValidationError

from codecard.lib.limits import Limit
from codecard.lib.tenant import tenant
from events.api.query.cursors import PARAMETERS, page_json, page_of
from events.api.query.parameters import Parameters
from events.api.query.pull_rows import (
    DEFECT_COLUMNS,
    PULL_COLUMNS,
    cells,
    defect_json,
    pull_detail_json,
    pull_json,
)
from events.api.query.views import CSV, QueryView, Table, TableView
from events.api.schema import document_defects, document_pull, document_pulls
from events.models import AiClass, PullRequest, PullRequestState, Tier, Verdict
from events.queries.defects import UNDECIDED, DefectFilter, traces, traces_at
from events.queries.pull_request_page import facts_of
from events.queries.pull_requests import (
    PullFilter,
    Reach,
    filtered,
    named_repositories,
    reach_of,
    rows_of,
)
from events.task_types import TaskType
from teams import audit
from teams.keys import Scope
from teams.readers import Reader

ME: Final = "me"
DOWNLOADS = Limit("pulls-download", most=30, seconds=3600)
BATCH = 500


def reach_from(reader: Reader) -> Reach:
    """A token of the organization itself opens what admins open, and is nobody."""
    if reader.user is None:
        return Reach(None, frozenset())
    return reach_of(reader.organization, reader.user, reader.permissions)


Read = Callable[[list[int]], list[dict[str, Any]]]
"""Rows of ids, in their order. Inside the tenant."""


class _ListView(TableView):
    """A list by cursor, or all of it as a file; that one was taken stands in the audit as `action`."""

    scope = Scope.PULLS
    columns: ClassVar[Sequence[str]] = ()
    action: ClassVar[str] = ""

    def table(self, reader: Reader, asked: Parameters, rows: QuerySet[Any], at: str, read: Read) -> Table:
        if self.request.accepted_renderer.format == CSV:
            return self._file(reader, asked, rows, read)
        page = page_of(rows, at, asked)
        return Table(lambda: page_json(self.request._request, page, read(page.ids)), "", self.columns, lambda: ())

    def _file(self, reader: Reader, asked: Parameters, rows: QuerySet[Any], read: Read) -> Table:
        if named := [name for name in PARAMETERS if asked.has(name)]:
            raise ValidationError({named[0]: "A file has no pages: it holds all rows."})
        organization = reader.organization
        if not DOWNLOADS.admits(reader.name):
            raise Throttled(DOWNLOADS.seconds, "Too many files within an hour.")
        audit.record(organization, self.action, organization, by=reader.user, now=timezone.now(), filters=asked.given())
        ids = list(rows.values_list("id", flat=True))
        name = f"{self.action.partition('.')[0]}-{organization.slug}"
        return Table(lambda: None, name, self.columns, partial(_batches, organization.id, ids, read, self.columns))


def _batches(organization_id: int, ids: list[int], read: Read, columns: Sequence[str]) -> Iterator[list[object]]:
    """Read while the answer is sent. Opens the tenant itself, for each batch."""
    for start in range(0, len(ids), BATCH):
        with tenant(organization_id):
            rows = read(ids[start : start + BATCH])
        yield from (cells(row, columns) for row in rows)


@document_pulls
class PullsView(_ListView):
    """The newest first. `author=me` leaves one's own; no other author can be asked for."""

    columns, action = PULL_COLUMNS, "pull_requests.downloaded"
    known = ("state", "task", "repository", "ai_class", "author", "since", "until", *PARAMETERS)

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> Table:
        organization, reach = reader.organization, reach_from(reader)
        rows = filtered(organization, reach, pull_filter(reader, asked))
        return self.table(reader, asked, rows, "opened_at", partial(_pulls, reader, reach))


def pull_filter(reader: Reader, asked: Parameters) -> PullFilter:
    zone = ZoneInfo(reader.organization.time_zone)
    is_mine = bool(asked.choice("author", [ME]))
    if is_mine and reader.user is None:
        raise ValidationError({"author": "A token of the organization is nobody: `me` is of a person's token."})
    return PullFilter(
        is_mine=is_mine,
        repository_id=repository_id(reader, asked),
        state=asked.choice("state", PullRequestState.values),
        ai_class=asked.choice("ai_class", AiClass.values),
        task_type=asked.choice("task", [task.value for task in TaskType]),
        opened=(asked.midnight("since", zone), asked.midnight("until", zone)),
    )


def repository_id(reader: Reader, asked: Parameters) -> int | None:
    if not asked.has("repository"):
        return None
    known = {one.full_name.lower(): one.id for one in named_repositories(reader.organization)}
    found = known.get(asked.text("repository").lower())
    if found is None:
        raise ValidationError({"repository": "No connected repository has this name: see /api/v1/repositories/."})
    return found


def _pulls(reader: Reader, reach: Reach, ids: list[int]) -> list[dict[str, Any]]:
    own = own_ids(reach, reader, ids)
    return [pull_json(row, is_mine=row.pull_request.id in own) for row in rows_of(reader.organization, ids)]


def own_ids(reach: Reach, reader: Reader, ids: list[int]) -> set[int]:
    if not reach.own:
        return set()
    rows = PullRequest.objects.filter(organization=reader.organization, id__in=ids, author__in=sorted(reach.own))
    return set(rows.values_list("id", flat=True))


@document_pull
class PullView(QueryView):
    """One pull request with its stages, evidence and defects."""

    scope = Scope.PULLS

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> dict[str, Any]:
        rows = PullRequest.objects.filter(organization=reader.organization, id=named["pull"])
        reach = reach_from(reader)
        found = reach.of(rows).select_related("repository").first()
        if found is None:
            raise Http404
        [row] = rows_of(reader.organization, [found.id])
        return pull_detail_json(row, facts_of(found), is_mine=found.author_id in reach.own)


@document_defects
class DefectsView(_ListView):
    """Each defect and each pull request that it is traced to, the newest defect first."""

    known = ("repository", "tier", "decision", "since", "until", *PARAMETERS)
    columns, action = DEFECT_COLUMNS, "defects.downloaded"

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> Table:
        zone = ZoneInfo(reader.organization.time_zone)
        wanted = DefectFilter(
            repository_id=repository_id(reader, asked),
            tier=asked.choice("tier", Tier.values),
            decision=asked.choice("decision", [UNDECIDED, *Verdict.values]),
            since=asked.midnight("since", zone),
            until=asked.midnight("until", zone),
        )
        rows = traces(reader.organization, reach_from(reader), wanted)
        return self.table(reader, asked, rows, "defect__detected_at", partial(_defects, reader))


def _defects(reader: Reader, ids: list[int]) -> list[dict[str, Any]]:
    return [defect_json(link) for link in traces_at(reader.organization, ids)]
