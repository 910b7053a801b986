"""All rows that one pull request's page is made of, in a constant number of statements. Inside the tenant."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from events.models import (
    AiEvidence,
    Attribution,
    CheckResult,
    DefectDecision,
    DefectLink,
    Escape,
    Latency,
    LinkDecision,
    PullQuality,
    PullRequest,
    PullRequestCommit,
    PullRequestEvent,
    PullTests,
    RepositoryName,
    SessionLink,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PullFacts:
    """What is known of one pull request, oldest first where there is a time."""

    pull_request: PullRequest
    commits: list[PullRequestCommit]
    happenings: list[PullRequestEvent]
    checks: list[CheckResult]
    links: list[SessionLink]
    """With their sessions, the strongest first; those that a person rejected are not in it."""
    evidence: list[AiEvidence]
    attributions: list[Attribution]
    latency: Latency | None
    tests: PullTests | None
    quality: list[PullQuality]
    escapes: list[Escape]
    defects: list[DefectLink]
    """Traced to this one, those that were rejected as well; with what they were found by."""
    fixed: list[DefectLink]
    """What this one fixes, with the pull requests that brought it."""
    decided: dict[str, DefectDecision] = field(default_factory=dict)
    """Defect's key -> the newest decision about it and this pull request."""
    class_decision: LinkDecision | None = None
    rejected_links: list[LinkDecision] = field(default_factory=list)

    @property
    def own_commits(self) -> list[PullRequestCommit]:
        """Those that it holds now."""
        return [one for one in self.commits if one.superseded_at is None]


def facts_of(pull: PullRequest) -> PullFacts:
    own: dict[str, Any] = {"organization": pull.organization_id, "pull_request": pull}
    commits = list(PullRequestCommit.objects.filter(**own).order_by("authored_at", "position", "id"))
    links = list(SessionLink.objects.filter(**own).select_related("session").order_by("method", "id"))
    decisions = list(LinkDecision.objects.filter(**own).select_related("decided_by").order_by("decided_at", "id"))
    by_session = {one.session_id: one for one in decisions if one.session_id}
    rejected = [one for one in by_session.values() if one.verdict == "rejected"]
    gone = {one.session_id for one in rejected}
    return PullFacts(
        pull_request=pull,
        commits=commits,
        happenings=list(PullRequestEvent.objects.filter(**own).order_by("at", "id")),
        checks=_checks(pull, [one.sha for one in commits]),
        links=[one for one in links if one.session_id not in gone],
        evidence=list(AiEvidence.objects.filter(**own).order_by("id")),
        attributions=_attributions(pull, [one.sha for one in commits]),
        latency=Latency.objects.filter(**own).first(),
        tests=PullTests.objects.filter(**own).first(),
        quality=list(PullQuality.objects.filter(**own).order_by("kind", "tool", "ruleset")),
        escapes=list(Escape.objects.filter(**own).order_by("horizon_days")),
        defects=list(_links(pull).filter(origin=pull).order_by("defect__detected_at", "id")),
        fixed=list(_links(pull).filter(defect__fix=pull).exclude(origin=pull).order_by("id")),
        decided=_decided(pull),
        class_decision=next((one for one in reversed(decisions) if one.session_id is None), None),
        rejected_links=rejected,
    )


def _links(pull: PullRequest) -> Any:
    """Indexes: defect_link_of_origin, defect_by_fix."""
    rows = DefectLink.objects.filter(organization=pull.organization_id)
    return rows.select_related(
        "defect__issue", "defect__fix__repository", "defect__incident", "defect__repository", "origin__repository"
    )


def _checks(pull: PullRequest, shas: list[str]) -> list[CheckResult]:
    """Index: check_result_of_commit."""
    rows = CheckResult.objects.filter(
        organization=pull.organization_id, repository=pull.repository_id, head_sha__in={*shas, pull.head_sha}
    )
    return list(rows.exclude(completed_at=None).order_by("completed_at", "id")[:500])


def _attributions(pull: PullRequest, shas: list[str]) -> list[Attribution]:
    """Index: attribution_once."""
    names = RepositoryName.objects.filter(organization=pull.organization_id, repository=pull.repository_id)
    rows = Attribution.objects.filter(
        Q(sha__in={*shas, pull.merge_sha} - {""}),
        organization=pull.organization_id,
        dimension_id__in=names.values("dimension_id"),
    )
    return list(rows.order_by("id")[:2000])


def _decided(pull: PullRequest) -> dict[str, DefectDecision]:
    """Index: defect_decision_newest."""
    rows = DefectDecision.objects.filter(organization=pull.organization_id, origin=pull).select_related("decided_by")
    return {row.defect_key: row for row in rows.order_by("decided_at", "id")}
