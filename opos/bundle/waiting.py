"""What a server waits for its senders to send."""

from collections.abc import Callable


class Waiting(dict[object, Callable[[], None]]):
    """Everything that waits for its sender, the longest-waiting first, and how to end each wait."""

    def end_longest(self, kind: type = object) -> None:
        """Ends the longest wait whose key is a *kind*, if there is one."""
        if longest := next((wait for wait in self if isinstance(wait, kind)), None):
            self.pop(longest)()
