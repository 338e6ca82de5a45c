"""The lines of a source that would do nothing, each with the reason. `opos verify` refuses them."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from shared.config.files.faults import Fault, nearest
from shared.config.files.located_yaml import Located
from shared.config.files.validation import shown
from shared.config.sources import HmacSpec, Source
from shared.sources import format_name, scheme
from shared.sources.contract import Scheme, no_delivery
from shared.sources.template_places import template_mistakes
from shared.sources.vocabulary import VOCABULARIES, Vocabulary
from shared.values.durations import duration_text
from shared.values.severity import WORDS


class Reader(NamedTuple):
    """A source as opos reads it. `vocabulary` is None if its format is the operator's own mapping."""

    name: str
    source: Source
    scheme: Scheme
    format: str
    vocabulary: Vocabulary | None


class SilentLine(NamedTuple):
    """A line at the dotted `path` within its source that does nothing, and what to write instead."""

    path: str
    expected: str
    hint: str = "remove the line"


Reason = Callable[[Reader], str | None]
"""Why a key has no effect in a source; empty or None if it has one."""


def silent_lines(name: str, source: Source, located: Located) -> Iterator[Fault]:
    """An error for each line of *source*, called *name*, that would do nothing."""
    reader = reader_of(name, source)
    for check in (_keys, _incomplete, _template, _types, _words, _nameless_choice):
        for line in check(reader):
            yield _fault(reader, line, located)


def reader_of(name: str, source: Source) -> Reader:
    chosen = format_name(name, source)
    return Reader(name, source, scheme(source), chosen, VOCABULARIES.get(chosen))


def _fault(reader: Reader, line: SilentLine, located: Located) -> Fault:
    where, value = ["sources", reader.name], located.data["sources"][reader.name]
    for step in line.path.split(".", 1) if line.path else ():
        where, value = [*where, step], value.get(step) if isinstance(value, dict) else None
    return Fault(
        located.file, located.line(tuple(where)), ".".join(where), line.expected, _found(line, value), line.hint
    )


def _found(line: SilentLine, value: Any) -> str:
    """What stands in the file: of an entry such as an event type, its name."""
    top, _, entry = line.path.partition(".")
    if not line.path:
        return "none"
    return shown(entry) if top in {"severity", "severity_values"} else shown(value)


def _keys(reader: Reader) -> Iterator[SilentLine]:
    for path, reason in _WITHOUT_EFFECT.items():
        if _is_set(reader.source, path) and (why := reason(reader)):
            yield SilentLine(path, f"no {path}, since {why}")


def _is_set(section: Any, path: str) -> bool:
    key, _, rest = path.partition(".")
    given = section is not None and key in section.model_fields_set
    return given and (not rest or _is_set(getattr(section, key), rest))


def _hmac(reader: Reader) -> HmacSpec:
    if reader.source.hmac is None:
        raise LookupError("expected a source with scheme hmac")
    return reader.source.hmac


def _tolerance(reader: Reader) -> str:
    if reader.scheme.signs_time:
        return ""
    return (
        "template does not sign {timestamp}" if reader.source.hmac else f"scheme {reader.source.scheme} signs no time"
    )


def _repeat_window(reader: Reader) -> str:
    source, longest = reader.source, 2 * reader.source.tolerance
    if reader.scheme.signed is None:
        return f"scheme {source.scheme} signs nothing"
    if (source.delivery.body is not None) if source.delivery else reader.scheme.signs_id:
        return "the delivery id is signed, so that a copy is always a duplicate"
    if reader.scheme.signs_time and source.repeat_window > longest:
        return f"tolerance already rejects a copy older than {duration_text(longest)}"
    return ""


def _delivery(reader: Reader) -> str:
    if reader.scheme.delivery is no_delivery:
        return ""
    is_own = reader.source.hmac is not None
    return f"{'id_header' if is_own else f'scheme {reader.source.scheme}'} already says where the delivery id is"


def _delivery_window(reader: Reader) -> str:
    spec = reader.source.delivery
    return "" if spec and spec.hash else "it goes with hash: body, and a delivery id is a duplicate whenever it returns"


def _type(reader: Reader) -> str:
    return "" if reader.format == "mapped" else f"format {reader.format} reads the type of an event itself"


def _event(reader: Reader) -> str:
    alert = reader.source.alert
    return "alert has no `when`, so that it reads every payload" if alert and alert.when is None else ""


def _severity(reader: Reader) -> str:
    """Without a type that alerts, no entry can be right."""
    if reader.source.alert is not None or (reader.vocabulary and reader.vocabulary.alert_types):
        return ""
    return "nothing in this source makes an alert; add an alert: mapping to make one"


def _unsigned_time(reader: Reader) -> str:
    return "" if _hmac(reader).signs_time else "template does not sign {timestamp}"


def _without_parts(reader: Reader) -> str:
    return "" if _hmac(reader).signature_key else "without signature_key the header has no parts"


