"""`company/` as `opos verify`, `opos up` and `opos deploy` check it: its kinds, and what `schema.json` has of them."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

from opos.senders.catalogue import known
from opos.terminal.files import write_whole
from shared.config.files.faults import ConfigError, Fault, nearest
from shared.config.files.loader import load_config
from shared.records.company_fault import CompanyFault
from shared.records.indexes import MOST_COMPOSITES, all_composites
from shared.records.kind import Kind
from shared.records.schema import NAME, Schema, compared, noted, read, written
from shared.runtime.company import RECORDS, load_company
from shared.verification import mapping_errors

SHIPPED = Path(__file__).with_name("init") / "company"
"""The kinds that opos ships: what `opos init` writes as `company/`, and the demo uses. An upgrade may change them."""


class Checked(NamedTuple):
    """The kinds of a folder `company/`, with its faults and warnings."""

    kinds: Mapping[str, Kind]
    faults: list[Fault]
    warnings: list[Fault]


def check(folder: Path, config_file: Path) -> Checked:
    """The kinds in *folder*, which may be absent, by themselves, and beside what schema.json has of them."""
    kinds, faults = load_company(folder)
    try:
        schema = _schema(folder)
    except CompanyFault as fault:
        return Checked(kinds, _shown([*faults, fault]), [])
    if faults:
        return Checked(kinds, _shown(faults), [])
    stored = compared(kinds, schema, _file(folder))
    doubtful = [*_misspelt(kinds, {*known(), *_sources(config_file)}), *_indexes(kinds, folder)]
    return Checked(
        kinds, [*mapping_errors(config_file, kinds), *_shown(stored.faults)], _shown([*stored.warnings, *doubtful])
    )


def note(folder: Path, kinds: Mapping[str, Kind]) -> Iterator[str]:
    """Write to schema.json what it lacks of *kinds*, which have no faults; a line for each kind that changes in it."""
    before = _schema(folder)
    after = noted(kinds, before)
    if after != before:
        write_whole(folder / NAME, written(after))
    changed = (kinds[name] for name in kinds if after[name] != before.get(name))
    yield from (f"{folder / NAME}: noted version {kind.version} of {kind.name}" for kind in changed)


def _schema(folder: Path) -> Schema:
    file = folder / NAME
    return read(file.read_text("utf-8"), _file(folder)) if file.is_file() else {}


def _file(folder: Path) -> str:
    return f"{folder.name}/{NAME}"


def _sources(config_file: Path) -> Iterable[str]:
    try:
        return load_config(config_file).sources
    except ConfigError:
        return ()


def _indexes(kinds: Mapping[str, Kind], folder: Path) -> Iterator[CompanyFault]:
    if (count := len(all_composites(kinds.values()))) > MOST_COMPOSITES:
        expected = (
            f"kinds with at most {MOST_COMPOSITES} composite indexes, which one database on Google Cloud may have"
        )
        yield CompanyFault(f"{folder.name}/{RECORDS}", 1, expected, str(count), hint="mark fewer fields Listed")


def _misspelt(kinds: Mapping[str, Kind], systems: AbstractSet[str]) -> Iterator[CompanyFault]:
    """The systems that are almost known ones. Any other name is that of a source to come, or of an import."""
    for kind in kinds.values():
        for field in kind.claims:
            if field.system and field.system not in systems and (hint := nearest(field.system, systems)):
                yield kind.fault(field.name, "a source of opos.yaml or a known sender", repr(field.system), hint)


def _shown(faults: Iterable[CompanyFault]) -> list[Fault]:
    return [
        Fault(fault.file, fault.line, fault.path, fault.expected, fault.actual, fault.hint or "")
        for fault in sorted(faults, key=lambda fault: (fault.file, fault.line))
    ]
