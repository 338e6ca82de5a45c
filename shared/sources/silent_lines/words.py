"""The sender's words in a source: the event types and the severities that its payloads can have."""

from collections.abc import Iterator

from shared.config.files.faults import nearest
from shared.sources.severity_words import SEVERITY_WORDS
from shared.sources.silent_lines.reader import Reader, Remark
from shared.values.severity import WORDS


def remarks(reader: Reader) -> Iterator[Remark]:
    yield from _types(reader)
    yield from _words(reader)


def doubts(reader: Reader) -> Iterator[Remark]:
    yield from _similar_types(reader)
    yield from _plain_word(reader)


def _types(reader: Reader) -> Iterator[Remark]:
    """An `alert:` mapping may make an alert of any type, so beside one no type is refused."""
    source = reader.source
    if source.alert is not None:
        return
    if source.severity and not reader.alert_types.known:
        yield Remark("severity", "no severity, since nothing in this source makes an alert", "add alert: to make one")
        return
    for kind in source.severity:
        if not reader.alert_types.contains(kind):
            expected = f"an event type of which format {reader.format} makes an alert"
            yield Remark(f"severity.{kind}", expected, _type_hint(kind, reader))


def _type_hint(kind: str, reader: Reader) -> str:
    similar = nearest(kind, reader.alert_types.known)
    wanted = f"{similar} To get alerts of another type" if similar else "to get alerts of this type"
    return f"{wanted}, add alert: with a `when:` that selects it"


def _words(reader: Reader) -> Iterator[Remark]:
    """A format whose payloads say no severity has only those that it sets itself."""
    if (said := _said(reader)) is None:
        return
    for word in reader.source.severity_values:
        if word not in said:
            expected = f"one of {', '.join(said)}" if said else "no severity_values, since this source makes no alert"
            yield Remark(f"severity_values.{word}", expected, _words_hint(reader) if said else "remove the line")


def _words_hint(reader: Reader) -> str:
    return f"format {reader.format} sets no other severity; use severity: to set that of an event type"


def _said(reader: Reader) -> tuple[str, ...] | None:
    """The severities that alerts of this source can have before the operator's meaning; None if any word."""
    alert = reader.source.alert
    if reader.format in SEVERITY_WORDS or (alert and alert.severity not in WORDS):
        return None
    own = (alert.severity,) if alert else ()
    return tuple(WORDS) if reader.alert_types.known else own


def _similar_types(reader: Reader) -> Iterator[Remark]:
    known = (*reader.alert_types.known, *reader.alert_types.others)
    for kind in reader.source.severity:
        is_open = reader.source.alert is not None or reader.alert_types.contains(kind)
        if is_open and kind not in known and (hint := nearest(kind, known, least=0.9)):
            yield Remark(f"severity.{kind}", f"an event type that format {reader.format} knows", hint)


def _plain_word(reader: Reader) -> Iterator[Remark]:
    alert = reader.source.alert
    if alert is None or alert.severity in WORDS or not alert.severity.isidentifier():
        return
    words = [word for group in WORDS.values() for word in group]
    if alert.severity in words or nearest(alert.severity, WORDS, least=0.8):
        yield Remark(
            "alert.severity",
            "critical, warning or info, or the path to the sender's word",
            f"this reads the field {alert.severity} of the body; for the word itself, write \"'{alert.severity}'\"",
        )
