"""Whether a check runs tests, by its name: vendors don't say."""

import re
from typing import Final

TESTS: Final = re.compile(
    r"(?<![a-z])(?:unit|integration|e2e|end[- ]to[- ]end|py|nose|doc|j|go|vi)?[-_ ]?"
    r"(?:tests?|testing|pytest|unittest|specs?|rspec|jest|vitest|mocha|karma|cypress|playwright|tox|nox|phpunit|junit"
    r"|coverage|e2e|ci)(?![a-z])",
    re.IGNORECASE,
)


def is_test(name: str) -> bool:
    return TESTS.search(name[:200]) is not None
