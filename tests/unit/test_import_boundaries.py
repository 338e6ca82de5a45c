"""Who may import whom: DESIGN section 3, read from the imports themselves."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = ("shared/sources", "shared/alerting", "shared/digest", "shared/flags", "shared/slo")
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for room in ("shared", "functions", "opos")
    for path in (ROOT / room).rglob("*.py")
)
VALUES = {
    "shared.errors",
    "shared.events",
    "shared.http",
    "shared.moments",
    "shared.once",
    "shared.money",
    "shared.fields",
    "shared.faults",
    "shared.scalars",
    "shared.templating",
}
THIRD_PARTY = {"pydantic", "jmespath", "cryptography", "mmh3", "cbor2", "yaml", "re2", "jinja2", "semver"}


def imports(module: str) -> set[str]:
    tree = ast.parse((ROOT / module).read_text())
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module} imports relatively"
            found |= {node.module} | {
                f"{node.module}.{alias.name}" for alias in node.names if is_module(node.module, alias.name)
            }
    return found


def is_module(package: str, name: str) -> bool:
    path = ROOT / package.replace(".", "/") / name
    return path.is_dir() or path.with_suffix(".py").is_file()


def in_room(imported: str, *rooms: str) -> bool:
    return any(imported == room or imported.startswith(f"{room}.") for room in rooms)


def is_standard(imported: str) -> bool:
    return imported.partition(".")[0] in sys.stdlib_module_names


def of(*prefixes: str) -> list[str]:
    return [module for module in MODULES if module.startswith(prefixes)]


@pytest.mark.parametrize("module", of(*(f"{room}/" for room in PURE)))
def test_pure_rooms_import_values_and_their_own_room_only(module: str) -> None:
    room = ".".join(module.split("/")[:2])
    extra = ("shared.config",) if room == "shared.sources" else ()
    for imported in imports(module):
        if is_standard(imported) or imported.partition(".")[0] in THIRD_PARTY or imported == "shared":
            continue
        assert imported in VALUES or in_room(imported, room, *extra), f"{module} imports {imported}"


@pytest.mark.parametrize("module", of(*(f"{room}/" for room in PURE), "functions/"))
def test_no_clock_or_environment_is_read_by_what_decides(module: str) -> None:
    text = (ROOT / module).read_text()
    forbidden = ("datetime.now", "time.time(", "os.environ", "utcnow", "import random", "import secrets", "import os")
    assert [word for word in forbidden if word in text] == []


@pytest.mark.parametrize("module", [module for module in of("functions/") if module.endswith("/handler.py")])
def test_handlers_know_no_platform_and_no_adapter(module: str) -> None:
    own = module.removesuffix("/handler.py").replace("/", ".")
    for imported in imports(module):
        assert not in_room(imported, "flask", "functions_framework", "cloudevents", "os", "google"), (
            f"{module}: {imported}"
        )
        assert not in_room(imported, "shared.adapters", "shared.runtime", "shared.entry"), f"{module}: {imported}"
        assert not in_room(imported, "functions") or in_room(imported, own, "functions"), f"{module}: {imported}"


@pytest.mark.parametrize("module", [module for module in of("functions/") if module.endswith("/main.py")])
def test_main_binds_its_own_handler_to_the_entry_and_nothing_else(module: str) -> None:
    own = module.removesuffix("/main.py").replace("/", ".")
    allowed = {"flask", "functions_framework", "cloudevents.http", "shared.entry", "shared.events"}
    assert {one for one in imports(module) if not in_room(one, own)} <= allowed


@pytest.mark.parametrize("module", MODULES)
def test_no_function_imports_another_and_nobody_imports_a_main(module: str) -> None:
    for imported in imports(module):
        assert not imported.endswith(".main"), f"{module} imports {imported}"
        if in_room(imported, "functions"):
            assert imported.split(".")[:2] == module.split("/")[:2], f"{module} imports {imported}"


@pytest.mark.parametrize("module", of("shared/"))
def test_only_the_runtime_knows_the_adapters(module: str) -> None:
    if module.startswith("shared/adapters/") or module == "shared/runtime.py":
        return
    assert [imported for imported in imports(module) if in_room(imported, "shared.adapters", "opos", "functions")] == []


@pytest.mark.parametrize("module", of("shared/adapters/"))
def test_adapters_import_ports_values_and_their_vendor(module: str) -> None:
    allowed = VALUES | {"shared.ports", "shared.indexes", "shared.topology", "shared.tracing", "shared.logs"}
    ours = [one for one in imports(module) if in_room(one, "shared") and not in_room(one, "shared.adapters")]
    assert set(ours) <= allowed | {"shared"}
