"""Chance that repeats itself."""

from random import Random


def seeded(*parts: object) -> Random:
    """The same numbers for the same parts, in every process; independent ones for others."""
    return Random(":".join(map(str, parts)))  # noqa: S311 - repeating is what it is for
