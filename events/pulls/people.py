"""Whose name stands on a pull request or a commit: GitHub logins and authors of git, as identities of contributors."""

import re
from collections.abc import Iterable
from datetime import datetime

from events.pulls.records import Account, CommitRecord
from teams.identities import Name, identify
from teams.identity_values import normalise
from teams.models import Identity, IdentityKind

# The address that GitHub gives those who hide theirs: "12345+login@users.noreply.github.com", once without number.
_NO_REPLY = re.compile(r"(?:\d+\+)?(?P<login>[a-z0-9-]+(?:\[bot\])?)@users\.noreply\.[a-z0-9.-]+", re.ASCII)


def name_of_account(account: Account) -> Name | None:
    login = normalise(IdentityKind.GITHUB, account.login)
    return Name(IdentityKind.GITHUB, login) if login else None


def name_of_author(commit: CommitRecord) -> Name | None:
    """By login where GitHub knows it, else by the e-mail address that git recorded."""
    if by_login := name_of_account(commit.author):
        return by_login
    email = normalise(IdentityKind.EMAIL, commit.author_email)
    if hidden := _NO_REPLY.fullmatch(email):
        return Name(IdentityKind.GITHUB, hidden["login"])
    return Name(IdentityKind.GIT_AUTHOR, email) if email else None


def identities_of(organization_id: int, names: Iterable[Name | None], now: datetime) -> dict[Name, int]:
    """Inside the tenant. An address that is somebody's e-mail is that identity, not another of git."""
    wanted = {name for name in names if name}
    found = _by_email(organization_id, wanted)
    rest = wanted - found.keys()
    bots = frozenset(name for name in rest if name.value.endswith("[bot]"))
    return found | identify(organization_id, rest, now, bots=bots)


def _by_email(organization_id: int, names: set[Name]) -> dict[Name, int]:
    values = [name.value for name in names if name.kind == IdentityKind.GIT_AUTHOR]
    if not values:
        return {}
    rows = Identity.objects.filter(organization=organization_id, kind=IdentityKind.EMAIL, value__in=values)
    return {Name(IdentityKind.GIT_AUTHOR, value): id_ for value, id_ in rows.values_list("value", "id")}
