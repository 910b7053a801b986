"""The first-parent line of a default branch: its commits, their order, and what was rewritten.

A commit's place follows from the one before it (`previous_sha`), never from the order of arrival: one whose
predecessor is unknown has no number yet. Until line owners have been replayed the whole line may be numbered anew;
after that numbers are only ever appended, for owners name them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from events.models import DefaultCommit, PullRequest, Push, Repository


def chain(push: Push) -> list[tuple[str, dict[str, Any]]]:
    """Pure. The commits of a push that lie on the first-parent line, oldest first, each with the one before it.

    A push lists merged commits too and names no parents. A message that says it is a merge tells: what stands before it
    came with it. Where only the vendor can say what came before, that is empty.
    """
    merges = [place for place, commit in enumerate(push.commits) if commit["is_merge"]]
    first_after = merges[-1] + 1 if merges else 0
    commits = [push.commits[place] for place in merges] + push.commits[first_after:]
    is_known = push.before_sha and not push.is_forced and not any(one.get("is_cut_off") for one in push.commits[:1])
    previous = push.before_sha if is_known else ""
    found = []
    for commit in commits:
        found.append((previous, commit))
        previous = commit["sha"]
    return found


def absorb(repository: Repository, pushes: Iterable[Push]) -> bool:
    """Makes rows of what the pushes tell. Whether there is anything new, so that places must be found."""
    told = {commit["sha"]: (previous, commit, push) for push in pushes for previous, commit in chain(push)}
    rows = {row.sha: row for row in _rows(repository).filter(sha__in=told)}
    landed = _landed(repository, told)
    made = [
        _made(repository, previous, commit, push, landed.get(sha))
        for sha, (previous, commit, push) in told.items()
        if sha not in rows
    ]
    filled = [row for row in rows.values() if not row.previous_sha and not row.parents and told[row.sha][0]]
    for row in filled:
        row.previous_sha = told[row.sha][0]
    DefaultCommit.objects.bulk_create(made)
    DefaultCommit.objects.bulk_update(filled, ["previous_sha"])
    return bool(made or filled)


def _rows(repository: Repository) -> Any:
    return DefaultCommit.objects.filter(organization_id=repository.organization_id, repository=repository)


def _landed(repository: Repository, shas: Iterable[str]) -> dict[str, int]:
    rows = PullRequest.objects.filter(
        organization_id=repository.organization_id, repository=repository, merge_sha__in=list(shas)
    )
    return dict(rows.order_by("-number").values_list("merge_sha", "id"))


def _made(
    repository: Repository, previous: str, commit: dict[str, Any], push: Push, pull_request_id: int | None
) -> DefaultCommit:
    at = datetime.fromisoformat(commit["at"]) if commit["at"] else None
    return DefaultCommit(
        organization_id=repository.organization_id,
        repository=repository,
        sha=commit["sha"],
        previous_sha=previous,
        tree_sha=commit["tree"],
        subject_hash=commit["subject"],
        stated=commit["stated"],
        authored_at=at,
        committed_at=at or push.pushed_at,
        pull_request_id=pull_request_id,
    )


def place(repository: Repository) -> bool:
    """Numbers the commits whose place is known, and marks those that history no longer holds. Whether any changed.

    The repository is locked. Whoever writes `DefaultCommit` rows with parents (a backfill) calls this afterwards.
    """
    return _append(repository) or _renumber(repository)


def _append(repository: Repository) -> bool:
    """The usual push: its commits follow the newest one, and nothing else is open."""
    newest = _rows(repository).filter(seq__isnull=False, is_gone=False).order_by("-seq").first()
    open_rows = list(_rows(repository).filter(seq=None, is_gone=False)[:5_000])
    head = _head(repository)
    following = {previous_of(row): row for row in open_rows}
    if newest is None or not open_rows or len(following) < len(open_rows):
        return False
    highest = _highest(repository)
    at = newest.sha
    placed: list[DefaultCommit] = []
    while row := following.get(at):
        row.seq = highest + len(placed) + 1
        placed.append(row)
        at = row.sha
    if len(placed) < len(open_rows) or at != head:
        return False
    DefaultCommit.objects.bulk_update(placed, ["seq"])
    return True


def previous_of(row: DefaultCommit) -> str:
    return row.parents[0] if row.parents else row.previous_sha


def _head(repository: Repository) -> str:
    rows = Push.objects.filter(
        organization_id=repository.organization_id, repository=repository, branch=repository.default_branch
    ).exclude(after_sha="")
    # Of two pushes in one second the later is the one that began where the other ended.
    newest = list(rows.order_by("-pushed_at", "after_sha")[:10].values_list("pushed_at", "before_sha", "after_sha"))
    last = [one for one in newest if one[0] == newest[0][0]]
    begun = {before for _, before, _ in last}
    return next((after for _, _, after in last if after not in begun), last[0][2]) if last else ""


def _highest(repository: Repository) -> int:
    newest = _rows(repository).filter(seq__isnull=False).order_by("-seq").values_list("seq", flat=True).first()
    return newest or 0


def _renumber(repository: Repository) -> bool:
    fields = ("id", "sha", "previous_sha", "parents", "committed_at", "seq", "is_gone")
    rows = {row.sha: row for row in _rows(repository).only(*fields)}
    line = _line(rows, _head(repository))
    before = {row.id: (row.seq, row.is_gone) for row in rows.values()}
    if repository.replayed_to:
        _extend(rows, line, _highest(repository))
    else:
        _number_all(repository, rows, line)
    changed = [row for row in rows.values() if before[row.id] != (row.seq, row.is_gone)]
    DefaultCommit.objects.bulk_update(changed, ["seq", "is_gone"], batch_size=1_000)
    return bool(changed)


def _line(rows: dict[str, DefaultCommit], head: str) -> list[DefaultCommit]:
    """From the oldest known commit before the head to the head."""
    if head not in rows:
        followed = {previous_of(row) for row in rows.values()}
        ends = [row for row in rows.values() if row.sha not in followed and not row.is_gone]
        head = max(ends, key=lambda row: (row.committed_at, row.sha)).sha if ends else ""
    return list(reversed(_walk(rows, head)))


def _walk(rows: dict[str, DefaultCommit], sha: str) -> list[DefaultCommit]:
    found: list[DefaultCommit] = []
    seen: set[str] = set()
    while sha in rows and sha not in seen:
        seen.add(sha)
        found.append(rows[sha])
        sha = previous_of(rows[sha])
    return found


def _number_all(repository: Repository, rows: dict[str, DefaultCommit], line: list[DefaultCommit]) -> None:
    """Nothing names the numbers yet: they follow from the line alone, whatever came first."""
    numbers = {row.sha: place for place, row in enumerate(line, 1)}
    forced = Push.objects.filter(
        organization_id=repository.organization_id, repository=repository, branch=repository.default_branch,
        is_forced=True,
    )  # fmt: skip
    gone = {
        row.sha
        for before in forced.values_list("before_sha", flat=True)
        for row in _walk(rows, before)
        if row.sha not in numbers
    }
    for row in rows.values():
        row.seq, row.is_gone = numbers.get(row.sha), row.sha in gone


def _extend(rows: dict[str, DefaultCommit], line: list[DefaultCommit], highest: int) -> None:
    """Owners name the numbers: new ones are appended, and what no longer leads to the head is gone. The handler of
    REPLAY goes back to the last commit before the first that is gone."""
    start = next((place for place, row in reversed(list(enumerate(line))) if row.seq and not row.is_gone), None)
    if start is None:
        return
    is_on_line = {row.sha for row in line}
    last = line[start].seq or 0
    for row in rows.values():
        if row.seq and row.seq > last and row.sha not in is_on_line:
            row.is_gone = True
    for row in line[start + 1 :]:
        row.is_gone = False
        if row.seq is None:
            highest += 1
            row.seq = highest
