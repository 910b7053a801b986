"""`git patch-id --stable` of a change, from GitHub's file patches: what the change does, wherever it was applied.

Line numbers, hashes of blobs and white space don't count, nor does the order of the files, so that a squash has the
patch id of its pull request. Git also hashes what a patch from GitHub can't tell: file modes, and how similar a renamed
file is. Modes are taken to be those of ordinary files and are left out where only they change; of a rename the two
names are hashed. So the id equals git's own wherever no file is renamed, copied, binary, executable or changes its mode
(`is_gits`), and everywhere it equals the id that this function gives the same change on the other side.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from events.pulls.lines.patches import hunks

_WHITESPACE = b" \t\n\r"  # a form feed is none to git
_NOWHERE = "/dev/null"


class PatchId(NamedTuple):
    """`is_gits`: as far as GitHub's answer shows, `git patch-id --stable` says the same."""

    hex: str
    is_gits: bool


def patch_id(entries: Iterable[Mapping[str, Any]]) -> PatchId | None:
    """The patch id of a diff's files (`DiffEntry`). None where nothing changed, or where a patch isn't whole."""
    total = 0
    is_gits = True
    files = 0
    for entry in entries:
        text = _file(entry)
        if text is None:
            return None
        files += 1
        is_gits &= entry.get("status") in ("added", "removed", "modified") and bool(entry.get("patch"))
        total = _added(total, text)
    return PatchId(total.to_bytes(20, "little").hex(), is_gits) if files else None


def _added(total: int, text: bytes) -> int:
    """Git adds the hashes of the files as numbers, the first byte the lowest, and drops what overflows."""
    digest = hashlib.sha1(text, usedforsecurity=False).digest()
    return (total + int.from_bytes(digest, "little")) % (1 << 160)


def _file(entry: Mapping[str, Any]) -> bytes | None:
    """What git hashes of a file: its diff without white space, line numbers and the line that names blobs."""
    status, name = entry.get("status"), str(entry.get("filename") or "")
    before = str(entry.get("previous_filename") or name)
    patch = entry.get("patch")
    if not isinstance(patch, str) or not patch:
        return _without_lines(entry, before, name)
    found = hunks(patch)
    if found is None:
        return None
    lines = [f"diff --git a/{before} b/{name}", *_headers(status, before, name)]
    lines.append(f"--- {_NOWHERE if status == 'added' else f'a/{before}'}")
    lines.append(f"+++ {_NOWHERE if status == 'removed' else f'b/{name}'}")
    lines += [line for hunk in found for line in hunk.lines]
    return _bare(lines)


def _headers(status: object, before: str, name: str) -> list[str]:
    told = {
        "added": ["new file mode 100644"],
        "removed": ["deleted file mode 100644"],
        "renamed": [f"rename from {before}", f"rename to {name}"],
        "copied": [f"copy from {before}", f"copy to {name}"],
    }
    return told.get(str(status), [])


def _without_lines(entry: Mapping[str, Any], before: str, name: str) -> bytes | None:
    """A file that is empty, binary, only renamed, or of another mode; None where lines changed that aren't told.

    Its blob's hash stands for what a binary file says: it is the same on both sides.
    """
    if entry.get("additions") or entry.get("deletions"):
        return None
    status = entry.get("status")
    blob = str(entry.get("sha") or "") if status in ("added", "modified", "changed") else ""
    return _bare([f"diff --git a/{before} b/{name}", *_headers(status, before, name), blob])


def _bare(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode("utf-8", "surrogatepass").translate(None, _WHITESPACE)
