"""What opos makes of one type of Stripe's events, as data: an alert that begins or ends, or a line of the digest."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from shared.events import About, Severity

Conditions = Mapping[str, tuple[Any, ...]]
"""By field, the values with which a decision applies; None stands for a field that is absent."""

ALWAYS: Conditions = MappingProxyType({})


class Decision(NamedTuple):
    """The signal that an event makes.

    `title` may contain `{sum}`, `{outcome}` and `{id}`. An alert has a `severity`, and its fingerprint is the `problem`
    with the fields in `by`, so that a later event ends it. If one is absent, the decision does not apply, unless it is
    the `id`, which every object has; the `account` may also be the connected account of the event. `shows` is the
    object whose page in `area` of the dashboard the link opens; of `a|b`, the first that is present. `amount` is the
    field with the money. `connected` is the severity for a connected account, if it differs; `line` makes a line of the
    digest instead. `comes_first`: the event precedes all others of its second.
    """

    title: str
    severity: Severity | None = None
    problem: str = ""
    by: tuple[str, ...] = ("id",)
    area: str = ""
    shows: str = "id"
    amount: str = ""
    about: About = "other"
    when: Conditions = ALWAYS
    connected: Severity | Literal["line"] | None = None
    is_end: bool = False
    comes_first: bool = False

    @property
    def needs_object(self) -> bool:
        """Whether it depends on a field of the object besides its id, so that it never applies to a thin event."""
        return bool(self.when) or not {"id", "account"}.issuperset(self.by)

    def severity_for(self, account: str) -> Severity | None:
        """The severity of the alert for the connected *account*, or for your own if empty; None if it is a line."""
        severity = self.connected if account and self.connected else self.severity
        return None if severity == "line" else severity

    def ends(self, title: str, **changes: Any) -> "Decision":
        """The decision by which another event ends the alert of this one."""
        return self._replace(**{"title": title, "when": ALWAYS, "is_end": True, **changes})
