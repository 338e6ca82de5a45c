"""A property that is computed once, at first use, even if many threads read it at the same time.

Since Python 3.12, `functools.cached_property` no longer guarantees this.
"""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

A = TypeVar("A")
T = TypeVar("T")
_making = threading.RLock()


def by_identity(make: Callable[[A], T]) -> Callable[[A], T]:
    """*make*, called once for each argument, such as a part of the configuration that lives as long as the process."""
    kept: dict[int, tuple[A, T]] = {}

    def find(of: A) -> T:
        entry = kept.get(id(of))
        if entry is None:
            entry = kept[id(of)] = (of, make(of))  # *of* is kept, so no other object gets its id
        return entry[1]

    return find


class once(Generic[T]):  # noqa: N801  (used as `property` is)
    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, instance: Any, owner: type) -> T:
        """Runs only until the instance's dictionary holds the value, because Python looks there first."""
        with _making:
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._make(instance)
        value: T = instance.__dict__[self._name]
        return value
