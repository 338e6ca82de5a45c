"""The devices that subscribed to a channel of Web Push."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that subscribed. `endpoint` is the secret address at its push service; `public` (65 bytes) and `auth`
    (16 bytes) are the keys by which only this browser reads a message. Source: RFC 8291, section 3.
    """

    id: str
    endpoint: str = field(repr=False)
    public: bytes = field(repr=False)
    auth: bytes = field(repr=False)


class Devices(Protocol):
    def present(self) -> list[Device]:
        """All devices, the one that subscribed first at the front."""
        ...

    def note(self, id: str, fault: str = "") -> None:
        """Note that the device *id* was sent to, with success unless there is a *fault*. Never raises."""
        ...

    def remove(self, id: str) -> None:
        """Remove the device *id*, which has gone. Never raises."""
        ...
