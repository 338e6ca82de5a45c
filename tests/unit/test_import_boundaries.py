"""Who may import whom, read from the imports. docs/architecture.md, "Packages and the import law", says it in words."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support.project import ROOT

MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("shared", "functions", "opos")
    for path in (ROOT / package).rglob("*.py")
)

CONTRACTS = ("shared.errors", "shared.events", "shared.values", "shared.ports", "shared.version")
"""What everybody may know."""
ROOMS = {
    "sources": ("shared.config", "shared.process"),
    "intake": ("shared.config", "shared.sources"),
    "alerting": (),
    "digest": (),
    "review": ("shared.alerting", "shared.digest", "shared.cost"),
    "flags": (),
    "slo": (),
    "health": (),
    "status_page": ("shared.alerting",),
    "records": (),
    "asks": ("shared.records",),
    "workflows": ("shared.config",),
}
"""The rooms that decide, each with what it may know besides the contracts and itself."""
PLATFORM = ("flask", "functions_framework", "cloudevents", "google", "grpc", "gunicorn", "structlog", "os")
"""What belongs to the machine or to Google. `google.re2` is not among it: re2 is imported by its own name."""
FRAMEWORK = ("flask", "functions_framework", "cloudevents.http")
"""What a function's main.py binds to its handler."""
ACTING = ("shared.services", "shared.context")
"""What reads and writes for a request: for services and those who call them."""
MACHINE = ("adapters", "process", "telemetry", "security")
"""The packages of shared that know the machine for the others."""
CARGO = ("shared.digest", "shared.review", "shared.services.digest", "shared.services.review")
"""What the outbox delivers, and must not know: the runtime hands it the table of what renders which message."""
IMPURE = ("datetime.now", "time.time(", "os.environ", "utcnow", "import random", "import secrets", "import os")


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@cache
def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


