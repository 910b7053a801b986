"""Defects and their origins, as rows: made anew from what is known, whenever something of it changed.

Everything here follows from repositories, pull requests, commits, issues, incidents and what people decided. It can be
deleted and made again. One repository is judged by one worker at a time.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from codecard.lib.tenant import tenant
from events.models import (
    DefaultCommit,
    Defect,
    DefectDecision,
    DefectLink,
    Incident,
    PullRequest,
    Repository,
    Verdict,
)
from events.pulls import chores
from events.pulls.chores import ChoreKind
from events.pulls.escapes import COUNTED, compute_defect_escape
from events.pulls.followers import named_by_commits, to_ask_again
from events.pulls.landings import NAMES_OTHERS, SHORTEST_SHA, KnownHistory, Landing
from events.pulls.origins import Found, Origin, decided, find_origins
from events.pulls.signals import Signal, keys_of, signal_of

TAKEN_BACK_WITHIN: Final = timedelta(hours=24)
"""A revert that was reverted so soon says nothing of the change."""
_LOCK: Final = 7003
_MOST_COMMITS_AHEAD = 1_000


def handle(organization_id: int, key: int, *, now: datetime) -> None:
    """DEFECT of the pull request `key`: what it signals, what it let escape, and who must be asked again for it."""
    with tenant(organization_id):
        rows = PullRequest.objects.filter(organization_id=organization_id, id=key).select_related("repository")
        pull_request = rows.first()
        if pull_request is None:
            return
        lock(pull_request.repository)
        pull_request.refresh_from_db()
        history = KnownHistory(pull_request.repository)
        touched = judge(history, _keys_about(history, pull_request))
        compute_defect_escape(organization_id, touched | {pull_request.id}, now=now)
        chores.leave(organization_id, ChoreKind.DEFECT, to_ask_again(history, pull_request), not_before=now)


def judge_commits(repository: Repository, *, now: datetime) -> None:
    """Commits of the default branch that no pull request brought and that name others, before they are applied: without
    one they signal nothing else. Inside the tenant."""
    ahead = DefaultCommit.objects.filter(
        organization_id=repository.organization_id, repository=repository, is_gone=False, pull_request=None,
        seq__gt=repository.replayed_to, stated__has_any_keys=NAMES_OTHERS,
    )  # fmt: skip
    commits = list(ahead.order_by("seq")[:_MOST_COMMITS_AHEAD])
    if commits:
        lock(repository)
        history = KnownHistory(repository)
        landings = [landing for landing in map(history.of_commit, commits) if landing and not landing.pull_request]
        keys = [key for landing in landings for key in [*keys_of(history, landing), f"revert:{landing.sha}"]]
        compute_defect_escape(repository.organization_id, judge(history, keys), now=now)


def judge_incident(repository: Repository, external_id: str, *, now: datetime) -> None:
    """An incident that was told. Inside the tenant."""
    lock(repository)
    history = KnownHistory(repository)
    incident = Incident.objects.filter(**history.mine, external_id=external_id).first()
    fix = history.of_number(incident.fix_number) if incident and incident.fix_number else None
    keys = {f"incident:{external_id}", *(_keys_about(history, fix.pull_request) if fix and fix.pull_request else ())}
    compute_defect_escape(repository.organization_id, judge(history, keys), now=now)


def lock(repository: Repository) -> None:
    """Before any row of a defect or an incident is touched: who judges holds it while it writes them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, repository.id % 2**31])


def _keys_about(history: KnownHistory, pull_request: PullRequest) -> set[str]:
    """What it signals now, what it was taken to signal, and what people reported of it."""
    landing = history.of_pull(pull_request)
    keys = set(keys_of(history, landing) if landing else ())
    known = Defect.objects.filter(**history.mine)
    mine = Q(fix=pull_request) | Q(facts__pulls__contains=[pull_request.number]) | Q(links__origin=pull_request)
    keys.update(known.filter(mine).values_list("key", flat=True))
    told = DefectDecision.objects.filter(organization_id=pull_request.organization_id, origin=pull_request)
    keys.update(told.values_list("defect_key", flat=True))
    keys.update(f"incident:{external_id}" for external_id in _incidents_about(history, pull_request))
    return keys if landing is None else keys | named_by_commits(history, landing)


def _incidents_about(history: KnownHistory, pull_request: PullRequest) -> QuerySet[Incident, str]:
    sha = pull_request.merge_sha
    beginnings = [sha[:length] for length in range(SHORTEST_SHA, len(sha) + 1)]
    causes = Q(cause_number=pull_request.number) | Q(fix_number=pull_request.number) | Q(cause_sha__in=beginnings)
    return Incident.objects.filter(causes, **history.mine).values_list("external_id", flat=True)


def judge(history: KnownHistory, keys: Iterable[str]) -> set[int]:
    """Makes the defects of these keys anew, with those whose cancelling depends on them. The pull requests that it
    mattered to, before or after."""
    touched: set[int] = set()
    left, done = sorted(set(keys)), set()
    while left:
        key = left.pop(0)
        if key not in done:
            done.add(key)
            also, origins = _judge(history, key)
            touched |= origins
            left += also
    return touched


