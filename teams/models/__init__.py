"""Who: users, organizations, their people as data know them, keys, and what was done by whom."""

from teams.models.audit import AuditEntry
from teams.models.contributor import Contributor, Identity, IdentityKind
from teams.models.device_request import DeviceRequest
from teams.models.identity_move import DifferentPeople, IdentityMove, MoveKind
from teams.models.invitation import Invitation
from teams.models.key import Key, KeyKind
from teams.models.membership import Membership, Role
from teams.models.organization import CostVisibility, Organization, OrganizationRow
from teams.models.sign_in_link import SignInLink
from teams.models.team import Team, TeamMembership
from teams.models.user import User

__all__ = [
    "AuditEntry",
    "Contributor",
    "CostVisibility",
    "DeviceRequest",
    "DifferentPeople",
    "Identity",
    "IdentityKind",
    "IdentityMove",
    "Invitation",
    "Key",
    "KeyKind",
    "Membership",
    "MoveKind",
    "Organization",
    "OrganizationRow",
    "Role",
    "SignInLink",
    "Team",
    "TeamMembership",
    "User",
]
