"""What analysers told of the lines that an integrated pull request touched, and of what stood there before.

The report: the newest at its merge commit, else at its head, else at the last commit that a sender called its own. The
base: the newest of the same tool and ruleset at the commit that it was merged onto, else at that one's nearest ancestor
on the default branch within 30 days, else none. Both are read again while reports are kept.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db.models import Q, QuerySet

from codecard.lib.survival import quantile
from codecard.lib.tenant import tenant
from events.models import BaseState, DefaultCommit, DiffState, PullQuality, PullRequest, QualityUpload, ToolKind
from events.pulls import chores
from events.pulls.chores import ChoreKind
from events.pulls.lines.commits import unpack_changes
from events.pulls.touched import Ranges, Touched, is_met, touched_files, touched_lines

NEAR: Final = timedelta(days=30)
JUDGED: Final = timedelta(days=90)
"""After its integration; then what was found stays."""
KEPT: Final = JUDGED + NEAR
"""For so long a report is kept, so that the base of whatever is still judged is there."""
SHARE: Final = 0.9
_MOST: Final = 500
"""Reports of one pull request that are looked at, the newest first."""
_LINES: Final = (DiffState.COMPLETE, DiffState.PARTIAL)
Files = dict[str, dict[str, list[Any]]]


class Landed(NamedTuple):
    """Commits of the default branch that are the pull request's own, in order; those whose lines are known alone count
    by line."""

    commits: list[DefaultCommit]
    base_sha: str
    touched: Touched


class Base(NamedTuple):
    state: BaseState
    sha: str = ""
    complexity: float | None = None


def judge_quality(organization_id: int, key: int, *, now: datetime) -> None:
    """Handler of QUALITY."""
    with tenant(organization_id):
        rows = PullRequest.objects.filter(organization=organization_id, id=key).select_related("repository")
        pull = rows.select_for_update(of=("self",), no_key=True).first()
        if pull is not None:
            keep_quality_of(pull, now=now)


def leave_for(organization_id: int, repository_id: int, sha: str, pulls: Iterable[int], *, now: datetime) -> None:
    """To judge these, and the one that landed on this commit next: it is its base. Inside the tenant."""
    commits = DefaultCommit.objects.filter(organization=organization_id, repository=repository_id, is_gone=False)
    seq = commits.filter(sha=sha).values_list("seq", flat=True).first()
    following = commits.filter(seq=seq + 1, pull_request__isnull=False) if seq else commits.none()
    keys = {*pulls, *following.values_list("pull_request_id", flat=True)}
    chores.leave(organization_id, ChoreKind.QUALITY, keys, not_before=now)


def keep_quality_of(pull: PullRequest, *, now: datetime) -> None:
    """The rows of the pull request as reports make them. It is locked. One cheap look where a repository has none."""
    rows = PullQuality.objects.filter(organization=pull.organization_id, pull_request=pull)
    if not _uploads(pull).exists():
        return
    if pull.integrated_at is None:
        rows.delete()
    elif pull.integrated_at >= now - JUDGED:
        _keep(pull, rows)


def _keep(pull: PullRequest, rows: QuerySet[PullQuality]) -> None:
    parts = _reports(pull)
    landed = _landed(pull) if parts else None
    for (tool, ruleset), ids in parts.items():
        assert landed
        told = _judged(pull, landed, list(_uploads(pull).filter(id__in=ids).order_by("received_at", "id")))
        rows.update_or_create(
            organization_id=pull.organization_id, pull_request=pull, tool=tool, ruleset=ruleset, defaults=told
        )
    rulesets = {tool: [one for name, one in parts if name == tool] for tool, _ in parts}
    for tool, told_of in rulesets.items():
        rows.filter(tool=tool).exclude(ruleset__in=told_of).delete()


def _uploads(pull: PullRequest) -> QuerySet[QualityUpload]:
    """Index: quality_upload_by_tool."""
    return QualityUpload.objects.filter(organization=pull.organization_id, repository=pull.repository_id)


def _reports(pull: PullRequest) -> dict[tuple[str, str], list[int]]:
    """By tool and ruleset, of the best place that the tool told of: the newest report of each job."""
    found = _uploads(pull).filter(Q(sha__in={pull.merge_sha, pull.head_sha} - {""}) | Q(pull_number=pull.number))
    newest = list(found.order_by("-received_at", "-id").defer("files")[:_MOST])
    best: dict[str, str] = {}
    for sha in (pull.merge_sha, pull.head_sha, None):
        for one in newest:
            if sha is None or one.sha == sha:
                best.setdefault(one.tool, one.sha)
    jobs: dict[tuple[str, str, str], int] = {}
    for one in newest:
        if one.sha == best[one.tool]:
            jobs.setdefault((one.tool, one.ruleset, one.job), one.id)
    parts: dict[tuple[str, str], list[int]] = {}
    for (tool, ruleset, _), id_ in sorted(jobs.items()):
        parts.setdefault((tool, ruleset), []).append(id_)
    return parts


def _landed(pull: PullRequest) -> Landed:
    commits = list(
        DefaultCommit.objects.filter(organization=pull.organization_id, pull_request=pull, is_gone=False)
        .order_by("seq").defer("blamed")
    )  # fmt: skip
    generated = pull.repository.generated_paths
    base = (commits[0].parents or [commits[0].previous_sha])[0] if commits else ""
    if len(commits) == 1 and commits[0].changes is not None and commits[0].diff_state in _LINES:
        touched = touched_lines(unpack_changes(bytes(commits[0].changes)), generated)
    else:
        touched = touched_files(pull.files or (), generated)
    return Landed(commits, base or pull.base_sha, touched)


def _judged(pull: PullRequest, landed: Landed, parts: Sequence[QualityUpload]) -> dict[str, Any]:
    newest, files, touched = parts[-1], _files(parts), landed.touched
    common = {"kind": newest.kind, "version": newest.version, "sha": newest.sha, "lines_added": touched.lines_added}
    if newest.kind == ToolKind.STYLE:
        found = [(path, line) for path, told in _of(files, touched.after) for line in told.get("v", ())]
        is_by_line = touched.is_by_line and (not found or any(line for _, line in found))
        met = [line for path, line in found if not is_by_line or is_met(line, line, touched.after[path])]
        return {**common, "is_by_line": is_by_line, "violations": len(met)}
    is_by_line = touched.is_by_line and _tells_lines(files, touched.after)
    values = _complexities(files, touched.after, is_by_line)
    base = _base(pull, landed, newest, is_by_line)
    return {
        **common, "is_by_line": is_by_line, "functions": len(values), "complexity": quantile(values, SHARE),
        "complexity_before": base.complexity, "base_state": base.state, "base_sha": base.sha,
    }  # fmt: skip


def _base(pull: PullRequest, landed: Landed, newest: QualityUpload, is_by_line: bool) -> Base:
    same = _uploads(pull).filter(tool=newest.tool, ruleset=newest.ruleset)
    near = _nearest(pull, landed, same)
    for state, sha in ((BaseState.EXACT, landed.base_sha), (BaseState.NEAR, near)):
        parts = list(same.filter(sha=sha).order_by("received_at", "id")) if sha else []
        if parts:
            values = _complexities(_files(parts), landed.touched.before, is_by_line)
            return Base(state, sha, quantile(values, SHARE))
    return Base(BaseState.NONE)


def _nearest(pull: PullRequest, landed: Landed, same: QuerySet[QualityUpload]) -> str:
    commits = DefaultCommit.objects.filter(
        organization=pull.organization_id, repository=pull.repository_id, is_gone=False, seq__isnull=False
    )
    # Right behind the base: its place on the default branch, or the one before what landed.
    of_base = commits.filter(sha=landed.base_sha).first()
    first = of_base or next(iter(landed.commits), None)
    if first is None or first.seq is None:
        return ""
    older = commits.filter(seq__lt=first.seq, committed_at__gte=first.committed_at - NEAR, sha__in=same.values("sha"))
    return older.order_by("-seq").values_list("sha", flat=True).first() or ""


def _files(parts: Iterable[QualityUpload]) -> Files:
    """Of several jobs all files; of one twice, as it was told last."""
    return {path: told for part in parts for path, told in part.files.items()}


def _of(files: Files, ranges: Ranges) -> Iterable[tuple[str, dict[str, list[Any]]]]:
    return ((path, files[path]) for path in ranges if path in files)


def _tells_lines(files: Files, ranges: Ranges) -> bool:
    """Some tools don't: then the functions of whole files are taken, on both sides."""
    return all(first for _, told in _of(files, ranges) for first, _, _ in told.get("f", ()))


def _complexities(files: Files, ranges: Ranges, is_by_line: bool) -> list[float]:
    return [
        complexity for path, told in _of(files, ranges) for first, last, complexity in told.get("f", ())
        if not is_by_line or is_met(first, last, ranges[path])
    ]  # fmt: skip
