"""What changes organizations, people and keys: atomic, with the audit entry inside, `by` whom and `now`.

`by=None` is the system itself: a command or a task.
"""

from teams.actions.dismissals import GoneError, suggest_again, tell_apart
from teams.actions.invitations import (
    AddressesTakenError,
    InvitationRefusedError,
    NewInvitation,
    accept_invitation,
    ask_for_another,
    invite_addresses,
    invite_by_link,
    mail_invitation,
    renew_invitation,
    revoke_invitation,
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
    OwnersOnlyError,
    add_member,
    change_role,
    deactivate_member,
    reactivate_member,
    remove_member,
)
from teams.actions.organizations import (
    TooLateError,
    change_time_zone,
    create_organization,
    create_personal_organization,
    delete_organization,
    keep_organization,
)
from teams.actions.people import (
    add_identity,
    claim_identity,
    mark_bot,
    merge_by_hand,
    release_contributor,
    rename_contributor,
)
from teams.actions.provisioning import (
    Provisioned,
    provision,
)
from teams.actions.settings import (
    SettingsClashError,
    change_organization,
)
from teams.actions.small_team import (
    SmallTeamRefusedError,
    agree_to_small_team,
    ask_small_team,
    end_small_team,
)
from teams.actions.suggested_merges import merge_suggested
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
from teams.slugs import (
    SlugTakenError,
)

__all__ = [
    "AddressesTakenError",
    "GoneError",
    "InvitationRefusedError",
    "KeyRefusedError",
    "LastOwnerError",
    "MergeRefusedError",
    "NewInvitation",
    "NewKey",
    "OwnersOnlyError",
    "Provisioned",
    "SettingsClashError",
    "SlugTakenError",
    "SmallTeamRefusedError",
    "SplitRefusedError",
    "TeamRefusedError",
    "TooLateError",
    "UndoRefusedError",
    "accept_invitation",
    "add_identity",
    "add_member",
    "agree_to_small_team",
    "ask_for_another",
    "ask_small_team",
    "change_organization",
    "change_role",
    "change_time_zone",
    "claim_identity",
    "create_key",
    "create_organization",
    "create_personal_organization",
    "create_team",
    "deactivate_member",
    "delete_organization",
    "delete_team",
    "end_small_team",
    "invite_addresses",
    "invite_by_link",
    "join_team",
    "keep_organization",
    "leave_team",
    "mail_invitation",
    "mark_bot",
    "merge_by_hand",
    "merge_contributors",
    "merge_suggested",
    "nest_team",
    "provision",
    "reactivate_member",
    "release_contributor",
    "remove_member",
    "rename_contributor",
    "rename_key",
    "rename_team",
    "renew_invitation",
    "revoke_invitation",
    "revoke_key",
    "rotate_key",
    "split_identities",
    "suggest_again",
    "tell_apart",
    "undo_move",
]
