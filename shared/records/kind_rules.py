"""What a kind must declare so that its records can be stored, found and shown: every fault, with its line."""

from collections.abc import Iterator, Mapping

from shared.records.company_fault import CompanyFault
from shared.records.field_rules import NAME, NAMED, field_faults, nearest
from shared.records.kind import Kind, slots

RESERVED = frozenset({"event", "alert", "record", "change", "ask", "answer", "run"})
"""What opos calls documents of its own."""
LONGEST = 60
"""How long a plural may be: it is a heading."""


def kind_faults(kinds: Mapping[str, Kind], *, is_whole: bool = True) -> Iterator[CompanyFault]:
    """The faults of *kinds*. Unless *is_whole*, there are others, which could not be read and may be referred to."""
    for kind in kinds.values():
        yield from _header(kind)
        yield from _title(kind)
        yield from _upcasters(kind)
        yield from _systems(kind)
        for field in kind.fields.values():
            yield from (kind.fault(field.name, *fault) for fault in field_faults(field))
        yield from _references(kind, kinds) if is_whole else ()


def _header(kind: Kind) -> Iterator[CompanyFault]:
    declared = kind.declared
    if not NAME.fullmatch(kind.name):
        yield kind.fault("", f"a kind named by {NAMED}", repr(kind.name))
    if kind.name in RESERVED:
        yield kind.fault("", f"none of opos's own words ({', '.join(sorted(RESERVED))})", kind.name)
    if declared.version < 1:
        yield kind.fault("", "version to be 1 or more", str(declared.version))
    if declared.keep_days is not None and declared.keep_days < 1:
        yield kind.fault(
            "", "keep_days to be 1 or more", str(declared.keep_days), "leave it out to keep records forever"
        )
    if declared.segment and not NAME.fullmatch(declared.segment):
        yield kind.fault("", f"a segment named by {NAMED}", repr(declared.segment))
    if len(declared.plural) > LONGEST or not declared.plural.isprintable():
        yield kind.fault("", f"plural to be one line of at most {LONGEST} characters", repr(declared.plural[:LONGEST]))
    if not kind.fields:
        yield kind.fault("", "at least one field", "none")


def _title(kind: Kind) -> Iterator[CompanyFault]:
    title = kind.declared.title
    try:
        named = slots(title)
    except ValueError as fault:
        yield kind.fault("", "title to have its fields in braces", f"{title!r} ({fault})")
        return
    for name in named:
        if name not in kind.fields:
            yield kind.fault("", "title to name fields of the kind", f"{{{name}}}", nearest(name, kind.fields))
    if title and not named:
        yield kind.fault("", "title to name a field in braces, such as {name}", repr(title))


def _upcasters(kind: Kind) -> Iterator[CompanyFault]:
    expected, present = set(range(1, kind.version)), set(kind.model.upcasters)
    for version in sorted(expected - present):
        hint = f"write one: @upcast({kind.model.__name__}, {version})"
        yield kind.fault("", f"an upcaster from version {version} to {version + 1}", "none", hint)
    for version in sorted(present - expected):
        yield kind.fault("", f"upcasters from versions before {kind.version}", f"one from version {version}")


def _systems(kind: Kind) -> Iterator[CompanyFault]:
    known: dict[str, str] = {}
    for field in kind.claims:
        other = known.setdefault(field.system, field.name) if field.system else field.name
        if other != field.name:
            yield kind.fault(field.name, f"one field with the id in {field.system}", f"{other} and {field.name}")


def _references(kind: Kind, kinds: Mapping[str, Kind]) -> Iterator[CompanyFault]:
    for field in kind.fields.values():
        if field.refers_to and field.refers_to not in kinds:
            yield kind.fault(
                field.name, "a reference to a kind of company/", repr(field.refers_to), nearest(field.refers_to, kinds)
            )
