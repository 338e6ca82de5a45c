"""The interface of a secret backend, as a rotation uses it."""

from typing import Protocol


class Keeper(Protocol):
    """A secret backend. Each method that writes returns a line: what it did, or what the operator has to do."""

    @property
    def at_once(self) -> bool:
        """Whether a running process may see a new value at any time; if not, it sees all of them when it starts."""
        ...

    @property
    def restart(self) -> str:
        """How to restart the functions."""
        ...

    @property
    def reload(self) -> str | None:
        """How to make the functions read a changed value; None if they do so on their own."""
        ...

    @property
    def confirm(self) -> str:
        """The option that confirms the restart to the command, where the command cannot see it."""
        ...

    def value(self, name: str) -> str | None: ...

    def put(self, name: str, value: str) -> str: ...

    def copy(self, name: str, to: str) -> str: ...

    def forget(self, name: str) -> list[str]:
        """Disables every value except the current one."""
        ...

    def is_known(self, name: str) -> bool:
        """Whether every running intake reads the secret *name*, as far as that can be determined."""
        ...

    def where(self, name: str) -> str:
        """The command that shows the value to the operator, or where it is."""
        ...
