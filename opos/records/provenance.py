"""Where the value of a field comes from, and who made a change, in words."""

from collections.abc import Mapping

from opos.terminal.times import OperatorClock
from shared.records.body import OPERATOR, Clock
from shared.records.change import Actor, ActorKind

_CAUSES: Mapping[ActorKind, str] = {
    "person": "ask", "source": "event", "run": "run", "agent": "run", "import": "import",
}  # fmt: skip
"""What the cause of a change is, by who made it: what a person changes has one if it answers an ask."""
YOU = "you"
"""What opos calls the owner of a field that belongs to no other system."""


def system_name(system: str) -> str:
    return YOU if system == OPERATOR else system


def origin(clock: Clock, times: OperatorClock) -> str:
    """`you, change 3, 10:02 (5 min ago)` or `stripe, event 0a1b2c3d, 10:02 (5 min ago)`."""
    ties = f", at the same time as {', '.join(map(setter_name, clock['ties']))}" if clock.get("ties") else ""
    return f"{system_name(clock['system'])}, {setter_name(clock['by'])}, {times.time_and_age(clock['at'])}{ties}"


def setter_name(id: str) -> str:
    """`change 3` for the id of a change, `event 0a1b2c3d` for any other."""
    record, _, n = id.rpartition(".")
    return f"change {int(n)}" if record and n.isdecimal() else f"event {id[:8]}"


def actor_name(actor: Actor) -> str:
    """A person or a source by name alone, others as `run 0a1b2c3d`."""
    is_known = actor["kind"] in {"person", "source"}
    return actor["name"] if is_known else f"{actor['kind']} {actor['name']}"


def cause_name(id: str, actor: Actor) -> str:
    """What *id* names, which caused a change by *actor*."""
    return f"{_CAUSES[actor['kind']]} {id[:8]}"
