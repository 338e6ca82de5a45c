"""The decisions on an event as the log has them: the operator's terminal shows more of each than a stored log."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shared.alerting.decision import Decision
from shared.events import Signal
from shared.ports import Create, Write
from shared.services.alerting.pages import is_message


def logged_decisions(
    decisions: Iterable[Decision], signals: Iterable[tuple[str, Signal]], writes: Iterable[Write]
) -> Iterator[dict[str, Any]]:
    """The summary of each decision on the first of *signals*, with its title, its status, what holds it and the
    channels of the messages among *writes*.
    """
    messages = [write.data for write in writes if isinstance(write, Create) and is_message(write)]
    for decision, (_, signal) in zip(decisions, signals, strict=False):
        held = decision.alert["held"] if decision.alert else None
        yield {
            **decision.summary(), "title": signal.title, "status": getattr(signal, "status", ""),
            "by": (held["by"] or "") if held else "", "channels": _channels(decision.alert_id, messages),
        }  # fmt: skip


def _channels(alert: str, messages: Sequence[Any]) -> list[str]:
    return [message["channel"] for message in messages if alert in message["cause"]["alerts"]]