_WITHOUT_EFFECT: dict[str, Reason] = {
    "tolerance": _tolerance,
    "repeat_window": _repeat_window,
    "delivery": _delivery,
    "delivery.window": _delivery_window,
    "type": _type,
    "event": _event,
    "severity": _severity,
    "hmac.prefix": lambda reader: _hmac(reader).signature_key and "signature_key names the part with the signature",
    "hmac.separator": _without_parts,
    "hmac.timestamp_key": lambda reader: _unsigned_time(reader) or _without_parts(reader),
    "hmac.timestamp_header": lambda reader: _unsigned_time(reader)
    or (_hmac(reader).timestamp_key and "timestamp_key names the part with the time"),
}  # fmt: skip
"""Each key that has no effect in some sources."""


def _incomplete(reader: Reader) -> Iterator[SilentLine]:
    """Keys that need another one."""
    event = reader.source.event
    for key, other in (("amount", "currency"), ("currency", "amount")):
        if event and getattr(event, key) is not None and getattr(event, other) is None:
            yield SilentLine(f"event.{key}", f"{other} beside {key}, since money needs both", f"add {other}:")


def _template(reader: Reader) -> Iterator[SilentLine]:
    for expected, hint in template_mistakes(reader.source.hmac.template) if reader.source.hmac else ():
        yield SilentLine("hmac.template", expected, hint)


def _types(reader: Reader) -> Iterator[SilentLine]:
    """An `alert:` mapping may alert of any type, so with one any type may be meant."""
    vocabulary = reader.vocabulary
    if vocabulary is None or reader.source.alert is not None or not vocabulary.alert_types:
        return
    for kind in reader.source.severity:
        if not vocabulary.may_alert(kind):
            hint = nearest(kind, vocabulary.alert_types).removesuffix("?")
            hint = f"{hint}? To get alerts of another type" if hint else "to get alerts of this type"
            yield SilentLine(
                f"severity.{kind}",
                f"an event type of which format {reader.format} makes an alert",
                f"{hint}, add alert: with a `when:` that selects it",
            )


def _words(reader: Reader) -> Iterator[SilentLine]:
    """A format whose payloads say no severity has only those that it sets itself."""
    if (said := _said(reader)) is None:
        return
    for word in reader.source.severity_values:
        if word not in said:
            expected = f"one of {', '.join(said)}" if said else "no severity_values, since this source makes no alert"
            yield SilentLine(f"severity_values.{word}", expected, _words_hint(reader) if said else "remove the line")


def _words_hint(reader: Reader) -> str:
    return f"format {reader.format} sets no other severity; use severity: to set that of an event type"


def _said(reader: Reader) -> tuple[str, ...] | None:
    """The severities that alerts of this source can have before the operator's meaning; None if any word."""
    vocabulary, alert = reader.vocabulary, reader.source.alert
    if vocabulary and vocabulary.severities is not None:
        return None
    if alert and alert.severity not in WORDS:
        return None
    own = (alert.severity,) if alert else ()
    return tuple(WORDS) if vocabulary and vocabulary.alert_types else own


def _nameless_choice(reader: Reader) -> Iterator[SilentLine]:
    """Only the name chooses the format: it does not show if the mapping is meant to replace it."""
    source = reader.source
    if source.format is None and reader.format == reader.name != source.scheme and (source.alert or source.event):
        yield SilentLine(
            "alert" if source.alert else "event",
            f"format: beside a mapping, since the name {reader.name} alone chooses a format",
            f"write format: {reader.name} to add the mapping to it, or format: mapped to read by the mapping alone",
        )


def doubtful_lines(name: str, source: Source, located: Located) -> Iterator[Fault]:
    """A warning for each line of *source*, called *name*, that may do something, but surely not what is meant."""
    reader = reader_of(name, source)
    for check in (_unrecognised, _similar_types, _plain_word):
        for line in check(reader):
            yield _fault(reader, line, located)


def _unrecognised(reader: Reader) -> Iterator[SilentLine]:
    is_own = reader.format == "mapped" and reader.scheme.delivery is no_delivery
    if is_own and reader.source.delivery is None and reader.source.repeat_window:
        yield SilentLine(
            "",
            "delivery:, by which opos recognises what the sender sends again",
            "write delivery: {header: NAME}, {body: PATH} or {hash: body, window: 10m}",
        )


def _similar_types(reader: Reader) -> Iterator[SilentLine]:
    vocabulary = reader.vocabulary or Vocabulary()
    known = [kind for kind in vocabulary.alert_types if not kind.endswith("*")]
    for kind in reader.source.severity:
        is_open = reader.source.alert is not None or vocabulary.may_alert(kind)
        if is_open and kind not in known and (hint := nearest(kind, known, least=0.9)):
            yield SilentLine(f"severity.{kind}", f"an event type that format {reader.format} knows", hint)


def _plain_word(reader: Reader) -> Iterator[SilentLine]:
    alert = reader.source.alert
    if alert is None or alert.severity in WORDS or not alert.severity.isidentifier():
        return
    words = [word for group in WORDS.values() for word in group]
    if alert.severity in words or nearest(alert.severity, WORDS, least=0.8):
        yield SilentLine(
            "alert.severity",
            "critical, warning or info, or the path to the sender's word",
            f"this reads the field {alert.severity} of the body; for the word itself, write \"'{alert.severity}'\"",
        )
