"""What an edit of a record did, in words, and who made it."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from opos.records.differences import in_words
from opos.terminal.vocabulary import person
from shared.errors import AlreadyExists, Conflict
from shared.records.change import Actor, Cause, ChangeDoc, Difference, differences
from shared.services.records.edits import Edited, Overtaken
from shared.services.records.record import Stored
from shared.values.text import well_formed

T = TypeVar("T")
UNCHANGED = "Nothing was changed."
why_option = click.option("--why", default="", help="The reason, which the history shows.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")


def by_person(who: str | None, why: str) -> Cause:
    return Cause(Actor(kind="person", name=well_formed(person(who))), reason=well_formed(why))


def committed(edit: Callable[[], T]) -> T:
    """The result of *edit*. Raises Overtaken if others were quicker each time that it was tried."""
    try:
        return edit()
    except (AlreadyExists, Conflict):
        text = f"expected nobody else to change the record meanwhile, found that others did. {UNCHANGED}"
        raise Overtaken(text, hint="Run the command again.") from None


def name_of(record: Stored) -> str:
    return f"{record.kind.name} {record.id[:8]}  {record.title}"


def change_content(record: str, change: ChangeDoc | None) -> dict[str, Any]:
    """A change as JSON; `change` is its number, null if nothing changes."""
    pairs = differences(change) if change else []
    return {
        "record": record, "change": change["n"] if change else None, "differences": [pair._asdict() for pair in pairs],
    }  # fmt: skip


def change_lines(change: ChangeDoc | None, indent: int = 2) -> Iterator[str]:
    """What *change* did to the record as a whole, and to each field."""
    patch = change["patch"] if change else []
    states = (operation.get("value") for operation in patch if operation["path"] == "/state")
    yield from (f"{' ' * indent}{'restored' if state == 'live' else state}" for state in states)
    yield from in_words(differences(change), indent) if change else ()


def edit_content(edited: Edited) -> dict[str, Any]:
    _, values, owners = edited.asked
    asked = {name: {"value": value, "owner": owners[name]} for name, value in values.items()}
    return {**change_content(edited.record, edited.change), "asked": asked, "ask": edited.ask}


def edit_lines(record: Stored, edited: Edited, *, is_dry: bool = False) -> Iterator[str]:
    """What *edited* changed in *record*, as it was before, and what opos asks, because another system owns it."""
    changed = differences(edited.change) if edited.change else []
    yield name_of(record)
    yield from in_words(changed)
    if edited.asked.asked:
        yield from _asked_lines(record, edited, is_dry=is_dry)
    elif not changed:
        yield "  It has these values already."


def _asked_lines(record: Stored, edited: Edited, *, is_dry: bool) -> Iterator[str]:
    _, asked, owners = edited.asked
    for name, value in asked.items():
        yield f"  {name} belongs to {owners[name]}, so it {'would not be' if is_dry else 'was not'} changed:"
        yield from in_words([Difference(name, record.values.get(name), value)], indent=4)
    if is_dry or not edited.ask:
        yield "  It would become an ask, which waits for your answer."
    else:
        yield f"  `opos asks show {edited.ask[:8]}` shows what you can do about it."
