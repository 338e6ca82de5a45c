"""What a system says of one of its objects at a moment, and the body of a record after it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.records.body import Body, Clock, with_state, with_values


class Observation(NamedTuple):
    """The object `id` of the source `system`, as the event `event` says it was `at` by the clock of its sender.

    A field that is not in `values` is unknown; None unsets it. `is_deleted` says that the object is gone.
    """

    kind: str
    system: str
    id: str
    at: str
    event: str
    values: Mapping[str, Any]
    is_deleted: bool = False

    @property
    def clock(self) -> Clock:
        return Clock(at=self.at, by=self.event, system=self.system)


def observed(body: Body, observation: Observation) -> Body:
    """*body* after *observation*: the same for any order and repetition of observations."""
    values = {} if observation.is_deleted else observation.values
    after = with_values(body, values, observation.clock)
    if body["state"] == "merged":
        return after
    return with_state(after, "deleted" if observation.is_deleted else "live", observation.clock)


def observed_other(body: Body, observation: Observation) -> Body:
    """*body* after an observation of an object whose record was merged into this one, which has an object of its own.

    Only the record's own object says whether it is there: a duplicate is often deleted after the merge.
    """
    return body if observation.is_deleted else with_values(body, observation.values, observation.clock)
