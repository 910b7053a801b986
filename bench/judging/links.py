"""Links between sessions and pull requests: what the product's ladder says of commits whose pull request is known."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.judging.rows import Judged, Row, read, share
from events.pulls.matches import Link, Method, Pull, Trace, best, landed_as, links_of


def judge(paths: Sequence[Path]) -> Judged:
    """What clients told of commits, with or without a pull request."""
    truth = named = right = alone = shared = shared_right = 0
    for path in paths:
        told = read(path)
        pulls = [_pull(row) for row in told["prs"]]
        events = told.get("client_commit_events", [])
        links = links_of([trace for event in events for trace in _traces(event)], pulls)
        exact, weak = _by_sha(links, Method.CLIENT_SHA), _by_sha(links, Method.SHARED_SESSION)
        merges = {pull.merge_sha: pull.number for pull in pulls if pull.merge_sha}
        for event in events:
            found, true = exact[event["commit_sha"]], _truth(event, merges)
            truth, named, right = truth + len(true), named + len(found), right + len(found & true)
            near = weak[event["commit_sha"]]
            shared, shared_right = shared + len(near), shared_right + len(near & set(event.get("session_prs") or []))
        alone += sum(link.method is Method.FILE_OVERLAP for link in best(links).values())
    rows = [
        share("links by exact SHA, precision", right, named, at_least=1),
        share("links by exact SHA, recall", right, truth, at_least=1),
        share("links of rewritten commits by their session", shared_right, shared, note="against a weak label"),
        Row("links by files in common alone", alone, at_most=0),
    ]
    values = {
        "exact_precision": right / named if named else None,
        "exact_recall": right / truth if truth else None,
        "shared_session_precision": shared_right / shared if shared else None,
        "by_file_overlap_alone": alone,
    }
    return Judged(values, rows)


def judge_squashes(paths: Sequence[Path]) -> Judged:
    """Squash commits that are known by the patch of their pull request alone."""
    right = false = squashes = 0
    for path in paths:
        rows = [row for row in read(path)["prs"] if row.get("merge_commit_sha")]
        truth = {row["merge_commit_sha"]: row["number"] for row in rows}
        patches = {row["merge_commit_sha"]: row["squash_patch_id"] for row in rows if row.get("squash_patch_id")}
        found = landed_as(patches, [Pull(row["number"], patch_id=row.get("pr_patch_id")) for row in rows])
        squashes += len(rows)
        right += sum(truth[sha] == number for sha, number in found.items())
        false += sum(truth[sha] != number for sha, number in found.items())
    rows_ = [
        share("squashes by patch id, recall", right, squashes, at_least=0.97),
        Row("squashes by patch id, false", false, at_most=0, note=f"{squashes:,} squashes"),
    ]
    return Judged({"recall": right / squashes if squashes else None, "false": false}, rows_)


def _pull(row: Mapping[str, Any]) -> Pull:
    commits = row["commits"]
    return Pull(
        row["number"],
        shas=frozenset(commit["sha"] for commit in commits),
        merge_sha=row["merge_commit_sha"],
        commit_patch_ids=frozenset(commit["patch_id"] for commit in commits if commit.get("patch_id")),
        began_at=min((commit["authored_at"] for commit in commits), default=0),
        merged_at=row["merged_at"],
        files=frozenset(file[0] for file in row["files"]),
    )


def _traces(event: Mapping[str, Any]) -> list[Trace]:
    """A trace a session; people's own lines carry no session, but the client reported the commit."""
    sessions = [session for session in event["sessions"] or {} if session != "human"] or [""]
    return [Trace(session, 0, event["commit_sha"], files=frozenset(event["files"])) for session in sessions]


def _truth(event: Mapping[str, Any], merges: Mapping[str, int]) -> set[int]:
    """The pull request that holds the commit; of a merge commit the file says nothing, and it is its own's."""
    number = event["truth_pr"] or merges.get(event["commit_sha"])
    return set() if number is None else {number}


def _by_sha(links: Sequence[Link], method: Method) -> dict[str | None, set[int]]:
    found: dict[str | None, set[int]] = defaultdict(set)
    for link in links:
        if link.method is method:
            found[link.sha].add(link.number)
    return found
