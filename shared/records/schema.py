"""The fields of each version of each kind, as `company/schema.json` keeps them: what stored records may look like.

A kind is compared with what was noted of it, so that a change of its fields that no upcaster bridges is a fault before
it meets a stored record.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from shared.records.company_fault import CompanyFault
from shared.records.kind import Kind
from shared.records.shape import REQUIRED, Shape, accepts, example, in_words, shapes

NAME = "schema.json"
Fields = Mapping[str, Shape]
Schema = Mapping[str, Mapping[int, Fields]]
"""The fields by kind and version."""
_SCHEMA: TypeAdapter[Schema] = TypeAdapter(dict[str, dict[int, dict[str, list[str | dict[str, Any]]]]])


class Compared(NamedTuple):
    """`faults` are what stored records do not survive; `warnings` what the schema does not have yet, or cannot show."""

    faults: list[CompanyFault]
    warnings: list[CompanyFault]


def read(text: str, file: str) -> Schema:
    """Raises CompanyFault."""
    hint = "restore it from version control; without it, `opos verify` cannot compare versions"
    try:
        return _SCHEMA.validate_python(json.loads(text))
    except json.JSONDecodeError as fault:
        raise CompanyFault(file, fault.lineno, "JSON", fault.msg, hint=hint) from None
    except ValidationError as fault:
        error = fault.errors()[0]
        path = ".".join(str(part) for part in error["loc"])
        raise CompanyFault(file, 1, "fields by kind and version", error["msg"].lower(), path=path, hint=hint) from None


def written(schema: Schema) -> str:
    """The text of *schema*, with a line for each field."""
    kinds = (f"{json.dumps(kind)}: {{{_versions(versions)}\n  }}" for kind, versions in sorted(schema.items()))
    return "{\n  " + ",\n  ".join(kinds) + "\n}\n"


def _versions(versions: Mapping[int, Fields]) -> str:
    texts = []
    for version, fields in sorted(versions.items()):
        lines = (
            f"\n      {json.dumps(name)}: {json.dumps(shape, ensure_ascii=False)}" for name, shape in fields.items()
        )
        texts.append(f'\n    "{version}": {{{",".join(lines)}\n    }}')
    return ",".join(texts)


def noted(kinds: Mapping[str, Kind], schema: Schema) -> Schema:
    """*schema* with the present version of each kind. What it has of earlier versions, and of other kinds, stays."""
    present = {name: {**schema.get(name, {}), kind.version: shapes(kind)} for name, kind in kinds.items()}
    return {**schema, **present}


def compared(kinds: Mapping[str, Kind], schema: Schema, file: str) -> Compared:
    """*kinds*, which have no faults of their own, beside *schema*, which is that of *file*."""
    faults: list[CompanyFault] = []
    warnings: list[CompanyFault] = []
    for name, kind in kinds.items():
        versions, now = schema.get(name, {}), shapes(kind)
        own = [*_lowered(kind, versions), *_reshaped(kind, versions.get(kind.version, {}), now)]
        faults += own
        if versions.get(kind.version) != now and not own:
            expected, actual = f"version {kind.version} of {name} in {NAME}", "other fields of it"
            warnings.append(kind.fault("", expected, actual if kind.version in versions else "none", NOTE))
        for earlier in sorted(earlier for earlier in versions if earlier < kind.version):
            more = _bridged(kind, earlier, versions[earlier], now)
            faults += more.faults
            warnings += more.warnings
    gone = (name for name in schema if name not in kinds)
    hint = "put it back; or, if none of its records is stored any more, delete it from the file"
    warnings += [CompanyFault(file, 1, "the kind in company/", "none", path=name, hint=hint) for name in gone]
    return Compared(faults, warnings)


NOTE = "`opos verify --note` writes it; commit it with the kinds"


def _lowered(kind: Kind, versions: Mapping[int, Fields]) -> Iterator[CompanyFault]:
    if latest := max((version for version in versions if version > kind.version), default=0):
        yield kind.fault("", f"version {latest} or later, which {NAME} has", f"version {kind.version}")


def _reshaped(kind: Kind, before: Fields, now: Mapping[str, Shape]) -> Iterator[CompanyFault]:
    """What the same version says differently, so that a record of it may not fit."""
    if not before:
        return
    hint = (
        f"make it version {kind.version + 1} with an upcaster from {kind.version}; or, if no record of this version is"
        f" stored anywhere, delete {kind.name} from {NAME}"
    )
    for name in [name for name in before if name not in now]:
        yield kind.fault("", f"the field {name}, which records of version {kind.version} have", "none", hint)
    for name, shape in now.items():
        if REQUIRED in shape and REQUIRED not in before.get(name, ()):
            expected = f"a default, since records of version {kind.version} may lack it"
            yield kind.fault(name, expected, "a required field", hint)
        if name in before and not accepts(shape, before[name]):
            yield kind.fault(
                name, f"{in_words(before[name])}, which version {kind.version} has had", in_words(shape), hint
            )


def _bridged(kind: Kind, version: int, before: Fields, now: Mapping[str, Shape]) -> Compared:
    """What becomes of examples of *version*: one with all its fields, and one with the required ones only."""
    examples = {name: example(shape) for name, shape in before.items()}
    required = {name: value for name, value in examples.items() if REQUIRED in before[name]}
    faults: dict[str, CompanyFault] = {}
    for values in (required, examples):
        try:
            after = kind.current(values, version)
        except Exception as fault:  # noqa: BLE001  (it is the operator's code, and the example is ours)
            said = f"{type(fault).__name__}: {fault}"
            expected = f"upcasters from version {version} that can be tried with example values"
            return Compared(list(faults.values()), [kind.fault("", expected, said)])
        faults |= {str(fault): fault for fault in _misfits(kind, version, values, after, before, now)}
    return Compared(list(faults.values()), [])


def _misfits(
    kind: Kind, version: int, values: Mapping[str, Any], after: Mapping[str, Any], before: Fields, now: Fields
) -> Iterator[CompanyFault]:
    last = f"@upcast({kind.model.__name__}, {kind.version - 1})"
    for name in kind.missing(after):
        expected = f"an upcaster that gives it to records of version {version}"
        yield kind.fault(name, expected, "none", f"{last} can return it")
    for name in [name for name in after if name not in now]:
        expected = f"an upcaster that removes {name} from records of version {version}"
        yield kind.fault("", expected, "none", f"{last} can leave it out")
    for name in [name for name in after if name in now and name in values and after[name] == values[name]]:
        if not accepts(now[name], before[name]):
            expected = f"an upcaster from version {version} to {in_words(now[name])}"
            yield kind.fault(name, expected, f"{in_words(before[name])}, left as it was", f"{last} can convert it")
