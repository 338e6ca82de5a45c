"""A message about somebody who was forgotten while it was under way: it still notifies you, without saying who."""

from shared.events import Alert, EventAccepted, Signal


def nameless(message: EventAccepted) -> EventAccepted:
    """*message* without what its signals say of anybody. Each is still about the same alert, and as severe."""
    return message.model_copy(update={"signals": tuple(_nameless(signal, message.type) for signal in message.signals)})


def _nameless(signal: Signal, type: str) -> Signal:
    said = {"title": f"{type} about somebody who was forgotten", "summary": "", "link": "", "labels": {}}
    if isinstance(signal, Alert):  # routes may match the rule that fired
        said["labels"] = {"alertname": signal.labels.get("alertname", type)}
    return signal.model_copy(update=said)
