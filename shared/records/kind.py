"""A kind of record, as its model declares it: its fields, how each is found, and how old values become current."""

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as parameter
from functools import cached_property
from types import NoneType
from typing import Annotated, Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shared.errors import OposError
from shared.records.company_fault import CompanyFault
from shared.records.marks import External, Mark, Private, Reference, Sorted, Unique, marks
from shared.records.model import Declaration, Record
from shared.values.text import headline, well_formed

OR = "|"
"""In the template of a title: `{name|email}` is the name, or the e-mail address where there is no name."""


class InvalidValues(OposError):
    """Values that do not fit their kind. `faults` says for each field what is wrong with it."""

    code = "invalid_values"
    http_status = 400

    def __init__(self, kind: str, faults: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{kind}.{name}: {fault}" for name, fault in faults.items()))
        self.faults = dict(faults)


class Outdated(OposError):
    """Values of a version that no upcaster brings up to date."""

    code = "no_upcaster"


@dataclass(frozen=True, eq=False)
class Field:
    """A field. There is one object for each field of a kind."""

    name: str
    info: FieldInfo
    marks: tuple[Mark, ...]

    @property
    def system(self) -> str:
        """The system whose id it is; empty for any other field."""
        return next((mark.system for mark in self.marks if isinstance(mark, External)), "")

    @property
    def refers_to(self) -> str:
        """The kind of the record whose id it is; empty for any other field."""
        return next((mark.kind for mark in self.marks if isinstance(mark, Reference)), "")

    @property
    def is_key(self) -> bool:
        return any(isinstance(mark, Unique) for mark in self.marks)

    @property
    def is_claimed(self) -> bool:
        """Whether no two records may have the same value."""
        return self.is_key or bool(self.system)

    @property
    def is_listed(self) -> bool:
        """Whether lists can be filtered and ordered by it."""
        return any(isinstance(mark, Sorted | Reference) for mark in self.marks)

    @property
    def is_personal(self) -> bool:
        return any(isinstance(mark, Private) for mark in self.marks)

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        type: Any = self.info.annotation
        return TypeAdapter(Annotated[type, *self.info.metadata] if self.info.metadata else type)

    def parsed(self, value: Any) -> Any:
        """*value* as it is stored: JSON that UTF-8 can encode. Raises ValidationError."""
        return _encodable(self.adapter.dump_python(self.adapter.validate_python(value), mode="json", by_alias=False))

    def claimed(self, value: Any) -> str:
        """*value* as its claim spells it: capitals make no difference in a key."""
        return str(value).casefold().strip() if self.is_key else str(value)


@dataclass(frozen=True)
class Kind:
    """One kind. `where` is the file and the line of its declaration; `lines` has those of its fields in that file."""

    model: type[Record]
    where: tuple[str, int] = ("", 0)
    lines: Mapping[str, int] = parameter(default_factory=dict, compare=False)

    @cached_property
    def declared(self) -> Declaration:
        declared = self.model.declared
        assert declared  # noqa: S101  (kinds are made of models that have one)
        return declared

    @cached_property
    def name(self) -> str:
        return self.declared.kind

    @cached_property
    def version(self) -> int:
        return self.declared.version

    def fault(self, field: str, expected: str, actual: str, hint: str | None = None) -> CompanyFault:
        """A fault of *field*, or of the header if it is empty."""
        file, line = self.where
        path = f"{self.name}.{field}" if field else self.name
        return CompanyFault(file, self.lines.get(field, line), expected, actual, path=path, hint=hint)

    @property
    def plural(self) -> str:
        return self.declared.plural or f"{self.name}s"

    @cached_property
    def collection(self) -> str:
        """The collection of its records."""
        return collection_of(self.name)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        return {name: Field(name, info, _marks(info)) for name, info in self.model.model_fields.items()}

    @cached_property
    def claims(self) -> tuple[Field, ...]:
        """The keys and external ids."""
        return tuple(field for field in self.fields.values() if field.is_claimed)

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """What a field without a value is, as it would be stored. One that is made anew each time is not here."""
        infos = {name: field.info for name, field in self.fields.items()}
        plain = {
            name: info.default for name, info in infos.items() if not info.is_required() and not info.default_factory
        }
        return {name: self.fields[name].parsed(value) for name, value in plain.items() if value is not None}

    def external(self, system: str) -> Field | None:
        return next((field for field in self.claims if field.system == system), None)

    def parsed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """*values* as they are stored; None stays. Raises InvalidValues, with every fault."""
        parsed: dict[str, Any] = {}
        faults: dict[str, str] = {}
        for name, value in values.items():
            if (field := self.fields.get(name)) is None:
                faults[name] = f"expected a field of {self.name}, found none of this name{_hint(name, self.fields)}"
                continue
            try:
                parsed[name] = None if value is None else field.parsed(value)
            except ValidationError as fault:
                faults[name] = _said(fault)
        if faults:
            raise InvalidValues(self.name, faults)
        return parsed

    def missing(self, values: Mapping[str, Any]) -> list[str]:
        """The required fields that *values* lack."""
        return [name for name, field in self.fields.items() if field.info.is_required() and values.get(name) is None]

    def record(self, values: Mapping[str, Any]) -> Record:
        """The record with *values*, as the operator's code reads it. Raises InvalidValues if required fields lack."""
        try:
            return self.model.model_validate(values)
        except ValidationError as fault:
            errors = {str(error["loc"][0]) if error["loc"] else "": error["msg"] for error in fault.errors()}
            raise InvalidValues(self.name, errors) from None

    def current(self, values: Mapping[str, Any], schema: int) -> dict[str, Any]:
        """*values* of the version *schema* as the version of today has them. Raises Outdated without an upcaster."""
        today = dict(values)
        for version in range(schema, self.version):
            upcaster = self.model.upcasters.get(version)
            if upcaster is None:
                raise Outdated(f"expected an upcaster of {self.name} from version {version}, found none")
            today = dict(upcaster(today))
        return today

    def title(self, values: Mapping[str, Any]) -> str:
        """One line that names a record with *values*."""
        if self.declared.title:
            return headline(_Filled(values).vformat(self.declared.title, (), {}))
        named = [field.name for field in self.claims if field.is_key] or list(self.fields)[:1]
        return headline(" ".join(str(values[name]) for name in named if name in values))


def collection_of(kind: str) -> str:
    return f"records_{kind}"


def slots(title: str) -> list[str]:
    """The fields that the template *title* names. Raises ValueError if its braces do not match."""
    names = [names for _, names, _, _ in string.Formatter().parse(title) if names is not None]
    return [name for alternatives in names for name in alternatives.split(OR)]


class _Filled(string.Formatter):
    """A template filled with values, of alternatives the first that is set. It reads no attribute of a value."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:  # noqa: ARG002
        values = (self.values.get(name) for name in field_name.split(OR))
        return str(next((value for value in values if value), "")), field_name


def _marks(info: FieldInfo) -> tuple[Mark, ...]:
    return (*(mark for mark in info.metadata if isinstance(mark, Mark)), *marks(info.annotation))


def _said(fault: ValidationError) -> str:
    error = fault.errors()[0]
    wanted = "money such as 129.00 EUR" if "Money" in error["msg"] else error["msg"].removeprefix("Input should be ")
    said = f"expected {wanted}" if wanted != error["msg"] else f"{wanted[:1].lower()}{wanted[1:]}"
    return f"{said}, found {error['input']!r}"[:300]


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, Mapping):
        return {well_formed(name): _encodable(part) for name, part in value.items()}
    return [_encodable(part) for part in value] if isinstance(value, list) else value


def _hint(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def scalars(annotation: Any) -> Iterator[type]:
    """The plain types of *annotation*, without None."""
    parts = get_args(annotation)
    if not parts:
        yield from () if annotation is NoneType else (annotation,)
    for part in parts:
        yield from scalars(part)
