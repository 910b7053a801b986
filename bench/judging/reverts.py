"""Reverts: the product's reading and resolving, on histories where what was reverted is known by SHA.

A file holds subjects only, so that the message with the SHA is written as git writes it. The history of a repository is
every commit that the file names of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.judging.rows import Judged, Row, read, share
from events.pulls.reverts import Method, Target, key_of, resolve
from events.pulls.reverts import read as read_mark

_SECRET = b"of the evaluation"


class Landed(NamedTuple):
    sha: str
    at: int
    subject: str


class Known:
    """A default branch, as `events.pulls.reverts.History`."""

    def __init__(self, commits: Iterable[Landed]) -> None:
        self.commits = sorted(set(commits), key=lambda commit: (commit.at, commit.sha))
        self.place = {commit.sha: at for at, commit in enumerate(self.commits)}
        self._by_key: dict[bytes, list[int]] = defaultdict(list)
        for at, commit in enumerate(self.commits):
            self._by_key[key_of(commit.subject, _SECRET)].append(at)

    def by_sha(self, sha: str) -> int | None:
        return self.place.get(sha)

    def by_number(self, number: int) -> int | None:
        suffix = f"(#{number})"
        found = [at for at, commit in enumerate(self.commits) if commit.subject.endswith(suffix)]
        return found[0] if len(found) == 1 else None

    def by_subject(self, key: bytes, before: int) -> int | None:
        earlier = [at for at in self._by_key.get(key, []) if self.commits[at].at < before]
        return earlier[-1] if earlier else None

    def without(self, shas: set[str]) -> "Known":
        return Known(commit for commit in self.commits if commit.sha not in shas)


def judge(paths: Sequence[Path]) -> Judged:
    histories = _histories(row for path in paths for row in read(path))
    truth = named = right = by_sha = unknown = reverts = 0
    for history, rows in histories:
        for row in rows:
            targets = {told["sha"] for told in row["reverted"]}
            found = _found(row, history, ())
            reverts += 1
            truth += len(targets)
            named += len(found)
            right += len(found & targets)
            by_sha += _found(row, history, targets) == targets
            unknown += len(_found(row, history.without(targets), targets))
    rows_ = [
        share("reverts, SHA form right", by_sha, reverts, at_least=1),
        share("reverts, title form, precision", right, named, at_least=0.97),
        share("reverts, title form, recall", right, truth, at_least=0.82),
        Row("reverts of what never was on the branch, links", unknown, at_most=0, note=f"{reverts:,} reverts"),
    ]
    values = {
        "sha_form": by_sha / reverts if reverts else None,
        "title_precision": right / named if named else None,
        "title_recall": right / truth if truth else None,
        "links_of_unknown_targets": unknown,
    }
    return Judged(values, rows_)


def _histories(rows: Iterable[Mapping[str, Any]]) -> list[tuple[Known, list[Mapping[str, Any]]]]:
    by_repository: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_repository[row["repo"]].append(row)
    return [(Known(_landed(of_one)), of_one) for of_one in by_repository.values()]


def _landed(rows: Iterable[Mapping[str, Any]]) -> list[Landed]:
    found = {}
    for row in rows:
        found[row["revert_sha"]] = Landed(row["revert_sha"], row["revert_at"], row["revert_subject"])
        found |= {told["sha"]: Landed(told["sha"], told["at"], told["subject"]) for told in row["reverted"]}
    return list(found.values())


def _found(row: Mapping[str, Any], history: Known, shas: Iterable[str]) -> set[str]:
    """What the product says is taken back: by SHAs where the message has some, else by its subject."""
    body = "".join(f"\n\nThis reverts commit {sha}." for sha in sorted(shas))
    mark = read_mark(message=row["revert_subject"] + body)
    key = key_of(mark.subject, _SECRET) if mark.subject else None
    itself = history.place.get(row["revert_sha"])
    targets: list[Target] = resolve(mark, key, history, before=row["revert_at"], itself=itself)
    wanted = (Method.SHA,) if body else tuple(Method)
    return {history.commits[target.commit].sha for target in targets if target.method in wanted}
