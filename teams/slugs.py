"""Addresses of organizations: `/o/<slug>/`, those that they had before included."""

import re
import secrets
import zlib

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.text import slugify

from teams.models import Organization

LONGEST_SLUG = 63
_SHAPE = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)
_LOCK = 7004
"""First number of the advisory lock under which a slug is taken or given up; the second is the slug's hash."""


class SlugTakenError(ValueError):
    """Another organization is found there, or was."""


def validate_new_slug(slug: str) -> None:
    """:raises ValidationError: what can't be typed, told on the phone and put into an address."""
    if not _SHAPE.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise ValidationError("Use small letters, digits and hyphens, such as acme-labs.")


def is_free(slug: str, *, of: Organization | None = None) -> bool:
    """Whether nobody else is found under it, or was before."""
    others = Organization.objects.exclude(id=of.id) if of else Organization.objects.all()
    return not (others.filter(slug=slug) | others.filter(former_slugs__contains=[slug])).exists()


def take(slug: str, *, of: Organization | None = None) -> None:
    """Makes sure until the end of the transaction that nobody else takes it. A unique constraint can't: it knows
    nothing of the former ones.

    :raises SlugTakenError: when it is not free.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, zlib.crc32(slug.encode()) & 0x7FFFFFFF])
    if not is_free(slug, of=of):
        raise SlugTakenError(f"“{slug}” is taken.")


def take_suggestion(name: str) -> str:
    """Takes a free slug that reminds of the name."""
    slug = suggest(name)
    try:
        take(slug)
    except SlugTakenError:
        # Somebody else with the same name was faster.
        slug = suggest(name)
        take(slug)
    return slug


def suggest(name: str) -> str:
    """A free slug that reminds of the name."""
    base = slugify(re.sub(r"[._@+]", "-", name)).replace("_", "-")[: LONGEST_SLUG - 7].strip("-") or "workspace"
    slug = base
    while not is_free(slug):
        slug = f"{base}-{secrets.token_hex(3)}"
    return slug
