"""Who must be judged again because of a pull request: fixes and reverts that arrived before what they mean did."""

from typing import Any

from django.db.models import Q

from events.models import Defect, DefectLink, LineRemoval, PullRequest
from events.pulls.landings import NAMES_OTHERS, KnownHistory, Landing
from events.pulls.signals import keys_of


def to_ask_again(history: KnownHistory, pull_request: PullRequest) -> set[int]:
    """Those that named this pull request, or changed its lines, before it was known whose these were: whatever arrives
    first, the same comes out."""
    landing = history.of_pull(pull_request)
    if landing is None:
        return set()
    return (_naming(history, landing) | _changing(history, pull_request)) - {pull_request.id}


def _naming(history: KnownHistory, landing: Landing) -> set[int]:
    names = Q(stated__has_any_keys=NAMES_OTHERS) | Q(head_branch__startswith="revert-")
    later = history.pulls.filter(names, integrated_at__gt=landing.at).only("id", "stated", "head_branch")
    linked = DefectLink.objects.filter(
        organization_id=history.repository.organization_id, origin=landing.pull_request
    ).values_list("defect__fix_id", flat=True)
    known = set(linked)
    return {one.id for one in later if one.id not in known and _names(one.stated, one.head_branch, landing)}


def named_by_commits(history: KnownHistory, landing: Landing) -> set[str]:
    """The defects of later commits without a pull request that name this landing: no chore is theirs."""
    if landing.commit is None or landing.commit.seq is None:
        return set()
    later = history.commits.filter(pull_request=None, seq__gt=landing.commit.seq, stated__has_any_keys=NAMES_OTHERS)
    naming = [history.of_commit(commit) for commit in later if _names(commit.stated, "", landing)]
    return {key for one in naming if one and not one.pull_request for key in keys_of(history, one)}


def _names(told: dict[str, Any], branch: str, landing: Landing) -> bool:
    """Whether its words may mean the landing: cheap, and rather too often than too rarely."""
    origin = landing.pull_request
    if origin is None:
        return False
    shas = {*told.get("reverts_shas", ()), *told.get("fixes_shas", ()), *told.get("caused_by_shas", ())}
    numbers = {
        *told.get("reverts_numbers", ()), *told.get("caused_by_numbers", ()), told.get("reverts_branch_number"),
        told.get("reverts_subject_number"),
    }  # fmt: skip
    mine = (landing.sha, origin.merge_sha)
    subjects = {origin.title_hash, landing.commit.subject_hash if landing.commit else ""} - {""}
    return (
        origin.number in numbers
        or told.get("reverts_subject") in subjects
        or branch.startswith(f"revert-{origin.number}-")
        or any(sha and whole.startswith(sha) for sha in shas for whole in mine)
    )


def _changing(history: KnownHistory, pull_request: PullRequest) -> set[int]:
    """Fixes that changed its lines while they were taken for somebody else's."""
    numbers = history.commits.filter(pull_request=pull_request).values_list("applied_seq", flat=True)
    own = [number for number in numbers if number]
    by = LineRemoval.objects.filter(**history.mine, owner_seq__in=own).values_list("by_seq", flat=True)
    fixes = history.commits.filter(applied_seq__in=list(by)).values_list("pull_request_id", flat=True)
    defects = Defect.objects.filter(**history.mine, fix__in=set(fixes)).only("fix_id", "facts")
    return {
        defect.fix_id or 0
        for defect in defects
        for _, owners in defect.facts.get("trace", ())
        if any(owner in own and taken_for != pull_request.id for owner, taken_for in owners or ())
    }
