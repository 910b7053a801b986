"""Which sessions worked on a pull request, and how that is known: the ladder of docs/links.md.

Every piece of evidence is kept; the strongest gives a link its method and its confidence.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from events.models import (
    AiEvidence,
    Attribution,
    ClientCommit,
    Confidence,
    Dimension,
    DimensionKind,
    Method,
    PullRequest,
    PullRequestCommit,
    RepositoryName,
    Session,
)
from events.pulls.reported import holders_of, reported_by, reports_of, sessions_by_key
from events.schema import Kind

CONFIDENCE: Final[Mapping[Method, Confidence]] = {
    Method.COMMIT_SHA: Confidence.EXACT,
    Method.ATTRIBUTION: Confidence.EXACT,
    Method.SESSION_ID: Confidence.EXACT,
    Method.SAME_SESSION: Confidence.STRONG,
    Method.COMMIT_PATCH: Confidence.STRONG,
    Method.WHOLE_PATCH: Confidence.STRONG,
    Method.BRANCH: Confidence.MEDIUM,
    Method.FILES: Confidence.SUGGESTED,
}
BEFORE_THE_BRANCH = timedelta(days=14)
"""How long before a branch is first seen its prompts may have been."""

_ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)

Facts = list[dict[str, Any]]


@dataclass
class Evidence:
    """`facts`: session id -> what is known, each {"method", ...}; the SHAs in them are the pull request's own. `own`:
    every SHA by which one of its commits is known -> its own. `dimensions`: the names that its repository goes by."""

    own: dict[str, str]
    dimensions: list[int]
    facts: defaultdict[int, Facts] = field(default_factory=lambda: defaultdict(list))

    def add(self, session_id: int, method: Method, **what: Any) -> None:
        fact = {"method": int(method), **{name: value for name, value in what.items() if value}}
        if session_id and fact not in self.facts[session_id]:
            self.facts[session_id].append(fact)

    def method_of(self, session_id: int) -> Method:
        return Method(min(fact["method"] for fact in self.facts[session_id]))

    def sorted_facts(self, session_id: int) -> Facts:
        return sorted(
            self.facts[session_id], key=lambda fact: (fact["method"], fact.get("sha", ""), fact.get("as", ""))
        )


@dataclass(frozen=True)
class Subject:
    """The pull request, as the evidence asks for it. `dimensions`: every name of its repository and of the fork it
    came from, and 0, since not every tool says where it works. `shas` and `patches` -> its own SHA."""

    pull: PullRequest
    dimensions: list[int]
    shas: dict[str, str]
    patches: dict[str, str]
    began_at: datetime
    tools: list[int]


def evidence_for(pull: PullRequest, commits: Collection[PullRequestCommit]) -> Evidence:
    """Inside the tenant. A constant number of statements."""
    subject = _subject(pull, commits)
    evidence = Evidence(dict(subject.shas), subject.dimensions)
    _client_commits(subject, evidence)
    _attributions(subject, evidence)
    _session_keys(subject, evidence)
    _same_sessions(subject, evidence)
    _branch(subject, evidence)
    return evidence


def _subject(pull: PullRequest, commits: Collection[PullRequestCommit]) -> Subject:
    organization = pull.organization_id
    shas = {commit.sha: commit.sha for commit in commits}
    patches = {commit.patch_id: commit.sha for commit in commits if commit.patch_id}
    if pull.merge_sha:
        shas.setdefault(pull.merge_sha, pull.merge_sha)
    if pull.patch_id:
        patches.setdefault(pull.patch_id, pull.merge_sha or pull.head_sha)
    names = RepositoryName.objects.filter(organization=organization, repository=pull.repository_id)
    dimensions = [0, *names.values_list("dimension_id", flat=True)]
    seen = [pull.opened_at, *(commit.authored_at for commit in commits if commit.authored_at)]
    tools = Dimension.objects.filter(organization=organization, kind=DimensionKind.TOOL).values_list("id", flat=True)
    return Subject(pull, dimensions + _fork(pull, dimensions), shas, patches, min(seen), list(tools))


def _fork(pull: PullRequest, dimensions: Collection[int]) -> list[int]:
    """Tools in a fork's clone tell the fork's name. It lives where the repository does."""
    if not pull.head_repository or pull.head_repository.lower() == pull.repository.full_name.lower():
        return []
    named = Dimension.objects.filter(organization=pull.organization_id, kind=DimensionKind.REPOSITORY)
    own = named.filter(id__in=[one for one in dimensions if one]).values_list("value", flat=True)
    hosts = {value.partition("/")[0] for value in own}
    wanted = [f"{host}/{pull.head_repository.lower()}" for host in sorted(hosts)]
    return list(named.filter(value__in=wanted).values_list("id", flat=True))


def _client_commits(subject: Subject, evidence: Evidence) -> None:
    """Commits that clients reported, found by SHA, wherever they say that they work, or by patch in this repository.
    What is told of the SHA that a commit had before it was rewritten is then known of its own."""
    pull = subject.pull
    wanted = Q(sha__in=list(subject.shas)) | Q(patch_id__in=list(subject.patches))
    reported = reports_of(ClientCommit.objects.filter(wanted, organization=pull.organization_id))
    holders = holders_of(pull.organization_id, [one for one in reported if one.sha not in subject.shas])
    for one in reported:
        held = holders.get(one)
        if one.sha in subject.shas:
            evidence.add(one.session_id, Method.COMMIT_SHA, sha=one.sha)
        elif held is not None and held.pull_request_id == pull.id:
            evidence.own[one.sha] = held.sha or pull.head_sha
            evidence.add(one.session_id, held.method, sha=held.sha, **{"as": one.sha})


def _attributions(subject: Subject, evidence: Evidence) -> None:
    own = evidence.own
    rows = Attribution.objects.filter(organization=subject.pull.organization_id, sha__in=list(own)).exclude(
        session_key=""
    )
    told = list(rows.values_list("sha", "session_key", "source").distinct())
    ids = _ids(subject, (key for _, key, _ in told))
    for sha, key, source in told:
        method = Method.ATTRIBUTION if sha in subject.shas else Method.COMMIT_PATCH
        evidence.add(ids.get(key, 0), method, sha=own[sha], by=source, **{"as": "" if sha in subject.shas else sha})


def _session_keys(subject: Subject, evidence: Evidence) -> None:
    rows = AiEvidence.objects.filter(pull_request=subject.pull, organization=subject.pull.organization_id)
    told = list(rows.exclude(session_key="").values_list("session_key", "sha", "kind"))
    ids = _ids(subject, (key for key, _, _ in told))
    for key, sha, kind in told:
        evidence.add(ids.get(key, 0), Method.SESSION_ID, sha=sha, by=kind)


def _ids(subject: Subject, keys: Iterable[str]) -> dict[str, int]:
    return sessions_by_key(subject.pull.organization_id, set(keys), subject.tools)


def _same_sessions(subject: Subject, evidence: Evidence) -> None:
    """A commit that no pull request holds, because it was rewritten, by several sessions: where one of them is linked
    here and nowhere else, so are the others."""
    organization = subject.pull.organization_id
    linked = Session.objects.filter(organization=organization, id__in=list(evidence.facts))
    keys = dict(linked.values_list("id", "key"))
    reported = reported_by(organization, keys)
    holders = holders_of(organization, reported)
    elsewhere = {one.session_id for one, held in holders.items() if held.pull_request_id != subject.pull.id}
    lost = (
        {one.sha: one.session_id for one in reported if one not in holders and one.session_id not in elsewhere}
        if keys
        else {}
    )
    rows = Attribution.objects.filter(organization=organization, sha__in=list(lost)).exclude(session_key="")
    told = list(rows.values_list("sha", "session_key").distinct())
    ids = _ids(subject, {key for _, key in told} - set(keys.values()))
    for sha, key in told:
        if key in ids:
            evidence.add(ids[key], Method.SAME_SESSION, **{"as": sha, "with": lost[sha]})


# Index session_by_branch. The prompt is looked for in the time that both the session and the branch have.
_ON_BRANCH = """
    SELECT s.id FROM events_session s
    WHERE s.organization_id = %(org)s AND s.repository_id = ANY(%(repositories)s) AND s.branch_id = ANY(%(branches)s)
      AND s.branch_id > 0 AND s.contributor_id = %(author)s AND NOT s.is_instance
      AND s.ended_at >= %(since)s AND s.started_at <= %(until)s
      AND (s.prompts = 0 OR EXISTS (
        SELECT 1 FROM events_event e WHERE e.organization_id = %(org)s AND e.session_id = s.id
          AND e.occurred_at >= greatest(s.started_at, %(since)s) AND e.occurred_at <= least(s.ended_at, %(until)s)
          AND e.kind = %(prompt)s AND NOT e.is_superseded)
        OR EXISTS (SELECT 1 FROM events_sessionlink l WHERE l.organization_id = %(org)s AND l.session_id = s.id
          AND l.pull_request_id = %(pull)s))
    ORDER BY s.id