def _judge(history: KnownHistory, key: str) -> tuple[list[str], set[int]]:
    signal = signal_of(history, key)
    known = Defect.objects.filter(**history.mine, key=key).first()
    before = set(DefectLink.objects.filter(organization_id=history.repository.organization_id, defect=known)
                 .values_list("origin_id", flat=True)) if known else set()  # fmt: skip
    if signal is None:
        if known:
            known.delete()
        return [], before
    found = find_origins(history, signal)
    taken_back = _taken_back_keys(history, found)
    defect = _store(history, signal, found, known)
    origins = decided(signal, found.origins, _decisions(history, signal))
    _store_links(defect, origins)
    return taken_back, before | {origin.pull_request.id for origin in origins}


def _taken_back_keys(history: KnownHistory, found: Found) -> list[str]:
    """The defects of the reverts that it takes back: they may be cancelled by it."""
    return [key for landing in found.takes_back if landing.mark() for key in keys_of(history, landing)]


def _store(history: KnownHistory, signal: Signal, found: Found, known: Defect | None) -> Defect:
    fix = signal.fix
    values: dict[str, Any] = {
        "kind": signal.kind,
        "detected_at": signal.detected_at,
        "issue": signal.issue,
        "fix": fix,
        "fix_sha": signal.landings[0].sha if signal.landings else "",
        "incident": signal.incident,
        "is_cancelled": any(_is_cancelled(history, landing) for landing in signal.landings),
        "facts": {
            "pulls": [one.pull_request.number for one in signal.landings if one.pull_request],
            "trace": [[number, owners] for number, owners in sorted(found.trace.items())],
            "chain": _taken_back_keys(history, found),
        },
    }
    if known is None:
        return Defect.objects.create(**history.mine, key=signal.key, **values)
    if any(getattr(known, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(known, name, value)
        known.save(update_fields=list(values))
    return known


def _is_cancelled(history: KnownHistory, landing: Landing) -> bool:
    """A revert that was itself taken back within a day, or that took such a one back."""
    targets = [target for target, _ in history.taken_back_by(landing)]
    if not targets:
        return False
    if any(target.mark() and landing.at - target.at <= TAKEN_BACK_WITHIN for target in targets):
        return True
    return any(landing.sha == target.sha for one in _following(history, landing)
               for target, _ in history.taken_back_by(one))  # fmt: skip


def _following(history: KnownHistory, landing: Landing) -> list[Landing]:
    """What names others and landed within a day after it."""
    until = landing.at + TAKEN_BACK_WITHIN
    names = Q(stated__has_any_keys=NAMES_OTHERS)
    commits = history.commits.filter(names, committed_at__range=(landing.at, until))
    pulls = history.pulls.filter(names | Q(head_branch__startswith="revert-"), integrated_at__range=(landing.at, until))
    found = [*map(history.of_commit, commits), *map(history.of_pull, pulls)]
    return [one for one in found if one and one.sha != landing.sha]


def _decisions(history: KnownHistory, signal: Signal) -> list[DefectDecision]:
    """By any key that the defect has had: an issue may be linked, or an incident told, after somebody decided."""
    names = {signal.key, *(f"pull:{one.pull_request.number}" for one in signal.landings if one.pull_request)}
    names |= {f"revert:{one.sha}" for one in signal.landings}
    if signal.issue:
        names.add(f"issue:{signal.issue.number}")
    rows = DefectDecision.objects.filter(**history.mine, defect_key__in=names)
    return list(rows.select_related("origin"))


def _store_links(defect: Defect, origins: list[Origin]) -> None:
    known = {link.origin_id: link for link in DefectLink.objects.filter(
        organization_id=defect.organization_id, defect=defect)}  # fmt: skip
    weights = _weights(origins)
    for origin in origins:
        values = {
            "origin_sha": origin.sha, "method": origin.method, "share": origin.share,
            "probability": origin.probability, "tier": origin.tier, "weight": weights[origin.pull_request.id],
            "lag_seconds": origin.lag_seconds, "facts": origin.facts, "decision": origin.decision,
        }  # fmt: skip
        link = known.pop(origin.pull_request.id, None)
        if link is None:
            DefectLink.objects.create(
                organization_id=defect.organization_id, defect=defect, origin=origin.pull_request, **values
            )
        elif any(getattr(link, name) != value for name, value in values.items()):
            DefectLink.objects.filter(organization_id=defect.organization_id, id=link.id).update(**values)
    gone = [link.id for link in known.values()]
    DefectLink.objects.filter(organization_id=defect.organization_id, id__in=gone).delete()


def _weights(origins: list[Origin]) -> dict[int, float]:
    """1/k among those that count alike; nothing for what a person rejected."""
    live = [one for one in origins if one.decision != Verdict.REJECTED]
    sizes = Counter(one.tier in COUNTED for one in live)
    weights = {one.pull_request.id: 1 / sizes[one.tier in COUNTED] for one in live}
    return {one.pull_request.id: weights.get(one.pull_request.id, 0.0) for one in origins}
