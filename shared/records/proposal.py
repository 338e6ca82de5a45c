"""What a writer proposes for the fields of a record that belong to another system: the latest word on each field.

Proposals come in any order and more than once. A field is proposed while the record says something else, and has said
so since before the proposal.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict, cast

from shared.records.body import Body, Clock
from shared.records.patch import same


class Proposed(TypedDict):
    """A value for a field that belongs to `owner`, in place of `now`; None means unset. `at` and `by` are a clock's."""

    owner: str
    now: Any
    value: Any
    at: str
    by: str


Fields = Mapping[str, Proposed]


class Proposal(NamedTuple):
    """What a writer proposes, and what of it the operator has decided against before."""

    fields: Fields
    kept: Fields


class Word(NamedTuple):
    """What a writer says: `asked` are values of fields that others own, `agreed` the fields on which they agree.

    A person *insists*: they may propose again what was decided against, and what was said by a later clock.
    """

    asked: Mapping[str, Any]
    agreed: frozenset[str]
    owners: Mapping[str, str]
    clock: Clock
    insists: bool


NOTHING = Proposal({}, {})


def with_word(known: Proposal, word: Word, body: Body) -> Proposal:
    """*known* after *word*, which was said of a record with *body*: the later word on a field wins."""
    fields, kept = dict(known.fields), dict(known.kept)
    for name, value in word.asked.items():
        proposed = Proposed(
            owner=word.owners[name], now=body["values"].get(name), value=value,
            at=word.clock["at"], by=word.clock["by"],
        )  # fmt: skip
        if word.insists or _is_news(proposed, fields.get(name), kept.get(name), body["clocks"].get(name)):
            fields[name] = proposed
            kept.pop(name, None)
    for name in word.agreed & fields.keys():
        if word.insists or _moment(word.clock) > _moment(fields[name]):
            del fields[name]
    return Proposal(fields, kept)


def still_proposed(fields: Fields, body: Body) -> dict[str, Proposed]:
    """Those of *fields* that a record with *body* leaves to decide, in place of what it says now."""
    if body["state"] != "live":
        return {}
    present = {name: body["values"].get(name) for name in fields}
    return {
        name: cast("Proposed", {**proposed, "now": present[name]})
        for name, proposed in fields.items()
        if not same(present[name], proposed["value"])
        and (same(present[name], proposed["now"]) or _is_later(proposed, body["clocks"].get(name)))
    }


def questions(fields: Fields) -> dict[str, list[Any]]:
    """What the operator decides: for each field what it is now and what is proposed, whoever says it and when."""
    return {name: [proposed["now"], proposed["value"]] for name, proposed in fields.items()}


def _is_news(proposed: Proposed, known: Proposed | None, kept: Proposed | None, said: Clock | None) -> bool:
    latest = known or kept
    if latest and _moment(proposed) <= _moment(latest):
        return False
    if kept and same(questions({"": kept}), questions({"": proposed})):
        return False
    return known is not None or _is_later(proposed, said)


def _is_later(proposed: Proposed, said: Clock | None) -> bool:
    return said is None or proposed["at"] > said["at"]


def _moment(clock: Clock | Proposed) -> tuple[str, str]:
    return clock["at"], clock["by"]
