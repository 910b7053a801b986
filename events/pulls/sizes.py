"""How large a pull request is, and of which class: the strata and bars of METRICS.md 5 and PULLS.md 3.1, 3.3."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from events.pulls.paths import is_generated, is_source, is_test

SMALL_FILES, SMALL_LINES = 3, 50
# Changed lines of non-test source: below 20, 20 to 99, 100 to 399, 400 and more.
STRATA = (20, 100, 400)


class Changed(NamedTuple):
    """A file of a pull request, with the lines it adds and removes."""

    path: str
    added: int
    removed: int

    @property
    def lines(self) -> int:
        return self.added + self.removed


class TaskClass(StrEnum):
    SMALL = "small"
    FEATURE = "feature"
    OTHER = "other"


class Size(NamedTuple):
    """Generated, vendored, lock and minified files are in none of these. `stratum` is 0 to 3."""

    files: int
    added: int
    removed: int
    source_added: int
    source_changed: int
    test_changed: int
    has_source: bool
    has_tests: bool
    stratum: int
    task_class: TaskClass


def size_of(files: Iterable[Changed], *, generated: Sequence[str] = (), tests: Sequence[str] = ()) -> Size:
    """`generated` and `tests` are the repository's own globs."""
    written = [file for file in files if not is_generated(file.path, generated)]
    of_test = [file for file in written if is_test(file.path, tests)]
    of_source = [file for file in written if is_source(file.path) and not is_test(file.path, tests)]
    changed = sum(file.lines for file in of_source)
    return Size(
        files=len(written),
        added=sum(file.added for file in written),
        removed=sum(file.removed for file in written),
        source_added=sum(file.added for file in of_source),
        source_changed=changed,
        test_changed=sum(file.lines for file in of_test),
        has_source=bool(of_source),
        has_tests=bool(of_test),
        stratum=stratum_of(changed),
        task_class=_task_class(written, has_both=bool(of_source) and bool(of_test)),
    )


def stratum_of(changed: int) -> int:
    return sum(changed >= bound for bound in STRATA)


def _task_class(written: Sequence[Changed], *, has_both: bool) -> TaskClass:
    """A small patch, a feature with tests, or other. Of nothing but generated files: other."""
    lines = sum(file.lines for file in written)
    if written and len(written) <= SMALL_FILES and lines <= SMALL_LINES:
        return TaskClass.SMALL
    return TaskClass.FEATURE if has_both and lines > SMALL_LINES else TaskClass.OTHER
