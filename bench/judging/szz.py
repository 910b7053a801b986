"""Origins of defects: the product's rule on fixes whose origin is known, beside R-SZZ and B-SZZ.

B-SZZ blames every commit that last touched a deleted line, R-SZZ the newest of them, without blank and comment lines
(Rosa et al., ICSE 2021). The product names at most one commit of a fix, its best candidate.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bench.judging.rows import Judged, Row, read, read_lines, resampled, share
from events.pulls.lines.kinds import BLANK, COMMENT
from events.pulls.szz import PROBABLE_FROM, Candidate, Commit, Line, trace


class Case(NamedTuple):
    """A fix: owners are places in the file's list of commits, from 1 on; 0 is unknown."""

    source: str
    touches_source: bool
    lines: list[Line]
    commits: dict[int, Commit]
    truth: frozenset[int]
    fixed_at: int
    reported_at: int | None


class Verdict(NamedTuple):
    """What a rule named of one fix, how much of it was right, and how many commits there were to be named."""

    named: int
    right: int
    truth: int


Rule = Callable[[Case], set[int]]


def judge(paths: Sequence[Path], pairs: Sequence[Path]) -> Judged:
    """`pairs` are ICSE oracle files: where they know when a bug was reported, later commits drop out."""
    reported = {row["fix"]: row.get("earliest_issue_date") for path in pairs for row in read(path)}
    cases = [_case(row, reported) for path in paths for row in read_lines(path)]
    source = [case for case in cases if case.touches_source]
    icse = [case for case in cases if "icse" in case.source]
    sure = [_verdict(case, _probable) for case in cases]
    named, right = sum(verdict.named for verdict in sure), sum(verdict.right for verdict in sure)
    rows = [
        *_rows("origin", cases, at_least=0.53),
        _f1("origin, fixes that touch source", source, _product, at_least=0.62),
        _f1("origin, ICSE 2021", icse, _product, at_least=0.75),
        *(
            _f1(f"origin, {name}", [case for case in cases if case.source == name], _product)
            for name in _sources(cases)
        ),
        share(f"origin, precision at share ≥ {PROBABLE_FROM}", right, named, at_least=0.68),
        _f1("R-SZZ", cases, r_szz),
        _f1("R-SZZ, fixes that touch source", source, r_szz),
        _f1("R-SZZ, ICSE 2021", icse, r_szz),
        _f1("B-SZZ", cases, b_szz),
        Row("origin, F1 above R-SZZ", _figure(cases, _product) - _figure(cases, r_szz), at_least=0.05),
    ]
    precision, recall = _precision_and_recall([_verdict(case, _product) for case in cases])
    return Judged(
        {
            "f1": _figure(cases, _product),
            "precision": precision,
            "recall": recall,
            "source_f1": _figure(source, _product),
            "icse_f1": _figure(icse, _product) if icse else None,
            "precision_at_80": right / named if named else None,
            "r_szz_f1": _figure(cases, r_szz),
            "b_szz_f1": _figure(cases, b_szz),
        },
        rows,
    )


def b_szz(case: Case) -> set[int]:
    return {line.owner for line in case.lines if not line.is_anchor and line.owner}


def r_szz(case: Case) -> set[int]:
    told = {
        line.owner for line in case.lines if not line.is_anchor and line.kind not in (BLANK, COMMENT) and line.owner
    }
    return {max(told, key=lambda owner: (case.commits[owner].committed_at, owner))} if told else set()


def candidates(case: Case) -> list[Candidate]:
    return trace(case.lines, case.commits, fixed_at=case.fixed_at, reported_at=case.reported_at)


def _product(case: Case) -> set[int]:
    return {candidate.owner for candidate in candidates(case)[:1]}


def _probable(case: Case) -> set[int]:
    return {candidate.owner for candidate in candidates(case)[:1] if candidate.share >= PROBABLE_FROM}


def _case(row: Mapping[str, Any], reported: Mapping[str, str | None]) -> Case:
    files = [file for file in row["files"] if file["lang"] and not file["test"]]
    lines = [
        line
        for file in files
        for line in (
            *(Line(told[3] + 1, told[1], is_real=bool(told[2])) for told in file["deleted"]),
            *(Line(told[2] + 1, told[1], is_anchor=True) for told in file["anchors"]),
        )
    ]
    commits = {at: Commit(told[1], told[3]) for at, told in enumerate(row["commits"], 1)}
    told = row.get("issue_date") or reported.get(row["fix"])
    return Case(
        row["source"],
        bool(files),
        lines,
        commits,
        frozenset(at + 1 for at in row["truth"]),
        row["fix_time"],
        _moment(told),
    )


def _moment(told: str | float | None) -> int | None:
    if not isinstance(told, str):
        return None if told is None else int(told)
    moment = datetime.fromisoformat(told)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _sources(cases: Sequence[Case]) -> list[str]:
    return sorted({case.source for case in cases if "icse" not in case.source})


def _verdict(case: Case, rule: Rule) -> Verdict:
    named = rule(case)
    return Verdict(len(named), len(named & case.truth), len(case.truth))


def _precision_and_recall(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    right = sum(verdict.right for verdict in verdicts)
    named, truth = sum(verdict.named for verdict in verdicts), sum(verdict.truth for verdict in verdicts)
    return (right / named if named else 0.0), (right / truth if truth else 0.0)


def _f1_of(verdicts: Sequence[Verdict]) -> float:
    precision, recall = _precision_and_recall(verdicts)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _figure(cases: Sequence[Case], rule: Rule) -> float:
    return _f1_of([_verdict(case, rule) for case in cases])


def _f1(name: str, cases: Sequence[Case], rule: Rule, *, at_least: float | None = None) -> Row:
    verdicts = [_verdict(case, rule) for case in cases]
    value = _f1_of(verdicts) if cases else None
    return Row(f"{name}, F1", value, resampled(verdicts, _f1_of), at_least, note=f"{len(cases):,} fixes")


def _rows(name: str, cases: Sequence[Case], *, at_least: float) -> list[Row]:
    verdicts = [_verdict(case, _product) for case in cases]
    named, right, truth = (sum(column) for column in zip(*verdicts, strict=True)) if verdicts else (0, 0, 0)
    return [
        _f1(name, cases, _product, at_least=at_least),
        share(f"{name}, precision", right, named),
        share(f"{name}, recall", right, truth),
    ]
