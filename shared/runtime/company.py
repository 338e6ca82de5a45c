"""The operator's code in `company/`. Only what keeps or shows records loads it, at its first use."""

import importlib
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from inspect import getsourcelines
from pathlib import Path
from types import ModuleType

from shared.records.company_fault import CompanyFault
from shared.records.kind import Kind
from shared.records.model import Record

PACKAGE = "company"
_loading = threading.Lock()


def load_kinds(folder: Path) -> Mapping[str, Kind]:
    """The kinds that `records.py` in *folder*, and in each folder in it, declare, by name. Raises CompanyFault."""
    with _loading:
        kinds: dict[str, Kind] = {}
        for module in _modules(folder.resolve()):
            for kind in _declared(module):
                if kind.name in kinds:
                    raise CompanyFault(*kind.where, f"expected each kind once, found {kind.name} twice")
                kinds[kind.name] = kind
        return kinds


def _modules(folder: Path) -> Iterator[ModuleType]:
    files = [folder / "records.py", *sorted(folder.glob("*/records.py"))]
    _forget_another(folder)
    for file in (file for file in files if file.is_file()):
        name = ".".join([PACKAGE, *file.relative_to(folder).with_suffix("").parts])
        yield sys.modules.get(name) or _loaded(name, file, folder)


def _forget_another(folder: Path) -> None:
    """A process loads one folder. In tests, which load several, the next one takes the name."""
    known = sys.modules.get(PACKAGE)
    if known is not None and list(known.__path__) == [str(folder)]:
        return
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    package = ModuleType(PACKAGE)
    package.__path__ = [str(folder)]
    sys.modules[PACKAGE] = package


def _loaded(name: str, file: Path, folder: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as fault:
        sys.modules.pop(name, None)
        place, line = _place(fault, file, folder)
        raise CompanyFault(place, line, f"{type(fault).__name__}: {fault}") from fault


def _place(fault: Exception, file: Path, folder: Path) -> tuple[str, int]:
    """Where *fault* comes from: the deepest line of *folder* that was running, or that Python could not read."""
    if isinstance(fault, SyntaxError) and fault.filename:
        return _shown(Path(fault.filename), folder), fault.lineno or 1
    own = [(Path(frame.filename), frame.lineno or 1) for frame in traceback.extract_tb(fault.__traceback__)]
    deepest, line = [(file, 1), *((path, line) for path, line in own if path.is_relative_to(folder))][-1]
    return _shown(deepest, folder), line


def _shown(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder.parent)) if file.is_relative_to(folder) else file.name


def _declared(module: ModuleType) -> Iterator[Kind]:
    for model in vars(module).values():
        is_own = isinstance(model, type) and issubclass(model, Record) and model.__module__ == module.__name__
        if is_own and model.declared:
            file = Path(str(module.__file__))
            yield Kind(model, (_shown(file, Path(sys.modules[PACKAGE].__path__[0])), getsourcelines(model)[1]))
