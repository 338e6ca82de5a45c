"""What a process remembers of its attempts to send messages."""

from dataclasses import dataclass, field

from shared.process.shares import Shares
from shared.services.outbox.message import MessageChange

MOST = 1000
"""How many receipts a process remembers."""


@dataclass
class Sends:
    """`shares` limits the attempts in flight. `receipts` are those that the store did not accept, by their message."""

    shares: Shares = field(default_factory=Shares)
    receipts: dict[str, MessageChange] = field(default_factory=dict)

    def keep(self, path: str, changes: MessageChange) -> None:
        """Remember *changes*, if they are a receipt, so that the next attempt writes them instead of sending again."""
        if changes["state"] != "sent":
            return
        if len(self.receipts) >= MOST:
            self.receipts.pop(next(iter(self.receipts), ""), None)  # the oldest: another process may have written it
        self.receipts[path] = changes
