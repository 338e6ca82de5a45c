"""Where the value of a field comes from, in words."""

from opos.terminal.times import OperatorClock
from shared.records.body import OPERATOR, Clock

YOU = "you"
"""What opos calls the owner of a field that belongs to no other system."""


def system_name(system: str) -> str:
    return YOU if system == OPERATOR else system


def origin(clock: Clock, times: OperatorClock) -> str:
    """`you, change 3, 10:02 (5 min ago)` or `stripe, event 0a1b2c3d, 10:02 (5 min ago)`."""
    ties = f", at the same time as {', '.join(map(cause_name, clock['ties']))}" if clock.get("ties") else ""
    return f"{system_name(clock['system'])}, {cause_name(clock['by'])}, {times.time_and_age(clock['at'])}{ties}"


def cause_name(id: str) -> str:
    """`change 3` for the id of a change, `event 0a1b2c3d` for any other."""
    record, _, n = id.rpartition(".")
    return f"change {int(n)}" if record and n.isdecimal() else f"event {id[:8]}"