@cache
def imports(source: str) -> frozenset[str]:
    """The dotted names that *source* imports, at any depth of its code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            members = {f"{package}.{alias.name}" for alias in node.names}
            names |= {member for member in members if is_module(member)} or {package}
    return frozenset(names)


def area(module: str) -> str:
    """Where *module* stands: `alerting`, `services`, `adapters`, ... of shared, or `main`, `function`, `opos`."""
    top, *rest = module.split("/")
    if top == "functions":
        return "main" if rest[-1] == "main.py" else "function"
    return rest[0] if top == "shared" and len(rest) > 1 else top


def allowed_own(module: str) -> tuple[str, ...] | None:
    """The packages of ours that *module* may import; None where it may import all but adapters, functions and opos."""
    place = area(module)
    if place in ROOMS:
        return (*CONTRACTS, f"shared.{place}", *ROOMS[place])
    if place == "adapters":
        return (*CONTRACTS, "shared.adapters", "shared.process", "shared.telemetry")
    if place in {"values", "ports"}:
        return CONTRACTS
    return None


def own_package(module: str) -> str:
    return ".".join(module.split("/")[:2])


def violations(module: str, source: str) -> Iterator[str]:
    """Every import of *source* that the law forbids to *module*, each with the law it breaks."""
    place, own = area(module), own_package(module)
    for name in imports(source):
        if (law := broken_law(name, place, own, allowed_own(module))) is not None:
            yield f"{law}: {name}"
        if module.startswith("shared/services/outbox/") and within(name, *CARGO):
            yield f"the outbox knows no cargo: {name}"
    if place in {*ROOMS, "services", "function"}:
        yield from (f"time, chance and environment are handed in: {word}" for word in IMPURE if word in source)


LAWS: tuple[tuple[str, tuple[str, ...], set[str]], ...] = (
    ("only the runtime and main join the platform", PLATFORM, {"runtime", "main", "opos", *MACHINE}),
    ("only the runtime, main and opos use the composition root", ("shared.runtime",), {"runtime", "main", "opos"}),
    ("only the runtime joins adapters", ("shared.adapters",), {"adapters", "runtime", "opos"}),
    ("only services act, for functions", ACTING, {"services", "runtime", "function", "opos"}),
    ("nobody imports the command line", ("opos",), {"opos"}),
    ("nobody imports the operator's code, nor what only that needs", ("company", "email_validator"), set()),
)
"""Each law: what it says, which packages it guards, and the places that may import them."""


def broken_law(name: str, place: str, own: str, allowed: tuple[str, ...] | None) -> str | None:
    """The first law that an import of *name* breaks in a module of *place*, in the package *own*."""
    if name.startswith("."):
        return "imports are absolute"
    if within(name, "functions") and (name.endswith(".main") or not within(name, own)):
        return "no function imports another, nor a main"
    if place == "main":
        return None if within(name, *FRAMEWORK, "shared.runtime.entry", "shared.events", own) else "main only binds"
    if allowed is not None and within(name, "shared") and not within(name, *allowed):
        return f"{place} knows the contracts and itself"
    return next((law for law, guarded, places in LAWS if within(name, *guarded) and place not in places), None)


@pytest.mark.parametrize("module", MODULES)
def test_every_import_is_within_the_law(module: str) -> None:
    assert list(violations(module, (ROOT / module).read_text())) == []


def test_no_two_packages_of_shared_need_each_other() -> None:
    needs: dict[str, set[str]] = {}
    for module in MODULES:
        if module.startswith("shared/") and module.count("/") > 1:
            packages = {name.split(".")[1] for name in imports((ROOT / module).read_text()) if within(name, "shared")}
            needs.setdefault(area(module), set()).update(packages)
    assert {(a, b) for a, known in needs.items() for b in known if a < b and a in needs.get(b, ())} == set()


SERVICES = [module for module in MODULES if area(module) == "services"]
FUNCTION_MODULES = [module for module in MODULES if area(module) == "function"]
MUTATIONS = [
    *[(module, "import flask") for module in (*SERVICES, *FUNCTION_MODULES)],
    *[(module, "import os") for module in (*SERVICES, *FUNCTION_MODULES)],
    *[(module, "from os import environ") for module in SERVICES],
    *[
        (module, "from shared.runtime.container import Runtime")
        for module in MODULES
        if area(module) not in {"runtime", "main", "opos"}
    ],
    ("functions/sweeper/main.py", "from shared.runtime import container"),
    ("functions/sweeper/main.py", "import structlog"),
    ("functions/sweeper/handler.py", "from functions.console import rows"),
    ("functions/sweeper/handler.py", "from functions.sweeper import main"),
    ("functions/sweeper/handler.py", "from shared.adapters.sqlite.store import SqliteStore"),
    ("functions/sweeper/handler.py", "from google.cloud import firestore"),
    ("shared/alerting/verdict.py", "from shared.services.alerting import pages"),
    ("shared/alerting/verdict.py", "from shared.context import Context"),
    ("shared/alerting/verdict.py", "from shared.digest import batch"),
    ("shared/alerting/verdict.py", "from . import routes"),
    ("shared/context.py", "from shared.services.slo.indicators import Indicators"),
    ("shared/services/alerting/pages.py", "import opos.cli"),
    ("shared/adapters/sqlite/store.py", "from shared.alerting import alert"),
    ("shared/config/model.py", "from shared.services.alerting import pages"),
    ("shared/services/alerting/pages.py", "import secrets"),
    ("shared/services/outbox/delivery.py", "from shared.services.digest import notice"),
    ("shared/services/outbox/delivery.py", "from shared.services.review.notice import review_notice"),
    ("shared/services/outbox/delivery.py", "from shared.digest.renderers.html import as_html"),
    ("shared/services/outbox/delivery.py", "from shared.review import renderers"),
    ("shared/values/money.py", "from shared.process import facts"),
    ("shared/runtime/company.py", "import company.records"),
    ("functions/console/handler.py", "from company.records import Customer"),
    ("shared/records/kind.py", "import email_validator"),
]


@pytest.mark.parametrize(("module", "statement"), MUTATIONS)
def test_the_law_refuses_a_forbidden_import_at_any_depth(module: str, statement: str) -> None:
    for form in ("{}", "def answer() -> None:\n    {}"):
        assert list(violations(module, form.format(statement))) != [], form


def test_the_mutations_name_modules_that_exist() -> None:
    assert {module for module, _ in MUTATIONS} <= set(MODULES)
    assert len(SERVICES) > 10
    assert len(FUNCTION_MODULES) > 20
