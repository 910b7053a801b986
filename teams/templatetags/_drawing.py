"""Pictures that are drawn once for all who are shown the same."""

import pickle
from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Any, Final, ParamSpec

from django.template import Context, Engine, Library
from django.utils.safestring import SafeString

from codecard.lib.remembering import Memory

P = ParamSpec("P")
_MOST: Final = 8_000_000
"""Letters, in each process: some thousand rulers, or a hundred dashboards' charts."""
_DRAWN: Final[Memory[SafeString]] = Memory(_MOST)


def drawn(register: Library, template: str) -> Callable[[Callable[P, dict[str, Any]]], Callable[P, dict[str, Any]]]:
    """Registers a tag as `register.inclusion_tag(template)` does, of a function that rests on nothing but what it is
    given. A dashboard has fifty pictures, of which most are those of the request before; to draw them is a third of
    what it takes."""

    def decorate(told: Callable[P, dict[str, Any]]) -> Callable[P, dict[str, Any]]:
        @register.simple_tag(name=told.__name__)
        @wraps(told)
        def tag(*args: P.args, **kwargs: P.kwargs) -> SafeString:
            # Equal things may have unequal pickles, which costs a drawing; unequal things never have equal ones.
            key = told.__name__, blake2b(pickle.dumps((args, kwargs), protocol=5), digest_size=16).digest()
            picture = _DRAWN.get(key)
            if picture is None:
                context = Context(told(*args, **kwargs))
                picture = Engine.get_default().get_template(template).render(context)
                _DRAWN.keep(key, picture, len(picture))
            return picture

        return told

    return decorate
