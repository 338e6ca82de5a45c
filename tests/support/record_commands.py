"""`opos records` in tests, and the folder `company/` that it reads."""

import sys
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from opos.cli import main
from shared.records.change import Cause
from shared.records.observation import Observation
from shared.records.ownership import Owners
from shared.runtime.company import PACKAGE
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.services.records.edits import create
from shared.services.records.observations import observe
from shared.services.records.record import kind_named
from tests.support.bundle import CONFIG, FLAGS, SECRETS, Bundle
from tests.support.project import ROOT
from tests.support.records import ME


class Stored(Bundle):
    """A bundle that does not run: what commands find when `opos up` has stopped. It starts faster."""

    def start(self) -> None:
        (self.folder / "opos.yaml").write_text(CONFIG)
        (self.folder / "flags.yaml").write_text(FLAGS)
        store, config = f"sqlite:///{self.folder}/opos.db", str(self.folder / "opos.yaml")
        settings = Settings.from_environment({**SECRETS, "OPOS_STORE": store, "OPOS_CONFIG": config})
        self.runtime = Runtime(settings, clock=self.clock)
        self.runtime.local_bus.ping()

    def stop(self) -> None:
        self.runtime.close()


def declare(folder: Path, code: str = "", *, only: str = "") -> None:
    """The kinds of tests/support/kinds.py, or *only* others, and *code* below, as `company/records.py` of *folder*."""
    kinds = only or (ROOT / "tests/support/kinds.py").read_text().partition("KINDS = ")[0]
    (folder / "company").mkdir(exist_ok=True)
    (folder / "company" / "records.py").write_text(kinds + code)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]  # as in a new process


def made(bundle: Bundle, kind: str, values: Mapping[str, Any], cause: Cause = ME) -> str:
    """The id of a new record of *kind*."""
    context = bundle.runtime.context()
    return create(kind_named(kind, context), values, cause, context).record


def said(bundle: Bundle, observation: Observation, owners: Owners) -> str:
    """The id of the record that *observation* is about, after it."""
    return observe(observation, owners, bundle.runtime.context()).record


def called(bundle: Bundle, *words: str, given: str = "") -> Result:
    """`opos records WORDS`."""
    return run(bundle, "records", *words, given=given)


def run(bundle: Bundle, *words: str, given: str = "") -> Result:
    with chdir(bundle.folder):
        return CliRunner().invoke(main, [*words, *bundle.place], env=SECRETS, input=given)


def printed(bundle: Bundle, *words: str, given: str = "") -> str:
    done = called(bundle, *words, given=given)
    assert done.exit_code == 0, done.output
    return done.stdout
