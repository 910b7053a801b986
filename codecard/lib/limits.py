"""How often somebody may do something: counted in Redis, shared by all processes.

Subjects are hashed: addresses and accounts don't stand in Redis.
"""

from hashlib import sha256
from typing import NamedTuple

from django.core.cache import cache


class Limit(NamedTuple):
    """`most` times in a window of `seconds`, for each subject by itself."""

    name: str
    most: int
    seconds: int

    def admits(self, *subjects: object, amount: int = 1) -> bool:
        """Counts so many more for every subject; False if any of them has had enough. Empty subjects aren't counted."""
        counts = [self._count(str(subject), amount) for subject in subjects if subject]
        return all(count <= self.most for count in counts)

    def _count(self, subject: str, amount: int) -> int:
        key = f"limit:{self.name}:{sha256(subject.lower().encode()).hexdigest()}"
        cache.add(key, 0, timeout=self.seconds)
        try:
            return int(cache.incr(key, amount))
        except ValueError:
            # It expired between the two: a new window has just begun.
            return amount
