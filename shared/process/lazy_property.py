"""A property that is computed at first use, and only once even if several threads use it at the same time.

`functools.cached_property` has not guaranteed that since Python 3.12.
"""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

A = TypeVar("A")
T = TypeVar("T")
_making = threading.RLock()


def by_identity(make: Callable[[A], T]) -> Callable[[A], T]:
    """*make*, called once per argument: for parts of the configuration, which live as long as the process."""
    kept: dict[int, tuple[A, T]] = {}

    def find(of: A) -> T:
        entry = kept.get(id(of))
        if entry is None:
            entry = kept[id(of)] = (of, make(of))  # *of* is kept, so no other object gets its identity
        return entry[1]

    return find


class once(Generic[T]):  # noqa: N801  (used like `property`)
    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, instance: Any, owner: type) -> T:
        """Called only until the value is in the instance's own dictionary, where Python looks first."""
        with _making:
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._make(instance)
        value: T = instance.__dict__[self._name]
        return value
