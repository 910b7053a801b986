"""What is written about a team must not outlive it, and can only be written while it is there."""

from teams.models import Organization, Team


class TeamGoneError(ValueError):
    """Somebody deleted the team meanwhile."""


def hold_team(organization: Organization, team: Team | None) -> None:
    """The team is not deleted before the end of the transaction: references are checked there only, too late for words.

    :raises TeamGoneError: it was deleted already.
    """
    if team is None:
        return
    rows = Team.objects.filter(organization=organization, id=team.id)
    if rows.select_for_update(no_key=True).first() is None:
        raise TeamGoneError(f"{team.name} was deleted meanwhile.")
