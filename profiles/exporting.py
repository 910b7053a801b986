"""A copy of all that is known of a person, as a ZIP of CSV and JSON: prepared in the background, kept for some days.

Its bytes lie in the database in parts of a megabyte, so that neither worker nor web process ever holds it whole.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from django.db import transaction
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.queries.own_files import Piece, blocks_of, own_pieces
from profiles.models import EarnedBadge, Export, ExportPart, ExportState, Profile
from teams.models import Contributor, Identity, Key, TeamMembership, User
from teams.queries import own_people

KEPT: Final = timedelta(days=7)
LEASE: Final = timedelta(minutes=10)
"""A run that wrote nothing for that long is taken for dead."""
PART: Final = 1_000_000
README: Final = """What Code Card knows of you.

account.json          your account, profile and badges; names, teams and keys by organization
<organization>/
  events.csv          every single fact that is kept, times in UTC; session_id leads to sessions.csv
  sessions.csv        your conversations with tools, with their sums
  daily-sums.csv      your sums by day, tool, model, repository, language and class of file
  edits.csv           what became of accepted code, by distance
  commits.csv         commits that your tools told
  pull-requests.csv   pull requests that you opened

Costs are millionths of a US dollar. A text that a spreadsheet would take for a formula begins with an apostrophe.
No prompt and no code is here, since none is kept.
"""


class _TakenOver(Exception):
    """Another run began it anew."""


class _Parts:
    """What a ZIP is written to: kept until `take` asks for whole parts."""

    def __init__(self) -> None:
        self.waiting, self.number, self.size = bytearray(), 0, 0

    def write(self, data: bytes, /) -> int:
        self.waiting += data
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        """The last parts are taken after it."""

    def take(self, *, is_last: bool = False) -> Iterator[tuple[int, bytes]]:
        while len(self.waiting) >= PART or (is_last and self.waiting):
            yield self.number, bytes(self.waiting[:PART])
            del self.waiting[:PART]
            self.number += 1


def ask_for_export(*, user: User, now: datetime) -> tuple[Export, bool]:
    """The one being prepared, else a new one; and whether it is new. Former ones go."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(id=user.id)
        waiting = (ExportState.WAITING, ExportState.RUNNING)
        going_on = Export.objects.filter(user=user, state__in=waiting, asked_at__gt=now - timedelta(hours=1)).first()
        if going_on:
            return going_on, False
        forget_exports(user=user)
        return Export.objects.create(user=user, asked_at=now), True


def forget_exports(*, user: User) -> None:
    """They hold what the person may just have deleted."""
    Export.objects.filter(user=user).delete()


def forget_old_exports(*, now: datetime) -> None:
    Export.objects.filter(asked_at__lt=now - KEPT).delete()


def prepare_export(*, export_id: int, now: datetime) -> None:
    """Writes the file from the beginning. Safe to repeat, and to kill: what another run is at is left alone."""
    user = _take(export_id, now)
    if user is None:
        return
    try:
        _write(export_id, user, now)
    except _TakenOver:
        return
    except BaseException:
        Export.objects.filter(id=export_id, started_at=now).update(state=ExportState.FAILED)
        raise


def _take(export_id: int, now: datetime) -> User | None:
    with transaction.atomic():
        rows = Export.objects.select_for_update(of=("self",), skip_locked=True).select_related("user")
        row = rows.filter(id=export_id).first()
        if row is None or row.state == ExportState.READY:
            return None
        if row.state == ExportState.RUNNING and (row.finished_at or now) > now - LEASE:
            return None
        ExportPart.objects.filter(export=row).delete()
        row.state, row.started_at, row.finished_at, row.done, row.of, row.size_bytes = (
            ExportState.RUNNING, now, now, 0, 0, 0,
        )  # fmt: skip
        row.save()
    return row.user


def _write(export_id: int, user: User, now: datetime) -> None:
    people = own_people(user)
    pieces: list[tuple[Contributor, Piece]] = []
    for one in people:
        with tenant(one.organization_id):
            pieces += ((one, piece) for piece in own_pieces(one.organization_id, one.id))
    parts = _Parts()
    with ZipFile(parts, "w", ZIP_DEFLATED, compresslevel=4) as file:
        file.writestr("README.txt", README)
        file.writestr("account.json", json.dumps(_account(user, people), indent=2, default=str, ensure_ascii=False))
        done = 0
        for names, some in _files(pieces):
            with file.open(names, "w", force_zip64=True) as member:
                for one, piece in some:
                    with tenant(one.organization_id):
                        for block in blocks_of(piece):
                            member.write(block)
                    done += 1
                    _keep(export_id, now, parts, done=done, of=len(pieces))
    _keep(export_id, now, parts, is_last=True, state=ExportState.READY, expires_at=now + KEPT)


def _files(pieces: list[tuple[Contributor, Piece]]) -> Iterator[tuple[str, list[tuple[Contributor, Piece]]]]:
    found: dict[str, list[tuple[Contributor, Piece]]] = {}
    for one, piece in pieces:
        found.setdefault(f"{one.organization.slug}/{piece.name}", []).append((one, piece))
    yield from found.items()


def _keep(export_id: int, begun: datetime, parts: _Parts, *, is_last: bool = False, **fields: Any) -> None:
    """:raises _TakenOver: it is another run's now, or was taken back."""
    with transaction.atomic():
        rows = Export.objects.filter(id=export_id, started_at=begun, state=ExportState.RUNNING)
        made = list(parts.take(is_last=is_last))
        if not rows.update(size_bytes=parts.size, finished_at=timezone.now(), **fields):
            raise _TakenOver
        ExportPart.objects.bulk_create(ExportPart(export_id=export_id, number=n, data=data) for n, data in made)


def _account(user: User, people: list[Contributor]) -> dict[str, Any]:
    profile = Profile.objects.filter(user=user).values(
        "handle", "name", "bio", "links", "is_published", "audiences", "rest_days", "pinned", "left_out", "created_at"
    )
    badges = EarnedBadge.objects.filter(user=user).order_by("earned_on", "slug")
    return {
        "account": {
            "email": user.email, "name": user.get_full_name(), "time_zone": user.time_zone, "joined": user.date_joined,
        },
        "profile": profile.first(),
        "badges": list(badges.values("slug", "earned_on", "evidence")),
        "organizations": [_in_organization(one) for one in people],
    }  # fmt: skip


def _in_organization(one: Contributor) -> dict[str, Any]:
    with tenant(one.organization_id):
        mine = {"organization": one.organization_id, "contributor": one}
        teams = TeamMembership.objects.filter(**mine).order_by("team__name")
        return {
            "organization": one.organization.slug,
            "known_as": one.display_name,
            "names": list(Identity.objects.filter(**mine).order_by("kind", "value").values("kind", "value", "sources")),
            "teams": list(teams.values_list("team__name", flat=True)),
            "keys": list(
                Key.objects.filter(**mine).order_by("id").values("kind", "name", "prefix", "created_at", "revoked_at")
            ),
        }


def parts_of(export: Export) -> Iterator[bytes]:
    rows = ExportPart.objects.filter(export=export).order_by("number")
    for number in list(rows.values_list("number", flat=True)):
        yield bytes(ExportPart.objects.get(export=export, number=number).data)
