"""How many of a pull request's added lines a tool says it wrote, by file."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from events.models import Attribution, PullRequest, PullRequestCommit
from events.pulls.evidence import Evidence


@dataclass(frozen=True)
class Attributed:
    """`lines` by path. None told: there is no attribution at all, which is not 0."""

    lines: dict[str, int] | None = None
    tools: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)

    @property
    def has_lines(self) -> bool:
        return bool(self.lines and any(self.lines.values()))


def attributed_to(pull: PullRequest, commits: Collection[PullRequestCommit], evidence: Evidence) -> Attributed:
    """What is told of the merge itself, since it tells what is left at merge; else of the current commits together.
    Several sources tell of the same lines of a commit: the one that tells most of a file is taken."""
    rows = Attribution.objects.filter(organization=pull.organization_id, sha__in=list(evidence.own))
    told = list(rows.values_list("sha", "path", "source", "tool", "model", "ai_lines"))
    current = {commit.sha for commit in commits if commit.superseded_at is None}
    of_merge = [row for row in told if row[0] == pull.merge_sha and row[0] not in current]
    counted = of_merge or [row for row in told if evidence.own[row[0]] in current]
    if not counted:
        return Attributed()
    by_source: dict[tuple[str, str], dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for sha, path, source, _, _, number in counted:
        by_source[evidence.own[sha], path][sha, source] += number
    lines: dict[str, int] = defaultdict(int)
    for (_, path), sources in by_source.items():
        lines[path] += max(sources.values())
    written = [row for row in counted if row[5]]
    return Attributed(dict(lines), {row[3] for row in written if row[3]}, {row[4] for row in written if row[4]})


def count_in_files(pull: PullRequest, lines: Mapping[str, int] | None) -> None:
    """Sets `ai_lines`, and `ai_added` of each file: no more than the file gained, as a line may have been
    written twice. Generated files count nowhere."""
    if lines is None:
        pull.ai_lines = None
    elif pull.files is None:
        pull.ai_lines = sum(lines.values())
    else:
        pull.ai_lines = sum(_of_file(one, lines) for one in pull.files)
    if pull.files is not None:
        pull.files = [_with_ai(one, lines) for one in pull.files]


def _of_file(one: Mapping[str, object], lines: Mapping[str, int]) -> int:
    added = one.get("added") or 0
    assert isinstance(added, int)
    return 0 if one.get("is_generated") else min(lines.get(str(one["path"]), 0), added)


def _with_ai(one: Mapping[str, object], lines: Mapping[str, int] | None) -> dict[str, object]:
    kept = {name: value for name, value in one.items() if name != "ai_added"}
    return kept if lines is None else {**kept, "ai_added": _of_file(one, lines)}
