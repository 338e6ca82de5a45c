"""What the page of a record shows: its fields, its history, and what an undo would do."""

from collections.abc import Iterator

from functions.console.context import ConsoleContext
from functions.console.paths import ask_path, event_path, record_path
from functions.console.rows import Row, at
from shared.config.record_owners import owners
from shared.records.body import OPERATOR, Clock
from shared.records.change import ChangeDoc, Difference, differences
from shared.records.kind import Field
from shared.records.ownership import owner, split
from shared.records.text import label, shown
from shared.records.undo import NothingToUndo, undo
from shared.services.asks.asks import open_about
from shared.services.records.changes import changes_of
from shared.services.records.record import Stored, stored

_SIGNS = {"person": "person", "source": "in", "import": "in", "run": "dot", "agent": "dot"}


def fields(record: Stored, context: ConsoleContext) -> Iterator[Row]:
    """The fields that have a value, or had one."""
    values, body, said = record.complete, record.body, owners(context.config)
    for name, field in record.kind.fields.items():
        clock = body["clocks"].get(name)
        if name in values and not field.system:
            system = owner(record.kind, name, body, said)
            yield {
                "label": label(name), "value": shown(values[name]), **_reference(field, str(values[name]), context),
                "source": system_in_words(clock["system"]) if clock else "Default", "owner": system_in_words(system),
                "is_foreign": bool(clock and clock["system"] != system), "path": _said_by(clock),
                "at": at(clock["at"], context) if clock else None,
            }  # fmt: skip


def empty(record: Stored) -> str:
    """The fields that have no value, in words."""
    values = record.complete
    return ", ".join(label(name).lower() for name in record.kind.fields if name not in values)


def _reference(field: Field, id: str, context: ConsoleContext) -> Row:
    """The title and the page of the record that *field* refers to, if there is one."""
    kind = context.kinds.get(field.refers_to)
    record = stored(kind, id, context) if kind and id.isalnum() else None
    if record is None:
        return {"leads_to": ""}
    return {"leads_to": record_path(record.kind.name, record.id), "value": record.title}


def ids(record: Stored) -> Iterator[tuple[str, str]]:
    """The ids that the record has in other systems."""
    values = record.values
    for name, field in record.kind.fields.items():
        if field.system and name in values:
            yield system_in_words(field.system), str(values[name])


def open_asks(record: Stored, context: ConsoleContext) -> Iterator[Row]:
    """What waits for the operator's answer about the record."""
    for doc in open_about(f"{record.kind.name}/{record.id}", context):
        yield {"path": ask_path(doc.id), "title": doc.data["title"], "at": at(doc.data["created_at"], context)}


def _said_by(clock: Clock | None) -> str:
    """The page of the event that set a value; empty if no event did."""
    return event_path(clock["by"]) if clock and clock["system"] != OPERATOR else ""


def system_in_words(system: str) -> str:
    return "You" if system == OPERATOR else system


def change_row(change: ChangeDoc, context: ConsoleContext) -> Row:
    actor = change["actor"]
    return {
        "n": change["n"], "sign": _SIGNS[actor["kind"]], "who": _author(change, context),
        "path": event_path(change["cause"]) if actor["kind"] == "source" else "", "why": change["reason"],
        "at": at(change["at"], context), "diff": [_difference(field) for field in differences(change)],
        "state": _state(change), "undoes": change.get("undoes"),
    }  # fmt: skip


def _author(change: ChangeDoc, context: ConsoleContext) -> str:
    kind, name = change["actor"]["kind"], change["actor"]["name"]
    if kind == "person":
        return "you" if name == context.config.owner else name
    return {"source": name, "import": f"an import of {name}"}.get(kind, f"{kind} {name}")


def _difference(difference: Difference) -> Row:
    return {
        "field": label(difference.field), "before": shown(difference.before), "after": shown(difference.after),
    }  # fmt: skip


def _state(change: ChangeDoc) -> str:
    """What *change* did to the record as a whole, in words; empty for a change of fields alone."""
    if change.get("forgets"):
        return "forgotten"
    state = next((operation.get("value") for operation in change["patch"] if operation["path"] == "/state"), None)
    words = {"live": "made" if change["n"] == 1 else "restored", "merged": "merged into another", "deleted": "deleted"}
    return words.get(str(state), "")


def undo_row(record: Stored, n: int, context: ConsoleContext) -> Row:
    """What undoing change *n* would do."""
    try:
        undone = undo(changes_of(record.id, context, last=record.n), n)
    except NothingToUndo as fault:
        return {"n": n, "refused": fault.message}
    if not undone.values and not undone.state:
        return {"n": n, "refused": "Everything is by now as it was before."}
    now = record.values
    foreign = split(record.kind, undone.values, record.body, OPERATOR, owners(context.config)).owners
    said = [f"{label(name)} belongs to {system_in_words(system)}" for name, system in foreign.items()]
    return {
        "n": n, "refused": f"{'; '.join(said)}. Change it there." if said else "",
        "diff": [_difference(Difference(name, now.get(name), value)) for name, value in undone.values.items()],
        "state": {"live": "restored", "deleted": "deleted"}.get(undone.state or "", ""),
        "lost": [{"n": lost.n, "field": label(lost.field), "value": shown(lost.value)} for lost in undone.lost],
    }  # fmt: skip
