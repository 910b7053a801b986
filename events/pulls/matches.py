"""Which pull request a session's work went into: the evidence ladder of PULLS.md 2.1, over one repository. Pure.

Every piece of evidence is kept as a link of its own; a session's link to a pull request is as sure as the best of
them. Sessions and pull requests are many to many. What fits several pull requests equally names none.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple

_DAY = 86_400
_BEFORE_THE_BRANCH = 14 * _DAY
_OVERLAP = 0.8


class Confidence(StrEnum):
    EXACT = "exact"
    STRONG = "strong"
    MEDIUM = "medium"
    SUGGESTED = "suggested"


class Method(IntEnum):
    """The ladder, strongest first. Stored numbers: never renumber."""

    CLIENT_SHA = 1
    NOTE = 2
    SESSION_MARK = 3
    SHARED_SESSION = 4
    PATCH_ID = 5
    SQUASH_PATCH_ID = 6
    BRANCH = 7
    FILE_OVERLAP = 8

    @property
    def confidence(self) -> Confidence:
        if self <= Method.SESSION_MARK:
            return Confidence.EXACT
        if self <= Method.SQUASH_PATCH_ID:
            return Confidence.STRONG
        return Confidence.MEDIUM if self is Method.BRANCH else Confidence.SUGGESTED


class Pull(NamedTuple):
    """A pull request. `shas` are its commits, those that a force push replaced among them, without merge_sha.

    `patch_id` is that of the whole change, `commit_patch_ids` those of its commits; `sessions` are those that its
    text, trailers or notes name. `author` is whatever names a person, compared with a trace's. Times are seconds since
    1970; `began_at` is when its branch was first seen.
    """

    number: int
    shas: frozenset[str] = frozenset()
    merge_sha: str | None = None
    patch_id: str | None = None
    commit_patch_ids: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    branch: str | None = None
    author: str | None = None
    began_at: int = 0
    merged_at: int | None = None
    files: frozenset[str] = frozenset()


class Trace(NamedTuple):
    """Where a session's work was seen: at a commit that its tool reports, or only on a branch at a time.

    `is_note`: an authorship note or agent-trace record says so, not the tool's own event.
    """

    session: str
    at: int
    sha: str | None = None
    patch_id: str | None = None
    branch: str | None = None
    author: str | None = None
    files: frozenset[str] = frozenset()
    is_note: bool = False


class Link(NamedTuple):
    """One piece of evidence that a session's work is in a pull request. `sha` is the trace's commit."""

    session: str
    number: int
    method: Method
    sha: str | None

    @property
    def is_suggested(self) -> bool:
        """Then it links nothing: a person may say that it does."""
        return self.method.confidence is Confidence.SUGGESTED


def links_of(traces: Iterable[Trace], pulls: Iterable[Pull]) -> list[Link]:
    """All evidence, one link a (session, pull request, method, commit), in the order of these."""
    seen, known = list(traces), list(pulls)
    by_session = _index((session, pull) for pull in known for session in pull.sessions)
    ladder = _Ladder(known)
    links = {link for trace in seen for link in ladder.of(trace)}
    sessions = {trace.session for trace in seen}
    links |= {
        Link(session, pull.number, Method.SESSION_MARK, None)
        for session in sessions & by_session.keys()
        for pull in by_session[session]
    }
    links |= _of_rewritten(seen, links)
    return sorted(links, key=lambda link: (link.session, link.number, link.method, link.sha or ""))


def best(links: Iterable[Link]) -> dict[tuple[str, int], Link]:
    """The strongest evidence of each session and pull request that counts as linked."""
    found: dict[tuple[str, int], Link] = {}
    for link in links:
        key = (link.session, link.number)
        if not link.is_suggested and (key not in found or link.method < found[key].method):
            found[key] = link
    return found


def landed_as(patch_ids: Mapping[str, str], pulls: Iterable[Pull]) -> dict[str, int]:
    """Commits of the default branch, with their patch ids, to the pull request whose whole change each is.

    For squashes that nobody named, and for what was landed by hand. A patch that two pull requests share names none,
    and of two commits of one patch (landed, reverted, landed again) neither is told apart: both are it.
    """
    by_patch = _index((pull.patch_id, pull) for pull in pulls if pull.patch_id)
    found = ((sha, by_patch.get(patch_id, [])) for sha, patch_id in patch_ids.items())
    return {sha: named[0].number for sha, named in found if len(named) == 1}


class _Ladder:
    """The pull requests by each thing that a trace may tell of them."""

    def __init__(self, pulls: list[Pull]) -> None:
        self._pulls = {pull.number: pull for pull in pulls}
        self._by_sha = _index((sha, pull) for pull in pulls for sha in {*pull.shas, pull.merge_sha} if sha)
        self._by_commit_patch = _index((patch, pull) for pull in pulls for patch in pull.commit_patch_ids)
        self._by_patch = _index((pull.patch_id, pull) for pull in pulls if pull.patch_id)
        self._by_branch = _index((pull.branch, pull) for pull in pulls if pull.branch)
        self._by_file = _index((file, pull) for pull in pulls for file in pull.files)

    def of(self, trace: Trace) -> list[Link]:
        """Every rung on which the trace stands; a suggestion only where there is no other."""
        rungs: list[tuple[Method, list[Pull]]] = [
            (Method.NOTE if trace.is_note else Method.CLIENT_SHA, self._by_sha.get(trace.sha or "", [])),
            (Method.PATCH_ID, _only(self._by_commit_patch.get(trace.patch_id or "", []))),
            (Method.SQUASH_PATCH_ID, _only(self._by_patch.get(trace.patch_id or "", []))),
            (Method.BRANCH, self._on_branch(trace)),
        ]
        links = [Link(trace.session, pull.number, method, trace.sha) for method, found in rungs for pull in found]
        return links or [
            Link(trace.session, pull.number, Method.FILE_OVERLAP, trace.sha) for pull in self._overlapping(trace)
        ]

    def _on_branch(self, trace: Trace) -> list[Pull]:
        """Of a branch that was used again, the pull request that was merged first after the trace."""
        candidates = self._by_branch.get(trace.branch or "", [])
        fitting = [p for p in candidates if p.author is not None and p.author == trace.author and _in_time(trace, p)]
        return sorted(fitting, key=lambda pull: (_end(pull), pull.number))[:1]

    def _overlapping(self, trace: Trace) -> list[Pull]:
        shared = Counter(pull.number for file in trace.files for pull in self._by_file.get(file, []))
        enough = _OVERLAP * len(trace.files)
        return [self._pulls[n] for n, count in shared.items() if count >= enough and _in_time(trace, self._pulls[n])]


def _of_rewritten(traces: list[Trace], links: Iterable[Link]) -> set[Link]:
    """A commit whose SHA never arrived went where the session's next commit that did arrive went, else its last."""
    firm = [link for link in links if link.method.confidence in (Confidence.EXACT, Confidence.STRONG)]
    at = {(trace.session, trace.sha): trace.at for trace in traces}
    arrived = {link.sha for link in firm if link.sha}
    places: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for link in firm:
        places[link.session][at.get((link.session, link.sha), 0)].add(link.number)
    lost = (trace for trace in traces if trace.sha and trace.sha not in arrived and trace.session in places)
    found = ((trace, _next(places[trace.session], trace.at)) for trace in lost)
    return {
        Link(trace.session, number, Method.SHARED_SESSION, trace.sha) for trace, number in found if number is not None
    }


def _next(places: Mapping[int, set[int]], at: int) -> int | None:
    """The pull request that the session reached first from `at` on, else last. None where it reached two at once."""
    later = [place for place in places if place >= at]
    numbers = places[min(later) if later else max(places)]
    return next(iter(numbers)) if len(numbers) == 1 else None


def _in_time(trace: Trace, pull: Pull) -> bool:
    return pull.began_at - _BEFORE_THE_BRANCH <= trace.at <= _end(pull)


def _end(pull: Pull) -> float:
    return float("inf") if pull.merged_at is None else pull.merged_at


def _only(found: list[Pull]) -> list[Pull]:
    return found if len(found) == 1 else []


def _index(pairs: Iterable[tuple[str | None, Pull]]) -> dict[str, list[Pull]]:
    found: dict[str, list[Pull]] = defaultdict(list)
    for key, pull in pairs:
        if key is not None:
            found[key].append(pull)
    return dict(found)
