"""Many at once, other writers in between, several channels: over fakes."""

from collections import Counter
from collections.abc import Sequence

import pytest

from shared.errors import Conflict
from shared.ports import Create, Write
from tests.support.fakes import FakeStore
from tests.support.timeline import configured, docs, fire, minutes, titles


class Overtaken(FakeStore):
    """Refuses, once, the first commit that pages: another writer was quicker with the document at `path`."""

    path: str = ""
    times: int = 1

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        paging = any(isinstance(one, Create) and one.path.startswith("outbox/") for one in writes)
        wanted = [one.path for one in writes if one.path.startswith(self.path)] if self.path else []
        if self.scheduled and paging and wanted and self.times:
            self.times -= 1
            raise Conflict(wanted[0])
        return super().commit(writes)

    scheduled: bool = False


@pytest.mark.parametrize("path", ["groups/", "alerts/"])
def test_what_is_overtaken_while_many_are_told_is_told_nevertheless_and_nothing_without_a_page(path: str) -> None:
    store = Overtaken()
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    context.store = store
    for n in range(450):
        fire(context, f"f{n}")
    store.path, store.scheduled = path, True
    minutes(context, 1)
    store.scheduled = False
    minutes(context, 2)
    told = [doc for doc in docs(context, "alerts") if doc.data["told_at"]]
    assert len(told) == 450
    assert sum(doc.data["cause"]["total"] for doc in docs(context, "outbox")) == 450
    named = Counter(id for doc in docs(context, "outbox") for id in doc.data["cause"]["alerts"])
    assert set(named.values()) == {1}


def test_a_flood_is_told_on_the_channels_of_each_of_its_alerts() -> None:
    routes = [{"matchers": ["team=money"], "channel": "friend"}]
    context = configured(route={"channel": "desk", "pages_per_minute": 1, "routes": routes})
    for n in range(4):
        fire(context, f"f{n}", labels={"alertname": f"A{n}", "team": "money" if n % 2 else "web"})
    minutes(context, 2)
    assert titles(context) == ["Trouble f0", "Trouble f2"]
    assert [title.partition(":")[0] for title in titles(context, "friend")] == ["2 alerts at once"]


def test_of_several_routes_only_those_that_are_not_muted_are_told() -> None:
    routes = [
        {"matchers": ["source=github"], "channel": "friend", "continue": True, "mute_time_intervals": ["now"]},
        {"matchers": ["source=github"], "channel": "desk"},
    ]
    now = [{"times": [{"start_time": "08:00", "end_time": "12:00"}]}]
    context = configured(route={"channel": "call", "routes": routes}, time_intervals={"now": now})
    fire(context)
    minutes(context, 31)
    assert (titles(context), titles(context, "friend")) == (["Trouble disk", "Trouble disk"], [])
