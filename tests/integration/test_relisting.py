"""`opos up` lists records again that were stored before their kind changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from opos.bundle.relisting import start_relisting
from opos.commands.deploy import list_records
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.services.records.edits import create
from shared.services.records.listing import listed
from shared.services.records.record import kind_named
from tests.support.records import ME

BEFORE = """
from shared.records import Record

class Task(Record, kind="task"):
    name: str
    stars: int = 0
"""
NOW = BEFORE.replace("stars: int", "stars: Listed[int]").replace("import Record", "import Listed, Record")
CONFIG = "owner: me@example.com\nsources: {}\nchannels: {desk: {console: true}}\nroute: {channel: desk}\ndigest: {channel: desk}\n"


@contextmanager
def running(folder: Path, name: str, records: str) -> Iterator[Runtime]:
    """A bundle in *folder* with *records* as its kinds, in a folder of their own, since a process loads one once."""
    company = folder / name
    company.mkdir()
    (company / "records.py").write_text(records)
    (folder / "opos.yaml").write_text(CONFIG)
    environment = {
        "OPOS_STORE": f"sqlite:///{folder}/opos.db",
        "OPOS_CONFIG": str(folder / "opos.yaml"),
        "OPOS_COMPANY": str(company),
    }
    runtime = Runtime(Settings.from_environment(environment))
    yield runtime
    runtime.close()


def test_the_next_start_lists_the_records_by_a_field_that_is_new_in_lists(tmp_path: Path) -> None:
    with running(tmp_path, "before", BEFORE) as runtime:
        context = runtime.context()
        made = [create(kind_named("task", context), {"name": "a", "stars": n}, ME, context).record for n in (2, 1, 3)]
    with running(tmp_path, "now", NOW) as runtime:
        context = runtime.context()
        kind = kind_named("task", context)
        assert not listed(kind, context, order_by="stars", limit=5).is_whole
        start_relisting(runtime).join(30)
        page = listed(kind, context, order_by="stars", limit=5)
        assert ([record.id for record in page.records], page.is_whole) == ([made[2], made[0], made[1]], True)


def test_a_mistake_in_company_stops_only_this(tmp_path: Path) -> None:
    with running(tmp_path, "wrong", "class Task(") as runtime:
        start_relisting(runtime).join(30)
        assert list(runtime.store.query("events")) == []


def test_a_deploy_lists_the_records_again_and_says_how_many(tmp_path: Path) -> None:
    with running(tmp_path, "first", BEFORE) as runtime:
        create(kind_named("task", runtime.context()), {"name": "a"}, ME, runtime.context())
    with running(tmp_path, "next", NOW) as runtime:
        said: list[str] = []
        ground = SimpleNamespace(context=runtime.context, say=said.append)
        for _ in range(2):
            list_records(ground)  # type: ignore[arg-type]
        assert said == ["  tasks: 1 listed again"]
