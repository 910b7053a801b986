"""Settings of an organization, changed by several admins who may all look at the same page."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from codecard.lib.tenant import tenant
from teams import audit, slugs
from teams.actions.organizations import change_time_zone
from teams.models import Organization, User
from teams.notices import floor_notice

FIELDS = {
    "name": "Name",
    "slug": "Address",
    "time_zone": "Time zone",
    "privacy_floor": "Smallest group",
    "allows_publication": "Publication",
    "retention_days": "Days that events are kept",
    "cost_visibility": "Who sees cost",
    "stores_titles": "Titles of pull requests and issues",
    "opens_prompts": "Single prompts on pull requests",
}
"""What may be changed here, as the page calls it."""


class SettingsClashError(ValueError):
    """Somebody else changed the same settings since the form was shown. Nothing was written."""

    def __init__(self, fields: Iterable[str]) -> None:
        self.fields = sorted(fields)
        names = ", ".join(FIELDS[field].lower() for field in self.fields)
        super().__init__(f"Somebody else changed this meanwhile: {names}. Nothing was saved.")


def change_organization(
    *,
    organization: Organization,
    shown: Mapping[str, Any],
    wanted: Mapping[str, Any],
    by: User | None,
    now: datetime,
) -> dict[str, Any]:
    """Writes the fields whose wanted value is not the one that the form was shown with; what was before and what is
    now stands in the audit. The fields that were written, with their new values: empty the second time.

    :raises SettingsClashError: somebody else changed one of them to something else in between.
    :raises SlugTakenError: another organization has that address, or had it.
    :raises ValidationError: a value is out of its range.
    """
    changed = {field: value for field, value in wanted.items() if value != shown[field]}
    with tenant(organization.id):
        row = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        changed = {field: value for field, value in changed.items() if value != getattr(row, field)}
        if clashes := [field for field in changed if getattr(row, field) != shown[field]]:
            raise SettingsClashError(clashes)
        before = {field: getattr(row, field) for field in changed}
        _write(row, changed, by, now)
        before, after = ({name: value for name, value in of.items() if name != "time_zone"} for of in (before, changed))
        if after:
            audit.record(row, "organization.changed", row, by=by, now=now, before=before, after=after)
    return changed


def _write(row: Organization, changed: Mapping[str, Any], by: User | None, now: datetime) -> None:
    fields = {name: value for name, value in changed.items() if name != "time_zone"}
    if "slug" in fields:
        fields["former_slugs"] = _give_up_slug(row, fields["slug"])
    if "privacy_floor" in fields:
        fields |= _remembered_floor(row, fields["privacy_floor"], now)
    for name, value in fields.items():
        setattr(row, name, value)
    row.clean_fields(exclude=[field.name for field in row._meta.fields if field.name not in changed])
    if fields:
        row.save(update_fields=list(fields))
    if "time_zone" in changed:
        change_time_zone(of=row, time_zone=changed["time_zone"], by=by, now=now)


def _give_up_slug(row: Organization, slug: str) -> list[str]:
    """The former slugs after a move. The old one is locked too: whoever wants it must see that it stays taken."""
    for one in sorted({row.slug, slug}):
        slugs.take(one, of=row)
    return [*(one for one in row.former_slugs if one not in {slug, row.slug}), row.slug]


def _remembered_floor(row: Organization, floor: int, now: datetime) -> dict[str, Any]:
    """What members are told of. The highest floor of the last days counts: going down in two steps, or up again by one,
    does not make the notice smaller."""
    told = floor_notice(row, now)
    if floor > row.privacy_floor:
        return {}
    return {
        "privacy_floor_before": max(row.privacy_floor, told.before if told else 0),
        "privacy_floor_changed_at": now,
    }
