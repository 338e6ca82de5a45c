"""What a rotation asks of the place where secrets are kept."""

from typing import Protocol


class Keeper(Protocol):
    """Each writing method returns, in words, what was done or what the operator has to do."""

    @property
    def at_once(self) -> bool:
        """Whether a running process may see what is written at any moment; else only when it starts, and then all."""
        ...

    @property
    def restart(self) -> str:
        """How to start the functions again."""
        ...

    @property
    def reload(self) -> str | None:
        """How to let them see a value that has changed; None where they look by themselves."""
        ...

    @property
    def confirm(self) -> str:
        """What the command wants to be told once they were started again, where it cannot see that."""
        ...

    def value(self, name: str) -> str | None: ...

    def put(self, name: str, value: str) -> str: ...

    def copy(self, name: str, to: str) -> str: ...

    def forget(self, name: str) -> list[str]:
        """Put every value but the present one out of reach."""
        ...

    def is_known(self, name: str) -> bool:
        """Whether every function that takes webhooks reads the secret *name*, as far as can be told."""
        ...

    def where(self, name: str) -> str:
        """How the operator reads the value."""
        ...
