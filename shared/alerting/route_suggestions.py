"""What to write into opos.yaml so that alerts go another way from now on: opos shows it, and changes nothing itself."""

from collections.abc import Sequence
from typing import Literal

Wish = Literal["always", "never"]
WISHES: dict[Wish, str] = {"always": "interrupt_from: info", "never": "interrupt_from: never"}
WHERE = "under route.routes of opos.yaml, before the others"


def route_lines(matchers: Sequence[str], change: str) -> str:
    """A route for what *matchers* match, as YAML in one line."""
    quoted = ", ".join("'{}'".format(one.replace("'", "''")) for one in matchers)
    return f"- {{matchers: [{quoted}], {change}}}"
