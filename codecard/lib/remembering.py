"""A memory of one process for what is dear to compute and can be told by a key that changes with it. Pure."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from hashlib import blake2b
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


def digest_of(parts: Iterable[object]) -> bytes:
    """In place of many things in a key: keys are kept as well, and thousands of people in each would be what is heavy.
    Equal for equal parts in the same order, as far as their `repr` tells them apart."""
    return blake2b(repr(list(parts)).encode(), digest_size=16).digest()


class Memory(Generic[Value]):
    """Keeps what was asked for last, up to a weight in all. A key must tell everything that the value rests on, with
    the organization first: nothing is ever looked for by a part of it, and nothing is taken back."""

    def __init__(self, most: int) -> None:
        self._most, self._weight = most, 0
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def keep(self, key: Hashable, value: Value, weight: int = 1) -> None:
        """`weight`: of what all may weigh together; what is heavier than that alone isn't kept."""
        if weight > self._most:
            return
        with self._lock:
            before = self._kept.pop(key, None)
            self._weight += weight - (before[1] if before else 0)
            self._kept[key] = value, weight
            while self._weight > self._most:
                self._weight -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)
