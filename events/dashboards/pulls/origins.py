"""Where the added lines of a pull request came from, file by file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from codecard.lib.svg import Slice
from events.models import AiClass, Attribution
from events.queries.pull_request_page import PullFacts

MOST_FILES = 12
GENERATED, EDITED, BY_HAND, UNKNOWN = "generated", "generated, edited", "by hand", "unknown"
COLOURS = {GENERATED: 1, EDITED: 3, BY_HAND: 6, UNKNOWN: 0}


@dataclass(frozen=True, slots=True)
class FileOrigins:
    path: str
    added: int
    parts: dict[str, int]
    is_left_out: bool
    """A lock file or build output: counted nowhere."""

    @property
    def slices(self) -> list[Slice]:
        """With the rest up to the largest file as empty room, so that bars can be compared."""
        return [Slice(name, self.parts.get(name, 0), COLOURS[name]) for name in COLOURS]

    @property
    def name(self) -> str:
        """Its last two steps: the whole path is in the title."""
        steps = self.path.split("/")
        return "/".join(steps[-2:]) if len(steps) > 2 else self.path


@dataclass(frozen=True, slots=True)
class Origins:
    files: list[FileOrigins]
    rest: int
    """How many more files there are."""
    totals: dict[str, int]
    share: float | None
    """Of added lines, generated ones; None where nothing told."""
    most: int

    @property
    def is_known(self) -> bool:
        return any(count for name, count in self.totals.items() if name != UNKNOWN)

    @property
    def legend(self) -> list[tuple[str, int, int]]:
        """Name, lines and colour of what there is."""
        return [(name, self.totals[name], COLOURS[name]) for name in COLOURS if self.totals[name]]


def origins_of(facts: PullFacts) -> Origins | None:
    """None while the files weren't asked for."""
    pull = facts.pull_request
    if pull.files is None:
        return None
    written = _written(facts.attributions)
    files = [_file(one, written.get(one["path"]), pull.ai_class) for one in pull.files if one.get("added")]
    files.sort(key=lambda one: (one.is_left_out, -one.added, one.path))
    counted = [one for one in files if not one.is_left_out]
    totals = {name: sum(one.parts.get(name, 0) for one in counted) for name in COLOURS}
    every = sum(totals.values())
    known = every - totals[UNKNOWN]
    share = (totals[GENERATED] + totals[EDITED]) / every if every and known else None
    most = max((one.added for one in counted), default=0)
    return Origins(files[:MOST_FILES], max(0, len(files) - MOST_FILES), totals, share, most)


def _written(attributions: Iterable[Attribution]) -> dict[str, tuple[int, bool]]:
    """Path -> lines that tools say they wrote, and whether they told of lines by hand as well."""
    found: dict[str, tuple[int, bool]] = {}
    for one in attributions:
        lines, has_human = found.get(one.path, (0, False))
        found[one.path] = (lines + one.ai_lines, has_human or one.human_lines is not None)
    return found


def _file(told: dict[str, Any], written: tuple[int, bool] | None, ai_class: str) -> FileOrigins:
    added, ai_added = int(told["added"]), told.get("ai_added")
    is_left_out = bool(told.get("is_generated"))
    if is_left_out:
        return FileOrigins(told["path"], added, {}, is_left_out)
    if ai_added is None and written is None:
        kind = BY_HAND if ai_class == AiClass.HUMAN else UNKNOWN
        return FileOrigins(told["path"], added, {kind: added}, is_left_out)
    kept = min(added, int(ai_added if ai_added is not None else written[0] if written else 0))
    # What a tool wrote into a commit and is not its own any more at the end was edited since.
    edited = max(0, min(added - kept, (written[0] if written else 0) - kept))
    return FileOrigins(
        told["path"], added, {GENERATED: kept, EDITED: edited, BY_HAND: added - kept - edited}, is_left_out
    )
