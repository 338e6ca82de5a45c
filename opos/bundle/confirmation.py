"""Whether a running bundle answers as an override says: an override that no bundle applies switches nothing."""

import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from opos.bundle.data_folder import address
from opos.terminal.http import Answer, post
from shared.errors import Unavailable
from shared.services.flags.overrides import FRESH

if TYPE_CHECKING:
    from opos.terminal.options import Place

PATIENCE = FRESH + 3.0
"""Seconds until each process has read the overrides again, and some for its answer."""
PAUSE = 0.5
OK = 200
_JSON = {"content-type": "application/json"}
_BY_OVERRIDE, _BY_RULE = "by an override", "by its rule"


class Confirmation(NamedTuple):
    """`url` is the bundle that applies it; None if none does. `text` says so to a person."""

    url: str | None
    text: str


def confirmed(place: "Place", url: str | None, flag: str, variant: str | None) -> Confirmation:
    """Ask the bundle at *url*, or else the one that runs in *place*, until it answers *flag* with *variant*.

    *variant* None: until it answers by the flag's rule.
    """
    base = (url or address(place.data) or "").rstrip("/")
    if not base:
        return Confirmation(None, _nobody(place))
    until = time.monotonic() + PATIENCE
    while True:
        try:
            answer = post(f"{base}/ofrep/v1/evaluate/flags/{quote(flag, safe='')}", b"{}", _JSON, timeout=PATIENCE)
        except Unavailable as fault:
            return Confirmation(None, f"{fault.message} The change is stored, but perhaps nobody applies it.")
        told = _told(answer)
        if told.endswith(_BY_RULE) if variant is None else told == f"{variant} {_BY_OVERRIDE}":
            return Confirmation(base, f"The bundle at {base} applies it.")
        if time.monotonic() > until:
            return Confirmation(None, f"The bundle at {base} does not apply it yet: it answers {told}.")
        time.sleep(PAUSE)


def _nobody(place: "Place") -> str:
    if place.backend == "cloud":
        return "To see whether the bundle applies it, add --url with the address of flag-evaluator."
    return f"No bundle is running on {place.data}, so nobody receives this until one starts."


def _told(answer: Answer) -> str:
    """What the bundle answers, for a person: `off by an override`."""
    if answer.status != OK or not isinstance(answer.body, dict):
        return f"HTTP {answer.status}"
    is_overridden = (answer.body.get("metadata") or {}).get("overridden")
    return f"{answer.body.get('variant')} {_BY_OVERRIDE if is_overridden else _BY_RULE}"