"""


def _branch(subject: Subject, evidence: Evidence) -> None:
    """By the author, on the head branch, in its time; not if its commits are another pull request's."""
    pull = subject.pull
    repositories = [one for one in subject.dimensions if one]
    if pull.author is None or not pull.head_branch or not repositories:
        return
    branches = Dimension.objects.filter(
        organization=pull.organization_id, kind=DimensionKind.BRANCH, value=pull.head_branch
    )
    parameters = {
        "org": pull.organization_id, "repositories": repositories, "author": pull.author.contributor_id,
        "branches": list(branches.values_list("id", flat=True)), "prompt": int(Kind.PROMPT), "pull": pull.id,
        "since": _branch_since(subject), "until": pull.merged_at or pull.closed_at or _ALWAYS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ON_BRANCH, parameters)
        found = [session_id for (session_id,) in cursor.fetchall()]
    for session_id in sorted(set(found) - _busy_elsewhere(subject, found)):
        evidence.add(session_id, Method.BRANCH, branch=pull.head_branch)


def _branch_since(subject: Subject) -> datetime:
    """Two weeks before the branch is first seen, but after the pull request that had the same branch before."""
    pull = subject.pull
    before = PullRequest.objects.filter(
        organization=pull.organization_id, repository=pull.repository_id, head_branch=pull.head_branch,
        head_repository=pull.head_repository, closed_at__lte=pull.opened_at,
    ).exclude(id=pull.id)  # fmt: skip
    ended = before.order_by("-closed_at").values_list("closed_at", flat=True).first()
    since = subject.began_at - BEFORE_THE_BRANCH
    return max(since, ended) if ended else since


def _busy_elsewhere(subject: Subject, session_ids: Collection[int]) -> set[int]:
    rows = Session.objects.filter(organization=subject.pull.organization_id, id__in=list(session_ids))
    reported = reported_by(subject.pull.organization_id, dict(rows.values_list("id", "key"))) if session_ids else []
    holders = holders_of(subject.pull.organization_id, reported)
    here = {one.session_id for one, held in holders.items() if held.pull_request_id == subject.pull.id}
    return {one.session_id for one in holders} - here
