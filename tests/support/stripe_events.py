"""Every event type of Stripe with a minimal object, and what opos decides, as tables to read.

`python -m tests.support.stripe_events` writes both tables; tests compare them with the code.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shared.config.sources import Source
from shared.events import Alert, Signal
from shared.intake.webhook import Reading, read
from shared.sources.senders.stripe.decision import Decision
from shared.sources.senders.stripe.events import DECISIONS
from shared.values.money import format_money

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "tests/data/stripe/decisions.csv"
GUIDE = ROOT / "docs/stripe.md"
KNOWN: Mapping[str, Any] = json.loads((ROOT / "tests/data/stripe/events.json").read_text())
NOTED, HANDLED = (Source(scheme="stripe", secrets=["S"], test_mode=mode) for mode in ("note", "handle"))
_HEAD = "| event | if | what opos does |\n|---|---|---|\n"


class Sample(NamedTuple):
    """A snapshot event; `state` is what distinguishes its object from another of the same type."""

    type: str
    state: Mapping[str, Any]

    def payload(self, **changes: Any) -> Any:
        fields = {**KNOWN["objects"][KNOWN["types"][self.type]], **self.state}
        event = {"id": "evt_1", "object": "event", "created": 1795161600, "livemode": True, "type": self.type}
        return {**event, "data": {"object": fields}, **changes}


def samples() -> Iterator[Sample]:
    for type in KNOWN["types"]:
        for state in KNOWN["states"].get(type, [{}]):
            yield Sample(type, state)


def thin(type: str, **changes: Any) -> Any:
    """The thin event of *type*, whose related object is only named."""
    event = {"id": "evt_2", "object": "v2.core.event", "created": "2026-11-27T23:00:00.000Z", "livemode": True}
    name = KNOWN["types"].get(type.removeprefix("v1."), "thing")
    related = {"id": f"{name.replace('.', '_')}_1", "type": name, "url": "/v1/things/1"}
    is_about_one = KNOWN["thin_types"].get(type, True)
    return {**event, "type": type, "related_object": related if is_about_one else None, **changes}


def reading(payload: Any, source: Source = NOTED) -> Reading:
    return read("stripe", source, {}, payload)


def decided(payload: Any, source: Source = NOTED) -> str:
    """What opos makes of *payload*, in words."""
    return "; ".join(map(_told, reading(payload, source).signals)) or "noted"


def _told(signal: Signal) -> str:
    if isinstance(signal, Alert):
        act = f"{signal.severity} alert" if signal.status == "firing" else "resolves"
        return f"{act} {signal.fingerprint}: {signal.title}"
    income = signal.money and signal.about == "money in"
    return f"{f'income {format_money(signal.money.to_doc())}' if income and signal.money else 'line'}: {signal.title}"


def as_csv() -> str:
    """Per type and state: what opos decides for your account, for a connected account, and of the thin event."""
    lines = io.StringIO()
    rows = csv.writer(lines, lineterminator="\n")
    rows.writerow(["event", "object", "your account", "connected account", "thin event"])
    for sample in samples():
        own, connected = decided(sample.payload()), decided(sample.payload(account="acct_2"))
        state = " ".join(f"{name}={json.dumps(value)}" for name, value in sample.state.items())
        rows.writerow([sample.type, state, own, connected, decided(thin(f"v1.{sample.type}"))])
    for type in KNOWN["thin_types"]:
        if type.removeprefix("v1.") not in KNOWN["types"]:
            rows.writerow([type, "", "", "", decided(thin(type))])
    return lines.getvalue()


def as_markdown() -> str:
    """The types on which opos acts, from its table of decisions."""
    return _HEAD + "".join(
        f"| `{type}` | {_conditions(decision)} | {_act(decision)} |\n"
        for type, decisions in sorted(DECISIONS.items())
        for decision in decisions
    )


def _conditions(decision: Decision) -> str:
    named = [path for path in decision.by if path not in {"id", "account"}]
    present = [f"`{path}` is present" for path in named]
    return ", ".join([*present, *(_condition(path, values) for path, values in decision.when.items())])


def _condition(path: str, values: tuple[Any, ...]) -> str:
    words = ("absent" if value is None else json.dumps(value).strip('"') for value in values)
    return f"`{path}`: {' or '.join(words)}"


def _act(decision: Decision) -> str:
    title = (
        decision.title.replace("{sum}", "")
        .replace("{id}", "NAME")
        .replace("{outcome}", "was won, was lost or is closed")
    )
    if decision.severity is None:
        return f"{'income' if decision.about == 'money in' else 'a line'}: {title}"
    act = f"resolves `{decision.problem}`" if decision.is_end else f"`{decision.severity}` alert `{decision.problem}`"
    return f"{act}{_for_connected(decision)}: {title}"


def _for_connected(decision: Decision) -> str:
    if not decision.connected or (decision.is_end and decision.connected != "line"):
        return ""
    other = "a line" if decision.connected == "line" else f"`{decision.connected}`"
    return f" ({other} for a connected account)"


def main() -> None:
    TABLE.write_text(as_csv())
    old = GUIDE.read_text()
    GUIDE.write_text(re.sub(r"\| event \|.*?\n\n", lambda _: f"{as_markdown()}\n", old, flags=re.DOTALL))


if __name__ == "__main__":
    main()
