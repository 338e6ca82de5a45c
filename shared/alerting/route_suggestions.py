"""Lines for opos.yaml that change the route of some alerts. opos only shows them."""

from collections.abc import Sequence
from typing import Literal

Wish = Literal["always", "never"]
WISHES: dict[Wish, str] = {"always": "interrupt_from: info", "never": "interrupt_from: never"}
WHERE = "under route.routes of opos.yaml, before the others"


def route_lines(matchers: Sequence[str], change: str) -> str:
    """A route for alerts that *matchers* match, as YAML on a single line."""
    quoted = ", ".join("'{}'".format(matcher.replace("'", "''")) for matcher in matchers)
    return f"- {{matchers: [{quoted}], {change}}}"
