"""The workflows of `company/`: each file in `workflows/`, there and in each slice, checked alone and together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from shared.config.files.faults import ConfigError, Fault
from shared.config.files.located_yaml import read_yaml
from shared.ports.evaluator import Evaluator
from shared.workflows.calls import RunWorkflow
from shared.workflows.checked import Checked, checked
from shared.workflows.definition import Definition

FOLDER, ENDING = "workflows", ".yaml"
LATEST = "latest"
"""The version of a workflow that is run: the highest that there is."""
Key = tuple[str, str, str]
"""Namespace, name and version of a workflow."""


class Workflows(NamedTuple):
    """`files` has the files in order. `definitions` has what is valid in them, the first of each key."""

    files: tuple[Checked, ...]
    definitions: Mapping[Key, Definition]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def load_workflows(folder: Path, evaluator: Evaluator | None = None) -> Workflows:
    """The workflows in *folder*, which is `company/` and may be absent, and all of their faults and warnings."""
    company_files = [*_files(folder)]
    files = [check_file(file, _shown(file, folder), evaluator) for file in company_files]
    return _together(files, [fault for file in company_files for fault in _misplaced(file, folder)], is_whole=True)


def load_files(files: Sequence[Path], evaluator: Evaluator | None = None) -> Workflows:
    """The workflows in *files*, wherever these are. A workflow that is run may be in another file."""
    return _together([check_file(file, str(file), evaluator) for file in files], [], is_whole=False)


def check_file(file: Path, name: str, evaluator: Evaluator | None) -> Checked:
    """The workflow in *file*, which faults call *name*."""
    try:
        return checked(replace(read_yaml(file), file=name), evaluator)
    except ConfigError as error:
        faults = (fault._replace(file=name, path=_as_pointer(fault.path)) for fault in error.faults)
        return Checked(name, None, tuple(faults), ())


def key_of(definition: Definition) -> Key:
    return definition.namespace, definition.name, definition.version


def _files(folder: Path) -> Iterator[Path]:
    slices = sorted(path for path in folder.glob(f"*/{FOLDER}") if not path.parent.name.startswith((".", "__")))
    for place in (folder / FOLDER, *slices):
        yield from sorted(file for file in place.glob("*.y*ml") if file.is_file() and not file.name.startswith("."))


def _misplaced(file: Path, folder: Path) -> Iterator[Fault]:
    """What is wrong with the names of *file* and of its slice."""
    *slices, _ = file.parent.relative_to(folder).parts
    if file.suffix != ENDING:
        yield Fault(_shown(file, folder), 1, "", f"a file that ends in {ENDING}", file.suffix, "rename the file")
    if slices and not slices[0].isidentifier():
        hint = "rename the folder: letters, digits and _, a letter first"
        yield Fault(_shown(file, folder), 1, "", "a slice with the name of a Python package", slices[0], hint)


def _shown(file: Path, folder: Path) -> str:
    return str(Path(folder.name) / file.relative_to(folder))


def _as_pointer(path: str) -> str:
    """The dotted *path* of the reader of YAML as a pointer, as good as it can be told."""
    return f"/{path.replace('.', '/')}" if path else ""


def _together(files: list[Checked], misplaced: list[Fault], *, is_whole: bool) -> Workflows:
    valid = [file for file in files if file.definition]
    definitions = {key_of(definition): definition for _, definition in _named(reversed(valid))}
    faults = [*misplaced, *(fault for file in files for fault in file.faults), *_repeated(valid)]
    if is_whole and all(file.definition for file in files):
        faults += [fault for file, definition in _named(valid) for fault in _unknown(file, definition, definitions)]
    warnings = [warning for file in files for warning in file.warnings]
    return Workflows(tuple(files), definitions, _in_order(faults), _in_order(warnings))


def _named(files: Iterable[Checked]) -> Iterator[tuple[str, Definition]]:
    return ((file.file, file.definition) for file in files if file.definition)


def _repeated(files: Iterable[Checked]) -> Iterator[Fault]:
    """The definitions whose namespace, name and version another one has."""
    first: dict[Key, str] = {}
    for file, definition in _named(files):
        key = key_of(definition)
        if first.setdefault(key, file) != file:
            expected = "each namespace, name and version once"
            actual = f"{'/'.join(key)} also in {first[key]}"
            yield _fault(file, definition, "/document", expected, actual, "raise the version, or choose another name")


def _unknown(file: str, definition: Definition, definitions: Mapping[Key, Definition]) -> Iterator[Fault]:
    """The workflows that *definition* runs, and no file has."""
    known = {*definitions, *((*key[:2], LATEST) for key in definitions)}
    runs = [(task.pointer, task.model.run) for task in definition.tasks.values() if isinstance(task.model, RunWorkflow)]
    for pointer, run in runs:
        wanted = run.workflow.namespace, run.workflow.name, run.workflow.version
        if wanted not in known:
            expected = f"a workflow of company/ ({', '.join('/'.join(key) for key in definitions)})"
            yield _fault(file, definition, f"{pointer}/run/workflow", expected, "/".join(wanted))


def _fault(file: str, definition: Definition, place: str, expected: str, actual: str, hint: str = "") -> Fault:
    return Fault(file, definition.lines[place], place, expected, actual, hint)


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: (fault.file, fault.line, fault.path)))
