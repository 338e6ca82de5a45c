"""The model of a kind of record: what the operator declares in `company/records.py`."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import OposError

Values = Mapping[str, Any]
Upcaster = Callable[[dict[str, Any]], Values]
U = TypeVar("U", bound=Upcaster)


class WrongKind(OposError):
    """A declaration in `company/` that cannot work."""

    code = "wrong_kind"


class Declaration(BaseModel):
    """What the header of a kind says: `class Customer(Record, kind="customer", version=2, title="{name}")`."""

    model_config = ConfigDict(frozen=True, strict=True)

    kind: str
    version: int = 1
    title: str = ""
    """The title of a record, with its fields in braces, and alternatives of a field after `|`.

    Empty means the first key, else the first field.
    """
    plural: str = ""
    """What several are called; empty means the kind with an s."""
    segment: str = ""
    """The part of the company that it belongs to, such as `finance`."""
    keep_days: int | None = None
    """How many days a deleted record is kept; None means forever."""


class Record(BaseModel):
    """The root of all kinds. A subclass is a kind if its header has `kind`."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)
    declared: ClassVar[Declaration | None] = None
    upcasters: ClassVar[dict[int, Upcaster]] = {}

    def __init_subclass__(cls, **_header: Any) -> None:
        """Takes the header, which pydantic hands to the method below once the fields are known."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls,
        *,
        kind: str = "",
        version: int = 1,
        plural: str = "",
        segment: str = "",
        keep_days: int | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise WrongKind(f"expected kind, version, title, plural, segment or keep_days, found {', '.join(unknown)}")
        title = cls.model_config.get("title") or ""  # pydantic takes `title` from the header itself
        fields = {"version": version, "title": title, "plural": plural, "segment": segment, "keep_days": keep_days}
        cls.declared = _declaration({"kind": kind, **fields}) if kind else None
        cls.upcasters = {}


def _declaration(header: dict[str, Any]) -> Declaration:
    try:
        return Declaration.model_validate(header)
    except ValidationError as fault:
        error = fault.errors()[0]
        reason = error["msg"].replace("Input should be", "to be", 1)
        raise WrongKind(f"expected {error['loc'][0]} {reason}, found {error['input']!r}") from None


def upcast(model: type[Record], version: int) -> Callable[[U], U]:
    """Registers a function that makes values of version + 1 from values of *version*. It must be pure.

    @upcast(Customer, 1)
    def with_plan(values: dict[str, Any]) -> dict[str, Any]:
        return {"plan": "free", **values}
    """

    def register(upcaster: U) -> U:
        if version in model.upcasters:
            raise WrongKind(f"expected one upcaster from version {version} of {model.__name__}, found two")
        model.upcasters[version] = upcaster
        return upcaster

    return register
