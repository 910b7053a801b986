"""The other way round: which pull requests a session may have worked on, for whatever becomes known of the session."""

from collections.abc import Iterable

from django.db.models import Q

from events.models import AiEvidence, Attribution, Dimension, DimensionKind, PullRequest, Session, SessionLink
from events.pulls.reported import Reported, holders_of, reported_by, sessions_by_key

_MOST_OF_A_BRANCH = 200


def pull_requests_of(organization_id: int, session: Session) -> set[int]:
    """Linked already, by its commits, its key, or its branch. Inside the tenant. No more than may be: each is linked by
    its own chore, which asks the evidence itself."""
    reported = reported_by(organization_id, {session.id: session.key})
    holders = holders_of(organization_id, reported)
    found = {held.pull_request_id for held in holders.values()}
    named = AiEvidence.objects.filter(organization=organization_id, session_key=session.key)
    found.update(named.values_list("pull_request_id", flat=True))
    together = {session.id, *_together(organization_id, [one for one in reported if one not in holders])}
    linked = SessionLink.objects.filter(organization=organization_id, session__in=sorted(together))
    found.update(linked.values_list("pull_request_id", flat=True))
    return found | set(_on_branch(organization_id, session))


def _together(organization_id: int, lost: Iterable[Reported]) -> Iterable[int]:
    """Sessions that made commits together with it which no pull request holds any more."""
    shas = sorted({one.sha for one in lost})
    if not shas:
        return []
    tools = Dimension.objects.filter(organization=organization_id, kind=DimensionKind.TOOL).values_list("id", flat=True)
    keys = Attribution.objects.filter(organization=organization_id, sha__in=shas).exclude(session_key="")
    return sessions_by_key(organization_id, set(keys.values_list("session_key", flat=True)), list(tools)).values()


def _on_branch(organization_id: int, session: Session) -> Iterable[int]:
    """Of the author's with the session's branch as their head, in a repository or from a fork, not over before."""
    if not session.branch_id:
        return []
    names = Dimension.objects.filter(organization=organization_id, id=session.branch_id).values_list("value", flat=True)
    pulls = PullRequest.objects.filter(
        Q(closed_at=None) | Q(closed_at__gte=session.started_at),
        organization=organization_id,
        head_branch__in=list(names),
        author__contributor=session.contributor_id,
    )
    return pulls.order_by("-opened_at").values_list("id", flat=True)[:_MOST_OF_A_BRANCH]
