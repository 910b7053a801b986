"""Who is found under an address, and who is looking."""

from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser

from codecard.lib.remembering import Memory
from codecard.lib.tenant import rows_of_user
from profiles.figures import counted_people
from profiles.models import Audience, FormerHandle, Profile
from teams.models import User
from teams.queries import PUBLICATIONS, memberships_of


def profile_by_handle(handle: str) -> Profile | None:
    """The published profile under it, with its user. One that isn't published is none, for everybody."""
    rows = Profile.objects.filter(handle=handle, is_published=True, user__is_active=True)
    return rows.select_related("user").first()


class Standing(NamedTuple):
    """What shown of a published profile rests on beside the data: as long as it is the same, nothing was changed, taken
    back or forbidden."""

    user_id: int
    handle: str
    changed_at: datetime
    taken_back_at: datetime | None
    user_name: str
    time_zone: str
    publications: str
    """As of `publications_of`."""


def standing_of(handle: str) -> Standing | None:
    """None where `profile_by_handle` finds none. Mostly one round trip: whose a handle was is remembered."""
    user_id = _USERS.get(handle) or 0
    while found := rows_of_user(user_id, _STANDING, {"handle": handle}):
        standing = Standing(*found[0])
        if standing.user_id == user_id:
            return standing
        user_id = standing.user_id  # now with their memberships
        _USERS.keep(handle, user_id)
    return None


_USERS: Memory[int] = Memory(10_000)
_STANDING = f"""
    SELECT p.user_id, p.handle, p.changed_at, p.taken_back_at, u.name, u.time_zone,
           {PUBLICATIONS.format(user="p.user_id")}
    FROM profiles_profile p JOIN teams_user u ON u.id = p.user_id
    WHERE p.handle = %(handle)s AND p.is_published AND u.is_active
"""  # noqa: S608 - of a constant


def moved_to(handle: str) -> str | None:
    """Where the published profile is found now that was found there before."""
    rows = FormerHandle.objects.filter(handle=handle, profile__is_published=True, profile__user__is_active=True)
    return rows.values_list("profile__handle", flat=True).first()


def audience_of_visitor(profile: Profile, visitor: User | AnonymousUser) -> Audience:
    """A member of an organization that counts sees what is for organizations. The person sees their own page as
    everybody does: that is what they come to look at."""
    if not isinstance(visitor, User) or visitor.id == profile.user_id:
        return Audience.PUBLIC
    theirs = {one.organization_id for one in counted_people(profile, Audience.ORGANIZATION)}
    is_fellow = any(one.organization_id in theirs for one in memberships_of(visitor))
    return Audience.ORGANIZATION if is_fellow else Audience.PUBLIC
