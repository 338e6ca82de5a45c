"""What one event says of records. It is loaded for the first event that a mapping reads."""

from collections.abc import Iterator, Mapping

from functions.record_keeper.context import KeeperContext
from functions.record_keeper.forgotten_arrivals import forget_arrival
from functions.record_keeper.misfit_events import keep_misfit
from shared.config.record_owners import owners
from shared.config.records.fit import id_field, misfits
from shared.config.records.mapping import RecordMapping
from shared.config.sources import Source
from shared.errors import AlreadyExists, Conflict, ContractBroken, OposError
from shared.events import Event, EventAccepted, iso
from shared.intake.body import parsed, raw_body
from shared.intake.webhook import is_only_noted
from shared.records.company_fault import CompanyFault
from shared.records.kind import InvalidValues, Kind
from shared.records.observation import Observation
from shared.services.records.observations import observe
from shared.sources.record_reading import FIELDS, RecordReading, read_record
from shared.telemetry.logger import log as _log
from shared.telemetry.stack_traces import origin

Faults = dict[str, str]
"""What is wrong, by the keys below `records` in opos.yaml, such as `customer.fields.plan`."""


def take_in(message: EventAccepted, source: Source, known: Mapping[str, RecordMapping], context: KeeperContext) -> None:
    """Change the records that the mappings *known* read in the event of *message*. See `handler.handle`."""
    kinds = _kinds(context)
    doc = context.store.get(f"events/{message.id}")
    if doc is None:
        raise Conflict(f"events/{message.id}")
    if doc.data.get("forgotten_at"):
        return
    event = Event.stored(doc.data)
    payload = parsed(raw_body(event), event.headers)
    if isinstance(payload, ContractBroken) or is_only_noted(event.source, source, payload):
        return
    faults: Faults = {}
    for called, mapping in known.items():
        reading = read_record(mapping, event.type, payload, event.received_at)
        if reading is not None:
            wrong = dict(_misfits(event.source, source, called, mapping, kinds))
            wrong |= _observed(reading, event, source, kinds, context)
            faults |= {f"{called}.{key}": fault for key, fault in wrong.items()}
    if faults:
        keep_misfit(message, faults, context)


def _kinds(context: KeeperContext) -> Mapping[str, Kind]:
    try:
        kinds = context.kinds
    except CompanyFault as fault:
        context.company_watch.broken(fault, context.now)
        raise
    context.company_watch.works(context.now)
    return kinds


def _misfits(
    name: str, source: Source, called: str, mapping: RecordMapping, kinds: Mapping[str, Kind]
) -> Iterator[tuple[str, str]]:
    for misfit in misfits(name, source, mapping, called, kinds):
        yield ".".join(misfit.path), f"expected {misfit.expected}, found {misfit.actual}"


def _observed(
    reading: RecordReading, event: Event, source: Source, kinds: Mapping[str, Kind], context: KeeperContext
) -> Faults:
    """Take in *reading*, as far as it fits its kind; what does not. Of a kind that there is not, nothing is missing."""
    kind = kinds.get(reading.kind)
    field = id_field(event.source, source, kind) if kind else None
    if kind is None or field is None:
        return {}
    if not reading.is_usable:
        return reading.faults
    values, unfit = _fitting(kind, reading)
    said = Observation(
        kind.name, field.system, reading.id, iso(reading.at), event.id, values, is_deleted=reading.is_deleted
    )
    try:
        outcome = observe(said, owners(context.config), context)
    except (Conflict, AlreadyExists):
        raise
    except Exception as fault:
        if isinstance(fault, OposError) and fault.retryable:
            raise
        return {**reading.faults, **unfit, "kind": _told(fault)}
    if outcome.forgotten_at:
        forget_arrival(event.id, kind, said, context)
        return {}
    if outcome.change:
        _log.info("record_changed", event_id=event.id, source=event.source, path=f"{kind.collection}/{outcome.record}")
    return {**reading.faults, **unfit}


def _fitting(kind: Kind, reading: RecordReading) -> tuple[dict[str, object], Faults]:
    """The values of the fields that *kind* has, and what is wrong with those that do not fit."""
    values = {name: value for name, value in reading.values.items() if name in kind.fields}
    try:
        return kind.parsed(values), {}
    except InvalidValues as invalid:
        fitting = {name: value for name, value in values.items() if name not in invalid.faults}
        return fitting, {f"{FIELDS}{name}": fault for name, fault in invalid.faults.items()}


def _told(fault: Exception) -> str:
    """What went wrong, with the line of code that it comes from unless opos raised it on purpose."""
    if isinstance(fault, OposError):
        return fault.message
    frame = origin(fault)
    place = f"{frame.file}:{frame.line}: " if frame else ""
    return f"{place}{type(fault).__name__}: {fault}"
