"""What changes organizations, people and keys: atomic, with the audit entry inside, `by` whom and `now`.

`by=None` is the system itself: a command or a task.
"""

from teams.actions.invitations import (
    InvitationRefusedError,
    accept_invitation,
)
from teams.actions.keys import (
    KeyRefusedError,
    NewKey,
    create_key,
    rename_key,
    revoke_key,
    rotate_key,
)
from teams.actions.members import (
    LastOwnerError,
    add_member,
    remove_member,
)
from teams.actions.organizations import (
    change_time_zone,
    create_organization,
    create_personal_organization,
    delete_organization,
)
from teams.actions.people import (
    add_identity,
    claim_identity,
    mark_bot,
    release_contributor,
    rename_contributor,
)
from teams.actions.provisioning import (
    Provisioned,
    provision,
)
from teams.actions.teams import (
    TeamRefusedError,
    create_team,
    delete_team,
    join_team,
    leave_team,
    nest_team,
    rename_team,
)
from teams.merging import (
    MergeRefusedError,
    SplitRefusedError,
    UndoRefusedError,
    merge_contributors,
    split_identities,
    undo_move,
)

__all__ = [
    "InvitationRefusedError",
    "KeyRefusedError",
    "LastOwnerError",
    "MergeRefusedError",
    "NewKey",
    "Provisioned",
    "SplitRefusedError",
    "TeamRefusedError",
    "UndoRefusedError",
    "accept_invitation",
    "add_identity",
    "add_member",
    "change_time_zone",
    "claim_identity",
    "create_key",
    "create_organization",
    "create_personal_organization",
    "create_team",
    "delete_organization",
    "delete_team",
    "join_team",
    "leave_team",
    "mark_bot",
    "merge_contributors",
    "nest_team",
    "provision",
    "release_contributor",
    "remove_member",
    "rename_contributor",
    "rename_key",
    "rename_team",
    "revoke_key",
    "rotate_key",
    "split_identities",
    "undo_move",
]
