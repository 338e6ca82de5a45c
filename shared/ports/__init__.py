"""The ports: what opos needs from outside, as Protocols. Adapters implement them; tests/contract defines them fully."""

from shared.ports.bus import Bus, Joined
from shared.ports.channel import Channel, Form, Mailing, Markup, Notice, Receipt, Subscribed, plain_notice
from shared.ports.clock import Clock
from shared.ports.identities import Identities
from shared.ports.store import (
    Condition,
    Create,
    Data,
    Delete,
    Doc,
    Operator,
    Set,
    Store,
    Update,
    Write,
    create_or_update,
)

__all__ = [
    "Bus", "Channel", "Clock", "Condition", "Create", "Data", "Delete", "Doc", "Form", "Identities", "Joined",
    "Mailing", "Markup", "Notice", "Operator", "Receipt", "Set", "Store", "Subscribed", "Update", "Write",
    "create_or_update", "plain_notice",
]  # fmt: skip
