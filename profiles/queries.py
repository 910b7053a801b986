"""Who is found under an address, and who is looking."""

from django.contrib.auth.models import AnonymousUser

from profiles.figures import counted_people
from profiles.models import Audience, FormerHandle, Profile
from teams.models import User
from teams.queries import memberships_of


def profile_by_handle(handle: str) -> Profile | None:
    """The published profile under it, with its user. One that isn't published is none, for everybody."""
    rows = Profile.objects.filter(handle=handle, is_published=True, user__is_active=True)
    return rows.select_related("user").first()


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
