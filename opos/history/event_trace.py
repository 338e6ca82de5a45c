"""What followed from an event, on one screen, for `opos trace`."""

from collections.abc import Iterator

from opos.terminal.times import OperatorClock
from shared.services.alerting.event_story import Story


def lines(story: Story, clock: OperatorClock) -> list[str]:
    """*story* on one screen, with its times on *clock*."""
    parts = [_event_lines(story, clock)]
    parts += [_decision_lines(consumer, handled, clock) for consumer, handled in story["handled"].items()]
    parts += [_alert_lines(alert, clock) for alert in story["alerts"]]
    parts += [_message_lines(message, clock) for message in story["messages"]]
    parts += [_change_lines(change, clock) for change in story["records"]]
    parts += [_letter_lines(letter, clock) for letter in story["dead_letters"]]
    return [line for part in parts for line in part]


def _event_lines(story: Story, clock: OperatorClock) -> Iterator[str]:
    event = story["event"]
    yield f"event     {event['id']}  ({event['state']})"
    yield f"          {event['source']} {event['type']}: {event['subject'] or '-'}"
    received = clock.time_and_age(event["received_at"])
    yield f"received  {received}, signature verified, {event['body_characters']} characters stored"
    yield f"          `opos event {event['id'][:8]}` shows them"
    yield f"delivery  {event['delivery_id']}"
    yield f"trace     {event['trace']}"
    if story["quarantine"]:
        yield "quarantine"
        yield f"          {story['quarantine']}"
    if story["repeats"]:
        yield f"repeats   {story['repeats']}, which came under another delivery id"
    if story["same_body_as"]:
        yield f"same body {', '.join(story['same_body_as'])}"
    if story["republished"]:
        yield f"published again {story['republished']}x by the sweeper"


def _decision_lines(consumer: str, handled: Story, clock: OperatorClock) -> Iterator[str]:
    yield f"decided   {clock.time(handled['at'])} by {consumer}"
    for decision in handled["decisions"]:
        yield f"          {decision['path']}: {clock.text(decision['reason'])}  (alert {decision['alert'][:8]})"
    if not handled["decisions"]:
        yield "          record: it contains no alert and no business event"


def _alert_lines(alert: Story, clock: OperatorClock) -> Iterator[str]:
    waits = f", waits for the next digest ({alert['pending']['queue']})" if alert["pending"] else ""
    yield f"alert     {alert['id'][:8]}  {alert['severity']} {alert['state']}, seen {alert['count']}x{waits}"
    yield f"          {alert['title']}"
    if alert["held"]:
        yield f"          held until {clock.time(alert['calls_at'])}: {clock.text(alert['held']['reason'])}"
    elif alert["again"]:
        yield f"          {clock.text(alert['again']['why'])}"
    if alert["until"]:
        yield f"          {alert['state']} until {clock.time_and_age(alert['until'])}"


def _message_lines(message: Story, clock: OperatorClock) -> Iterator[str]:
    at = message["receipt"]["at"] if message["receipt"] else message["created_at"]
    state = f"{message['state']} on {message['receiver']}, attempt {message['attempts']}"
    yield f"message   {clock.time_and_age(at)}, {state}"
    yield f"          {message['path']}: {message['title']}"
    if cause := message["cause"]:
        yield f"          {cause['kind']} notification, {cause['step']}, by {cause['route']}; cost {message['cost']:g}"
        if because := cause.get("because"):
            yield f"          {clock.text(because)}"
    if message["last_fault"]:
        again = f"next attempt {clock.time_and_age(message['due_at'])}" if message["due_at"] else "no further attempt"
        yield f"          {message['last_fault']}; {again}"


def _change_lines(change: Story, clock: OperatorClock) -> Iterator[str]:
    yield f"record    {clock.time(change['at'])}, change {change['n']} of {change['kind']} {change['record'][:8]}"
    yield f"          {', '.join(change['fields']) or 'no value changed'}"


def _letter_lines(letter: Story, clock: OperatorClock) -> Iterator[str]:
    received = clock.time_and_age(letter["received_at"])
    if letter["faults"]:
        yield f"misfit    {received}, not in the record:"
        yield from (f"          {place}: {clock.text(fault)}" for place, fault in letter["faults"].items())
        return
    yield f"failed    {received}, {letter['subscription']} did not process it in {letter['attempts']} attempts"
