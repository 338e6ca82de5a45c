"""The operator's code in `company/`. Only what keeps or shows records loads it, at its first use."""

import ast
import importlib
import keyword
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from shared.errors import OposError
from shared.records.company_fault import CompanyFault
from shared.records.kind import Kind
from shared.records.kind_rules import kind_faults
from shared.records.model import Record

PACKAGE, RECORDS = "company", "records.py"
_loading = threading.Lock()


class Company(NamedTuple):
    """What `company/` declares: its kinds by name, and every fault in them and in the code that could not be loaded."""

    kinds: Mapping[str, Kind]
    faults: tuple[CompanyFault, ...]


def load_kinds(folder: Path) -> Mapping[str, Kind]:
    """The kinds that `company/` in *folder* declares, by name. Raises the first CompanyFault."""
    kinds, faults = load_company(folder)
    if faults:
        first = faults[0]
        first.hint = first.hint or ("`opos verify` lists every fault." if len(faults) > 1 else None)
        raise first
    return kinds


def load_company(folder: Path) -> Company:
    """What `records.py` in *folder*, and in each folder in it, declares; nothing if *folder* is absent."""
    with _loading:
        folder = folder.resolve()
        _forget_another(folder)
        readings = [_reading(file, folder) for file in _files(folder)]
    unread = [fault for fault in readings if isinstance(fault, CompanyFault)]
    declared = [kind for kinds in readings if not isinstance(kinds, CompanyFault) for kind in kinds]
    kinds = {kind.name: kind for kind in reversed(declared)}  # the first of a name
    repeated = [_again(kind, kinds[kind.name]) for kind in declared if kinds[kind.name] is not kind]
    in_order = {kind.name: kinds[kind.name] for kind in declared}
    return Company(in_order, _in_order([*unread, *repeated, *kind_faults(in_order, is_whole=not unread)]))


def _reading(file: Path, folder: Path) -> list[Kind] | CompanyFault:
    """The kinds that *file* declares, or why it could not be read."""
    try:
        return list(_declared(_loaded(file, folder), file, folder))
    except CompanyFault as fault:
        return fault


def _again(kind: Kind, other: Kind) -> CompanyFault:
    file, line = other.where
    return kind.fault("", "each kind once", f"another one at {file}:{line}")


def _in_order(faults: list[CompanyFault]) -> tuple[CompanyFault, ...]:
    """*faults*, each once: what two files import fails in both."""
    by_text = {str(fault): fault for fault in faults}
    return tuple(sorted(by_text.values(), key=lambda fault: (fault.file, fault.line)))


def _files(folder: Path) -> Iterator[Path]:
    """The files that declare kinds."""
    slices = sorted(path for path in folder.glob(f"*/{RECORDS}") if not path.parent.name.startswith((".", "__")))
    yield from (file for file in (folder / RECORDS, *slices) if file.is_file())


def _forget_another(folder: Path) -> None:
    """A process loads one folder. In tests, which load several, the next one takes the name."""
    known = sys.modules.get(PACKAGE)
    if known is not None and list(known.__path__) == [str(folder)]:
        return
    loaded = list(sys.modules)  # at once: other threads import meanwhile
    for name in [name for name in loaded if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    package = ModuleType(PACKAGE)
    package.__path__ = [str(folder)]
    package.__spec__ = ModuleSpec(PACKAGE, None, is_package=True)
    sys.modules[PACKAGE] = package


def _loaded(file: Path, folder: Path) -> ModuleType:
    """The module of *file*. Raises CompanyFault."""
    parts = file.relative_to(folder).with_suffix("").parts
    _require_name(parts, file, folder)
    name = ".".join([PACKAGE, *parts])
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as fault:
        sys.modules.pop(name, None)
        place, line = _place(fault, file, folder)
        raise CompanyFault(place, line, "code that Python can run", _said(fault)) from fault


def _require_name(parts: tuple[str, ...], file: Path, folder: Path) -> None:
    slice = parts[0] if len(parts) > 1 else ""
    if slice and (not slice.isidentifier() or keyword.iskeyword(slice)):
        hint = "rename the folder: letters, digits and _, a letter first, and no word of Python"
        raise CompanyFault(_shown(file, folder), 1, "a slice with the name of a Python package", slice, hint=hint)
    if slice == Path(RECORDS).stem and (folder / RECORDS).is_file():
        expected = f"a slice with a name of its own, since {PACKAGE}/{RECORDS} has this one"
        raise CompanyFault(_shown(file, folder), 1, expected, slice)


def _said(fault: BaseException) -> str:
    text = (fault.msg if isinstance(fault, SyntaxError) else str(fault)).partition("\n")[0]
    return text if isinstance(fault, OposError) else f"{type(fault).__name__}: {text}"


def _place(fault: BaseException, file: Path, folder: Path) -> tuple[str, int]:
    """Where *fault* comes from: the deepest line of *folder* that was running, or that Python could not read."""
    if isinstance(fault, SyntaxError) and fault.filename:
        return _shown(Path(fault.filename), folder), fault.lineno or 1
    own = [(Path(frame.filename), frame.lineno or 1) for frame in traceback.extract_tb(fault.__traceback__)]
    deepest, line = [(file, 1), *((path, line) for path, line in own if path.is_relative_to(folder))][-1]
    return _shown(deepest, folder), line


def _shown(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder.parent)) if file.is_relative_to(folder) else file.name


def _declared(module: ModuleType, file: Path, folder: Path) -> Iterator[Kind]:
    lines = _lines(file)
    for model in dict.fromkeys(_models(module)):
        line, fields = lines.get(model.__name__, (1, {}))
        yield Kind(model, (_shown(file, folder), line), fields)


def _models(module: ModuleType) -> list[type[Record]]:
    """The kinds that *module* declares itself, in order."""
    types = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Record)]
    return [model for model in types if model.declared and model.__module__ == module.__name__]


def _lines(file: Path) -> dict[str, tuple[int, dict[str, int]]]:
    """The line of each class in *file*, and those of its fields."""
    classes = [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.ClassDef)]
    return {node.name: (node.lineno, _field_lines(node)) for node in classes}


def _field_lines(node: ast.ClassDef) -> dict[str, int]:
    fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
    return {part.target.id: part.lineno for part in fields if isinstance(part.target, ast.Name)}
