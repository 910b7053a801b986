"""Small team: an owner asks, every member answers for themselves and may take it back; owners end it.

All of it under the organization's row, so that nobody's answer is lost to a question that is asked anew.
"""

from datetime import datetime

from codecard.lib.tenant import tenant
from teams import audit
from teams.models import Membership, Organization, User
from teams.queries.small_team import TOO_MANY, small_team_of


class SmallTeamRefusedError(ValueError):
    """It can't be asked or answered now. Says why in words."""


def ask_small_team(*, organization: Organization, by: User | None, now: datetime) -> bool:
    """Asks all members whether they agree. False where that was asked already.

    :raises SmallTeamRefusedError: the organization has five people or more.
    """
    with tenant(organization.id):
        row = _locked(organization)
        if row.small_team_since is not None:
            return False
        if not small_team_of(row).is_few:
            raise SmallTeamRefusedError(f"This is for organizations of fewer than {TOO_MANY} people.")
        _write(row, now)
        audit.record(row, "small_team.asked", row, by=by, now=now, before=False, after=True)
    organization.small_team_since = now
    return True


def end_small_team(*, organization: Organization, by: User | None, now: datetime) -> bool:
    """Nobody asks any more, and all answers are gone: whoever asks again is answered anew. False where it had ended."""
    with tenant(organization.id):
        row = _locked(organization)
        if row.small_team_since is None:
            return False
        _write(row, None)
        rows = Membership.objects.filter(organization=row).exclude(agreed_small_team_at=None)
        ids = list(rows.order_by("id").select_for_update(no_key=True).values_list("id", flat=True))
        Membership.objects.filter(organization=row, id__in=ids).update(agreed_small_team_at=None)
        audit.record(row, "small_team.ended", row, by=by, now=now, before=True, after=False)
    organization.small_team_since = None
    return True


def agree_to_small_team(*, membership: Membership, is_agreed: bool, by: User, now: datetime) -> bool:
    """What a member says for themselves; taking it back ends small team at once. False where that was said already.

    :raises SmallTeamRefusedError: nobody asked, or it is somebody else's to say.
    """
    if by.id != membership.user_id:
        raise SmallTeamRefusedError("Everybody answers for themselves.")
    with tenant(membership.organization_id):
        organization = _locked(membership.organization)
        if is_agreed and organization.small_team_since is None:
            raise SmallTeamRefusedError("Nobody asks for it any more.")
        row = Membership.objects.select_for_update(no_key=True).get(organization=organization, id=membership.id)
        if (row.agreed_small_team_at is not None) == is_agreed:
            return False
        row.agreed_small_team_at = now if is_agreed else None
        row.save(update_fields=["agreed_small_team_at"])
        action = "small_team.agreed" if is_agreed else "small_team.taken_back"
        audit.record(organization, action, row, by=by, now=now, before=not is_agreed, after=is_agreed)
    membership.agreed_small_team_at = row.agreed_small_team_at
    return True


def _locked(organization: Organization) -> Organization:
    return Organization.objects.select_for_update(no_key=True).get(id=organization.id)


def _write(row: Organization, since: datetime | None) -> None:
    row.small_team_since = since
    row.save(update_fields=["small_team_since"])
