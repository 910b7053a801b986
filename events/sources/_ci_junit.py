"""JUnit XML to five numbers. No name, message or output of a test is kept, or leaves this file. Pure.

There is no standard, so this reads what pytest, Surefire, Gradle, jest-junit, go-junit-report and PHPUnit write: cases
anywhere below suites, suites in suites, and several reports one after the other in one body. A document type is refused
as a whole, and with it every entity: nothing can be expanded and nothing fetched.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.parsers import expat

from events.sources._base import Unreadable

MOST_DEPTH: Final = 64
MOST_ELEMENTS: Final = 500_000
MOST_DOCUMENTS: Final = 2_000
MOST_SECONDS: Final = 10_000_000.0
_MOST_COUNT: Final = 10_000_000
_MARK: Final = b"\xef\xbb\xbf"
"""Of UTF-8: where reports are put together, it stands in the middle as well."""
_SUITES, _CASE = frozenset({"testsuites", "testsuite"}), "testcase"
# By what a case holds, the worst first. One that passed when it was tried again failed on its first try.
_WORST: Final = ("errors", "failed", "skipped")
_OUTCOMES: Final = {
    "error": "errors", "failure": "failed", "skipped": "skipped", "flakyError": "errors", "flakyFailure": "failed",
    "rerunError": "errors", "rerunFailure": "failed",
}  # fmt: skip
# What stands after the end of a document, another's declaration included, is the next document.
_NEXT_DOCUMENT: Final = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT],
        expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI],
    }
)


class Counts(NamedTuple):
    """Tests by what became of them. `errors`: those that broke before they could fail."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    seconds: float = 0.0

    @property
    def ran(self) -> int:
        return self.passed + self.failed + self.errors


@dataclass
class _Suite:
    """An open suite: what it says of itself, and what was seen in it. One with suites in it says it of all of them."""

    told: dict[str, str]
    has_suites: bool = False
    cases: int = 0
    seconds: float = 0.0
    seen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("passed", *_WORST), 0))


class _Reader:
    def __init__(self) -> None:
        self.sums: dict[str, int] = dict.fromkeys(("passed", *_WORST), 0)
        self.seconds = 0.0
        self.elements = self.depth = 0
        self.is_over = False
        self.suites: list[_Suite] = []
        self.case: set[str] | None = None
        self.case_seconds = 0.0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth, self.elements = self.depth + 1, self.elements + 1
        if self.depth > MOST_DEPTH:
            raise Unreadable(f"nested more than {MOST_DEPTH} levels deep")
        if self.elements > MOST_ELEMENTS:
            raise Unreadable(f"more than {MOST_ELEMENTS:,} elements: send one report a job")
        name = name.rpartition(":")[2]
        if self.depth == 1 and name not in _SUITES:
            raise Unreadable("not JUnit XML: the outermost element is neither testsuites nor testsuite")
        if name in _SUITES and self.case is None:
            if self.suites:
                self.suites[-1].has_suites = True
            self.suites.append(_Suite(attributes))
        elif name == _CASE and self.case is None and self.suites:
            self.case, self.case_seconds = set(), _seconds(attributes.get("time", ""))
        elif self.case is not None and name in _OUTCOMES:
            self.case.add(_OUTCOMES[name])

    def end(self, name: str) -> None:
        self.depth -= 1
        self.is_over = self.depth == 0
        name = name.rpartition(":")[2]
        if name == _CASE and self.case is not None:
            suite = self.suites[-1]
            suite.cases += 1
            suite.seconds += self.case_seconds
            suite.seen[next((one for one in _WORST if one in self.case), "passed")] += 1
            self.case = None
        elif name in _SUITES and self.case is None:
            self._close(self.suites.pop())

    def _close(self, suite: _Suite) -> None:
        """What the suite's cases say; where it has fewer than it counts itself, which some tools do of what broke the
        suite as a whole, or that write no cases at all, what it counts."""
        seen = suite.seen
        if not suite.has_suites:
            told = {ours: _count(suite.told, theirs) for ours, theirs in _COUNTED.items()}
            if not suite.cases:
                seen["passed"] = max(0, _count(suite.told, "tests") - sum(told.values()))
            for name, count in told.items():
                if not suite.cases or (name != "skipped" and not seen[name]):
                    seen[name] = max(seen[name], count)
        for name, count in seen.items():
            self.sums[name] += count
        self.seconds += suite.seconds or (0.0 if suite.has_suites else _seconds(suite.told.get("time", "")))


_COUNTED: Final = {"failed": "failures", "errors": "errors", "skipped": "skipped"}


def parse(body: bytes) -> Counts:
    """:raises Unreadable: it is no XML, no JUnit, or holds what no report needs."""
    if not body.strip():
        raise Unreadable("the body is empty")
    reader, rest = _Reader(), memoryview(body.replace(_MARK + b"<", b"<").lstrip())
    for _ in range(MOST_DOCUMENTS):
        rest = rest[_parse_one(rest, reader) :]
        if not rest:
            return Counts(**{name: min(count, _MOST_COUNT) for name, count in reader.sums.items()},
                          seconds=round(min(reader.seconds, MOST_SECONDS), 3))  # fmt: skip
    raise Unreadable(f"more than {MOST_DOCUMENTS:,} reports: send one report a job")


def _parse_one(document: memoryview, reader: _Reader) -> int:
    """How many bytes it has."""
    parser = expat.ParserCreate()
    parser.buffer_text = False
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = parser.ExternalEntityRefHandler = parser.UnparsedEntityDeclHandler = _refuse
    reader.is_over = False
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        if reader.is_over and error.code in _NEXT_DOCUMENT and parser.ErrorByteIndex > 0:
            return int(parser.ErrorByteIndex)
        line = min(error.lineno, 10_000_000)
        raise Unreadable(f"not well-formed XML, or not in the encoding that it names (line {line})") from None
    except (ValueError, LookupError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable("its encoding is not known") from None
    return len(document)


def _refuse(*_: object) -> int:
    raise Unreadable("it has a document type or entities, which no report needs: leave them out")


def _count(told: dict[str, str], name: str) -> int:
    value = told.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,8}", value, re.ASCII) else 0


def _seconds(told: str) -> float:
    """Some write thousands with a comma."""
    if len(told) > 30:
        return 0.0
    try:
        seconds = float(told.replace(",", ""))
    except ValueError:
        return 0.0
    return min(seconds, MOST_SECONDS) if math.isfinite(seconds) and seconds > 0 else 0.0
