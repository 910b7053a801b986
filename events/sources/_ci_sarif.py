"""SARIF 2.1.0, the analysers' common format: results by file, of each run's tool. Pure."""

from collections.abc import Iterable
from typing import Any, Final

from events.sources._base import Unreadable
from events.sources._ci_quality import Collector, Kind, Report, items, line

MOST_RUNS: Final = 50
NOWHERE: Final = "(none)"
"""Stands for the file of what is said of none."""
_LONGEST: Final = 60


def read_sarif(value: Any, root: str) -> Iterable[Report]:
    """One report for each tool; several runs of one are parts of one."""
    if not isinstance(value, dict) or not str(value.get("version", "")).startswith("2.1"):
        raise Unreadable("not SARIF 2.1: its version is another")
    runs = items(value.get("runs"))
    if len(runs) > MOST_RUNS:
        raise Unreadable(f"more than {MOST_RUNS} runs: send one report a job")
    found: dict[str, tuple[str, Collector]] = {}
    for run in runs:
        tool, version = _tool(run)
        _, files = found.setdefault(tool, (version, Collector(root)))
        for result in items(run.get("results") or []):
            if _counts(result):
                path, at = _place(result, run)
                files.file(path).violations.append(at)
    return [files.report(tool, Kind.STYLE, version) for tool, (version, files) in found.items()]


def _tool(run: dict[str, Any]) -> tuple[str, str]:
    driver = _member(run.get("tool"), "driver")
    name = driver.get("name")
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise Unreadable("a run doesn't tell its tool")
    version = driver.get("version") or driver.get("semanticVersion")
    is_plain = isinstance(version, str) and version.isprintable()
    return name.strip().lower()[:_LONGEST], str(version)[:_LONGEST] if is_plain else ""


def _counts(result: dict[str, Any]) -> bool:
    """Not what passed, is informational, went away, or was suppressed."""
    suppressed = result.get("suppressions") or []
    is_accepted = any(one.get("status", "accepted") == "accepted" for one in items(suppressed))
    is_fail = result.get("kind", "fail") == "fail" and result.get("level") != "none"
    return is_fail and result.get("baselineState") != "absent" and not is_accepted


def _place(result: dict[str, Any], run: dict[str, Any]) -> tuple[str, int]:
    """The file of a result, and its first line."""
    first: Any = next(iter(items(result.get("locations") or [])), None)
    place = _member(first, "physicalLocation")
    artifact = _member(place, "artifactLocation")
    uri, index = artifact.get("uri"), artifact.get("index")
    if not isinstance(uri, str) and isinstance(index, int):
        uri = _artifact(run.get("artifacts"), index)
    path = uri if isinstance(uri, str) and uri else NOWHERE
    return path, line(_member(place, "region").get("startLine"))


def _member(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _artifact(artifacts: Any, index: int) -> Any:
    if not isinstance(artifacts, list) or not 0 <= index < len(artifacts):
        return None
    return _member(artifacts[index], "location").get("uri")
