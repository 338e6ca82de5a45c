"""A mapping under `sources.<name>.records` in opos.yaml: what a payload says of a record, in JMESPath."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from shared.config.types import Expression, jmespath_expression
from shared.values.section import Section


class FieldMapping(Section):
    """Where a payload has the value of a field. `owner: opos`: the source says the first value only, as a proposal."""

    value: Expression | None = None
    owner: Literal["opos"] | None = None


def _written_short(value: Any) -> Any:
    """`email: data.email` is short for `email: {value: data.email}`, and its mistakes are its own."""
    return {"value": jmespath_expression(value)} if isinstance(value, str) else value


class RecordMapping(Section):
    """What events of some `types` say of a record of a `kind`, whose id at the sender is `id`.

    A field is unknown where the payload does not have the path, and unset where it has null. Beside a mapping that opos
    ships under the same name, it says only what differs.
    """

    kind: str | None = None
    types: tuple[str, ...] = ()
    """Event types, with `*` for any text; none means every event. Of two events at the same second, the one whose type
    comes later in this list counts as the later one."""
    when: Expression | None = None
    id: Expression | None = None
    at: Expression | None = None
    """The sender's time: ISO 8601 with a zone, or seconds or milliseconds since 1970; without, the time of arrival."""
    deleted: Expression | None = None
    """Whether the object no longer exists."""
    fields: dict[str, Annotated[FieldMapping, BeforeValidator(_written_short)]] = Field(default_factory=dict)


def _branch(value: Any) -> str:
    return "switched off" if value is False else "written out"


_OFF = Annotated[Literal[False], Tag("switched off")]
MappingOrOff = Annotated[_OFF | Annotated[RecordMapping, Tag("written out")], Discriminator(_branch)]
RecordMappings = Annotated[_OFF | Annotated[dict[str, MappingOrOff], Tag("written out")], Discriminator(_branch)]
"""The mappings of a source by name; false switches off one that opos ships, or all of them."""
