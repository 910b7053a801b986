"""What each integrated pull request let escape, at each horizon: versioned facts that can be made again from the links.

A window that is still open is pending, unless a defect was traced already; a daily task lets the others become clean.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from events.models import HORIZONS, AiClass, DefectLink, Escape, EscapeState, PullRequest, Tier, Verdict

VERSION: Final = 1
COUNTED: Final = (Tier.CONFIRMED, Tier.PROBABLE)
_STATES: Final = {
    Tier.CONFIRMED: EscapeState.CONFIRMED,
    Tier.PROBABLE: EscapeState.PROBABLE,
    Tier.POSSIBLE: EscapeState.POSSIBLE,
}
_STRONGEST_FIRST: Final = tuple(_STATES)


def compute_defect_escape(organization_id: int, pull_request_ids: Iterable[int], *, now: datetime) -> None:
    """Brings the facts of these pull requests up to their links. Inside the tenant."""
    ids = sorted(set(pull_request_ids))
    links = DefectLink.objects.filter(organization_id=organization_id, origin__in=ids).select_related("defect")
    live = [one for one in links if one.decision != Verdict.REJECTED and not one.defect.is_cancelled]
    known = {
        (escape.pull_request_id, escape.horizon_days): escape
        for escape in Escape.objects.filter(organization_id=organization_id, pull_request__in=ids)
    }
    wanted: dict[tuple[int, int], dict[str, Any]] = {}
    for pull_request in PullRequest.objects.filter(organization_id=organization_id, id__in=ids):
        mine = [link for link in live if link.origin_id == pull_request.id]
        for horizon in HORIZONS if pull_request.integrated_at else ():
            wanted[pull_request.id, horizon] = escape_of(pull_request, mine, horizon, now)
    _store(organization_id, known, wanted)


def escape_of(pull_request: PullRequest, links: Sequence[DefectLink], horizon: int, now: datetime) -> dict[str, Any]:
    """The columns of one fact. `links`: live ones of this pull request; those after the horizon don't count."""
    window = timedelta(days=horizon)
    due_at = (pull_request.integrated_at or now) + window
    within = [link for link in links if link.lag_seconds <= window.total_seconds()]
    counted = [link for link in within if link.tier in COUNTED]
    return {
        "version": VERSION,
        "state": _state_of(pull_request, within, is_over=due_at <= now),
        "due_at": due_at,
        "first_lag_seconds": min((link.lag_seconds for link in counted or within), default=None),
        "defects": len(counted),
        "weight": round(sum(link.weight for link in counted), 9),
    }


def _state_of(pull_request: PullRequest, within: Sequence[DefectLink], *, is_over: bool) -> EscapeState:
    if pull_request.is_bot or pull_request.is_backport or pull_request.ai_class == AiClass.BOT:
        return EscapeState.LEFT_OUT
    tiers = {link.tier for link in within}
    strongest = next((tier for tier in _STRONGEST_FIRST if tier in tiers), None)
    if strongest:
        return _STATES[strongest]
    return EscapeState.CLEAN if is_over else EscapeState.PENDING


def _store(
    organization_id: int, known: dict[tuple[int, int], Escape], wanted: dict[tuple[int, int], dict[str, Any]]
) -> None:
    for key, values in wanted.items():
        escape = known.pop(key, None)
        if escape is None:
            Escape.objects.create(
                organization_id=organization_id, pull_request_id=key[0], horizon_days=key[1], **values
            )
        elif any(getattr(escape, name) != value for name, value in values.items()):
            Escape.objects.filter(organization_id=organization_id, id=escape.id).update(**values)
    gone = [escape.id for escape in known.values()]
    Escape.objects.filter(organization_id=organization_id, id__in=gone).delete()


def mature(organization_id: int, *, now: datetime) -> int:
    """Closes the windows that are over and in which nothing was found; how many. Inside the tenant. Index
    escape_pending."""
    due = Escape.objects.filter(organization_id=organization_id, state=EscapeState.PENDING, due_at__lte=now)
    return due.update(state=EscapeState.CLEAN)
