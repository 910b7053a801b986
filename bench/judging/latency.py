"""Latency: the product's estimators on the times of real pull requests, against another implementation's values."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.judging.rows import Judged, Row, read
from codecard.lib.survival import End, Observation, aalen_johansen, kaplan_meier, median_survival, quantile

_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


def judge(paths: Sequence[Path]) -> Judged:
    errors = [error for path in paths for error in _errors(path)]
    worst = max(errors, default=0.0)
    rows = [Row("latency, largest error", worst, at_most=1e-4, note=f"{len(errors)} expected values")]
    return Judged({"max_error": worst, "values": len(errors)}, rows)


def _errors(path: Path) -> Iterator[float]:
    data = read(path)
    for agent, told in _expected(path).items():
        pulls = [row for row in data["prs"] if row["agent"] == agent]
        found = _figures([_observed(row, data["censor_at"]) for row in pulls], told)
        for name, value in _flat(told):
            yield _error(found.get(name), value)


def _expected(path: Path) -> dict[str, Any]:
    """Beside the data, named like it; else the only one that the folder has."""
    beside = path.with_name(path.name.replace(".json.gz", "_expected.json"))
    others = sorted(path.parent.glob("aidev_latency*expected*.json"))
    found: dict[str, Any] = read(beside) if beside.exists() else read(others[0]) if len(others) == 1 else {}
    return found


def _observed(row: Mapping[str, Any], censor_at: str) -> Observation:
    ended = row["merged_at"] or row["closed_at"] or censor_at
    end = End.EVENT if row["merged_at"] else End.COMPETING if row["closed_at"] else End.CENSORED
    return Observation((_moment(ended) - _moment(row["created_at"])).total_seconds(), end)


def _figures(seen: Sequence[Observation], told: Mapping[str, Any]) -> dict[str, float | None]:
    curve, merged = aalen_johansen(seen), [time for time, end in seen if end is End.EVENT]
    counts = {"merged": End.EVENT, "closed_unmerged": End.COMPETING, "open": End.CENSORED}
    return (
        {"n": len(seen)}
        | {name: sum(observation.end is end for observation in seen) for name, end in counts.items()}
        | {f"merged_only_seconds.{name}": quantile(merged, int(name[1:]) / 100) for name in told["merged_only_seconds"]}
        | {f"aalen_johansen_merged_by.{name}": curve.at(_span(name)) for name in told["aalen_johansen_merged_by"]}
        | {"km_close_as_censor_median_seconds": median_survival(kaplan_meier(seen))}
    )


def _flat(told: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float | None]]:
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def _error(found: float | None, expected: float | None) -> float:
    """The difference beyond what rounding to the expected value's own digits explains; a missing value is all wrong."""
    if found is None or expected is None:
        return 0.0 if found is expected else float("inf")
    digits = len(str(expected).partition(".")[2])
    return max(0.0, abs(found - expected) - 0.5000001 * float(10) ** -digits)


def _span(name: str) -> int:
    return int(name[:-1]) * _SECONDS[name[-1]]


def _moment(told: str) -> datetime:
    return datetime.fromisoformat(told)
