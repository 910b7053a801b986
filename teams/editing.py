"""Whose pages somebody may edit: healthy ranges and annotations of the teams that one leads, for admins all of them."""

from dataclasses import dataclass

from teams.permissions import OrganizationRequest, Permission
from teams.queries import teams_led_by


@dataclass(frozen=True, slots=True)
class Editing:
    """`team_ids`: the teams one leads. What is everybody's has no team: only those may edit it who may edit all."""

    is_everything: bool
    team_ids: frozenset[int]

    def holds(self, team_id: int | None) -> bool:
        return self.is_everything or team_id in self.team_ids


def editing_of(request: OrganizationRequest) -> Editing:
    """Of the user who asks. Inside the tenant."""
    if Permission.EDIT_PAGES in request.permissions:
        return Editing(True, frozenset())
    if Permission.EDIT_TEAM_PAGES not in request.permissions:
        return Editing(False, frozenset())
    return Editing(False, frozenset(teams_led_by(request.organization, request.user)))
