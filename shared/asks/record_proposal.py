"""The kind of ask about fields of a record: what it says to the operator, and how it can be answered."""

from shared.asks.ask import Option
from shared.records.body import OPERATOR
from shared.records.proposal import Fields
from shared.values.text import headline

KIND = "record proposal"
APPLY, KEEP = "apply", "keep"
_NAMED = 3
"""How many fields a text names."""


def title(record: str, writer: str, fields: Fields) -> str:
    """The question, on one line, about the record that is called *record*."""
    what = f"Set {_names(fields)} of {record}"
    return headline(f"{what} here?" if writer == OPERATOR else f"{what} as {writer} says?")


def why(fields: Fields) -> str:
    """Whose the fields are, and how long a value of the operator's lasts."""
    owners = sorted({proposed["owner"] for proposed in fields.values()} - {OPERATOR})
    own = [name for name, proposed in fields.items() if proposed["owner"] == OPERATOR]
    foreign = [f"{_names(_of(fields, owner))} {_belongs(_of(fields, owner))} to {owner}." for owner in owners]
    yours = [f"{_names(own)} {_belongs(own)} to you."] if own else []
    names = " or ".join(owners)
    lasts = (
        f"opos cannot write to {names} yet, so a value set here lasts until {names} says otherwise. Set it there, too."
    )
    return " ".join([*yours, *foreign, *([lasts] if owners else [])])


def options(fields: Fields) -> list[Option]:
    names = _names(fields)
    what = names if len(fields) == 1 else f"{len(fields)} fields"
    return [
        Option(name=APPLY, words=f"Set {what}", effect=f"opos sets {names} in the record, as a change of yours."),
        Option(name=KEEP, words="Keep", effect="The record stays as it is, and a source does not ask it again."),
    ]


OTHERWISE = "The record stays as it is. opos withdraws the ask when nothing is left to decide."


def _of(fields: Fields, owner: str) -> list[str]:
    return [name for name, proposed in fields.items() if proposed["owner"] == owner]


def _belongs(names: list[str]) -> str:
    return "belongs" if len(names) == 1 else "belong"


def _names(fields: Fields | list[str]) -> str:
    names = sorted(fields)
    if len(names) > _NAMED:
        return f"{len(names)} fields"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
