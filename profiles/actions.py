"""What a person changes of their profile. `changed_at` moves with everything that changes what is shown.

Each is safe to repeat: what is so already is not written again, and leaves no second entry in an audit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from unicodedata import category

from django.core.exceptions import ValidationError
from django.db import transaction

from codecard.lib.tenant import tenant
from profiles import handles
from profiles.figures import MOST_PINNED, USUAL, counted_people, repositories_to_pin
from profiles.links import MOST_LINKS, Link, link
from profiles.models import Audience, FormerHandle, Profile, Section
from teams import audit
from teams.models import User

MOST_REST_DAYS: Final = 6
"""With seven no streak would ever break."""


@transaction.atomic
def rename(*, profile: Profile, handle: str, now: datetime) -> bool:
    """Moves the profile; its former address leads on, and nobody else may take it. Going back is allowed.

    :raises ValidationError: no handle can be that. :raises HandleTakenError: it is somebody else's, or was.
    """
    handle = handle.strip().lower()
    row = _locked(profile)
    if row.handle == handle:
        return False
    handles.validate_handle(handle)
    handles.take(handle, of=row)
    FormerHandle.objects.filter(profile=row, handle=handle).delete()
    FormerHandle.objects.create(profile=row, handle=row.handle, left_at=now)
    return _write(profile, row, now, handle=handle)


@transaction.atomic
def edit(*, profile: Profile, name: str, bio: str, links: Iterable[tuple[str, str]], now: datetime) -> bool:
    """`links`: label and address of each.

    :raises ValidationError: too many, too long, or no address of the web.
    """
    told: list[Link] = [link(label, url) for label, url in links]
    if len(told) > MOST_LINKS:
        raise ValidationError(f"At most {MOST_LINKS} links.")
    return _write(profile, _locked(profile), now, name=one_line(name), bio=one_line(bio), links=told)


def one_line(text: str) -> str:
    """Without line breaks, control characters and marks that turn the direction of the text around it."""
    kept = (mark for mark in text if mark not in _TURNING and (mark.isspace() or category(mark) != "Cc"))
    return " ".join("".join(kept).split())


_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff")


@transaction.atomic
def choose_audiences(*, profile: Profile, audiences: Mapping[Section, Audience], now: datetime) -> bool:
    """Who sees each section; those that are not named keep theirs. Only what differs from the usual is kept."""
    row = _locked(profile)
    chosen = {**row.audiences, **{section.value: audience.value for section, audience in audiences.items()}}
    kept = {
        section.value: chosen[section] for section in Section if chosen.get(section, USUAL[section]) != USUAL[section]
    }
    return _write(profile, row, now, audiences=kept)


@transaction.atomic
def choose_rest_days(*, profile: Profile, days: Collection[int], now: datetime) -> bool:
    """:raises ValidationError: no days of a week, or all of them."""
    chosen = sorted(set(days))
    if len(chosen) > MOST_REST_DAYS or not set(chosen) <= set(range(7)):
        raise ValidationError(f"At most {MOST_REST_DAYS} days of rest: a streak needs a day on which it could break.")
    return _write(profile, _locked(profile), now, rest_days=chosen)


@transaction.atomic
def pin(*, profile: Profile, repositories: Sequence[tuple[int, int]], now: datetime) -> bool:
    """Organization and repository of each, in their order. None: the public ones with the most work.

    :raises ValidationError: too many, or one in which the person has no pull requests.
    """
    chosen = list(dict.fromkeys(repositories))
    if len(chosen) > MOST_PINNED:
        raise ValidationError(f"At most {MOST_PINNED} repositories.")
    known = {(organization.id, row.id) for organization, row in repositories_to_pin(profile, now=now)}
    if not known.issuperset(chosen):
        raise ValidationError("You have no pull requests in that repository.")
    rows = [{"organization": organization, "repository": repository} for organization, repository in chosen]
    return _write(profile, _locked(profile), now, pinned=rows)


@transaction.atomic
def leave_out(*, profile: Profile, organizations: Collection[int], now: datetime) -> bool:
    """The organizations that count in nothing shown, all of them."""
    return _write(profile, _locked(profile), now, left_out=sorted(set(organizations)))


def publish(*, profile: Profile, by: User, now: datetime) -> bool:
    """From now on everybody sees what they may. Each organization whose work counts finds it in its audit."""
    return _publish(profile, is_published=True, by=by, now=now)


def unpublish(*, profile: Profile, by: User, now: datetime) -> bool:
    """From now on nobody sees anything of it, and its address looks as if it had never been there."""
    return _publish(profile, is_published=False, by=by, now=now)


@transaction.atomic
def _publish(profile: Profile, *, is_published: bool, by: User, now: datetime) -> bool:
    if not _write(profile, _locked(profile), now, is_published=is_published):
        return False
    act = "profile.published" if is_published else "profile.unpublished"
    for person in counted_people(profile, Audience.PUBLIC):
        with tenant(person.organization_id):
            audit.record(person.organization, act, profile, by=by, now=now)
    return True


def _locked(profile: Profile) -> Profile:
    return Profile.objects.select_for_update(no_key=True).get(id=profile.id)


def _write(profile: Profile, row: Profile, now: datetime, **fields: Any) -> bool:
    """Whether anything differed. What the caller holds is brought up to date as well."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    row.clean_fields(exclude=[field.name for field in row._meta.fields if field.name not in changed])
    if changed:
        row.changed_at = now
        row.save(update_fields=[*changed, "changed_at"])
    for name in (*fields, "changed_at"):
        setattr(profile, name, getattr(row, name))
    return bool(changed)
