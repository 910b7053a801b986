"""Addresses of profiles: `/@<handle>/`, those that they had before included. Rules as on GitHub, in lower case."""

import re
import secrets
import zlib
from typing import Final

from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.text import slugify

from profiles.models import LONGEST_HANDLE, FormerHandle, Profile
from teams.models import User

_SHAPE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_LOCK: Final = 7201
"""First number of the advisory lock under which a handle is taken or given up; the second is the handle's hash."""
_ROOM_FOR_A_SUFFIX: Final = 7
_UNNAMED: Final = "developer"
_OURS: Final = """
about abuse accounts admin administrator api app apps assets auth badge badges billing blog card cards code-card
codecard config contact dashboard developer developers device docs download editor embed everybody everyone export
feed github healthz help home host hostmaster info invite join legal login logout mail me metrics moderator news
none nobody null o oauth oembed official operator organization organizations otlp owner pages postmaster preview
pricing privacy profile profiles readyz robots root sample search security settings share shop signin signup staff
start static status support system team teams terms test theme undefined user users webhooks webmaster www you
"""
RESERVED: Final = frozenset(_OURS.split())
"""First parts of our own addresses, and names that would speak for the product or for everybody."""


class HandleTakenError(ValueError):
    """Another profile is found there, or was."""


def is_handle(text: str) -> bool:
    """Whether it could be one; whether anybody may have it is another question."""
    return len(text) <= LONGEST_HANDLE and bool(_SHAPE.fullmatch(text))


def validate_handle(handle: str) -> None:
    """:raises ValidationError: what can't be an address, or would be mistaken for somebody else's."""
    if not is_handle(handle):
        raise ValidationError(
            f"Use at most {LONGEST_HANDLE} letters and digits, with single hyphens between them, such as mara-l."
        )
    if handle in RESERVED:
        raise ValidationError(f"“{handle}” is reserved. Choose another one.")


def is_free(handle: str, *, of: Profile | None = None) -> bool:
    """Whether nobody else is found under it, or was before."""
    now = Profile.objects.filter(handle=handle)
    before = FormerHandle.objects.filter(handle=handle)
    if of:
        now, before = now.exclude(id=of.id), before.exclude(profile=of)
    return not now.exists() and not before.exists()


def take(handle: str, *, of: Profile | None = None) -> None:
    """Makes sure until the end of the transaction that nobody else takes it. A unique constraint can't: it knows
    nothing of the former ones.

    :raises HandleTakenError: when it is not free.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, zlib.crc32(handle.encode()) & 0x7FFFFFFF])
    if not is_free(handle, of=of):
        raise HandleTakenError(f"“{handle}” is taken.")


def profile_of(user: User) -> Profile:
    """The user's profile, made when it is first asked for: unpublished, under a handle that reminds of them."""
    return Profile.objects.filter(user=user).first() or _make(user)


def _make(user: User) -> Profile:
    try:
        with transaction.atomic():
            return Profile.objects.create(user=user, handle=_take_suggestion(user))
    except IntegrityError:
        # Of two requests at once the other one was faster.
        return Profile.objects.get(user=user)


def _take_suggestion(user: User) -> str:
    handle = suggest(_known_as(user))
    try:
        take(handle)
    except HandleTakenError:
        # Somebody else with the same name was faster.
        handle = suggest(handle)
        take(handle)
    return handle


def _known_as(user: User) -> str:
    """The login at GitHub, or at a GitHub of one's own (whose accounts bear the name of its host), else the name. Never
    the mail address: it says more than somebody may want to publish."""
    accounts = SocialAccount.objects.filter(user=user).order_by("id")
    logins = (str(account.extra_data.get("login") or "") for account in accounts)
    return next(filter(None, logins), user.name)


def suggest(name: str) -> str:
    """A free handle that reminds of the name."""
    plain = re.sub(r"-+", "-", slugify(re.sub(r"[._@+]", "-", name)).replace("_", "-"))
    base = plain[:LONGEST_HANDLE].strip("-") or _UNNAMED
    handle = base
    while handle in RESERVED or not is_free(handle):
        handle = f"{base[: LONGEST_HANDLE - _ROOM_FOR_A_SUFFIX].strip('-')}-{secrets.token_hex(3)}"
    return handle
