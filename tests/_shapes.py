"""The shape of JSON as examples show it: which keys an object always has, which now and then, and of which types values
are. A vendor's examples so become a schema that invented answers can be held against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Shape:
    types: set[str] = field(default_factory=set)
    keys: dict[str, "Shape"] = field(default_factory=dict)
    always: set[str] = field(default_factory=set)
    """Keys that every example of the object has."""
    items: "Shape | None" = None

    @classmethod
    def of(cls, examples: Sequence[Any]) -> "Shape":
        shape = cls({_type(example) for example in examples})
        objects = [example for example in examples if isinstance(example, dict)]
        for key in {key for one in objects for key in one}:
            shape.keys[key] = cls.of([one[key] for one in objects if key in one])
        shape.always = set.intersection(*(set(one) for one in objects)) if objects else set()
        items = [item for example in examples if isinstance(example, list) for item in example]
        shape.items = cls.of(items) if items else None
        return shape

    def faults(self, value: Any, path: str = "") -> Iterator[str]:
        """What of a value no example has, and what of it is missing. Null is taken for anything: too few examples have
        it."""
        if value is None:
            return
        if self.types - {"null"} and _type(value) not in self.types:
            yield f"{path}: {_type(value)}, not {' or '.join(sorted(self.types))}"
        elif isinstance(value, list) and self.items:
            for item in value:
                yield from self.items.faults(item, f"{path}[]")
        elif isinstance(value, dict) and self.keys:
            yield from (f"{path}.{key}: missing" for key in sorted(self.always - value.keys()))
            yield from (f"{path}.{key}: unknown" for key in sorted(value.keys() - self.keys.keys()))
            for key in value.keys() & self.keys.keys():
                yield from self.keys[key].faults(value[key], f"{path}.{key}")


def _type(value: Any) -> str:
    names = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")
