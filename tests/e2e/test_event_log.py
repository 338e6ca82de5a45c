"""Export, import and replay of many, as an operator calls them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.bundle import Bundle
from tests.support.commands import opos


def exported(bundle: Bundle, *options: str, since: str = "2026-11-01") -> list[str]:
    done = opos("export", "--since", since, *options, *bundle.place, folder=bundle.folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def restored(bundle: Bundle, lines: list[str]) -> dict[str, int]:
    done = opos("import", "--json", *bundle.place, folder=bundle.folder, given="\n".join(lines).encode())
    assert done.returncode == 0, done.stderr
    told: dict[str, int] = json.loads(done.stdout)
    return told


@pytest.fixture
def history(bundle: Bundle) -> Bundle:
    """Three days of events, of two sources."""
    bundle.clock.moment = datetime.now(UTC).replace(hour=0, minute=0, second=0) - timedelta(days=2)
    for n in range(6):
        bundle.trouble(f"t{n}", severity="critical" if n == 5 else "warning")
        bundle.send("github", {"zen": "Ümlaut \u2028"}, event_type="ping", delivery=f"g{n}")
        bundle.settle()
        bundle.clock.advance(hours=7)
    return bundle


def test_what_is_exported_is_restored_as_it_was(history: Bundle) -> None:
    lines = exported(history)
    received = [json.loads(line)["received_at"] for line in lines]
    assert len(lines) == 12
    assert received == sorted(received)
    before = {doc.path: doc.data for doc in history.docs("events")}
    for doc in history.docs("events"):
        history.forget(doc)
    assert restored(history, lines) == {"restored": 12, "there": 0}
    assert {doc.path: doc.data for doc in history.docs("events")} == before
    assert restored(history, lines) == {"restored": 0, "there": 12}


def test_an_export_moves_from_one_backend_to_the_other(history: Bundle, embedded: Bundle) -> None:
    assert restored(embedded, exported(history)) == {"restored": 12, "there": 0}
    assert exported(embedded) == exported(history)


def test_an_export_begins_where_it_is_told_and_keeps_to_a_source(history: Bundle) -> None:
    assert len(exported(history, "--source", "github")) == 6
    since = history.docs("events")[0].data["received_at"][:4] + "-01-01"
    assert len(exported(history, since=since)) == 12
    assert len(exported(history, since=(history.clock.now() - timedelta(hours=8)).isoformat())) == 2


@pytest.mark.parametrize("bad", ["not json", "[]", "{}", '{"contract": "event/2"}'])
def test_a_bad_line_is_named_and_nothing_is_written(embedded: Bundle, bad: str) -> None:
    embedded.trouble("disk")
    (good,) = exported(embedded)
    embedded.forget(embedded.docs("events")[0])
    done = opos("import", *embedded.place, folder=embedded.folder, given=f"{good}\n{bad}\n".encode())
    assert done.returncode == 1
    assert "line 2: " in done.stderr
    assert embedded.docs("events") == []


def test_an_event_that_was_not_handled_before_its_export_is_after_its_import(embedded: Bundle) -> None:
    embedded.trouble("disk")
    lines = exported(embedded)
    embedded.forget(embedded.docs("events")[0])
    embedded.pump.bus.database.write(lambda db: db.execute("DELETE FROM messages"))
    restored(embedded, lines)
    embedded.tick(minutes=2)
    assert embedded.pages() == ["Trouble disk"]


def test_a_dry_run_says_what_would_change_and_does_nothing(history: Bundle) -> None:
    before = {doc.path: doc for name in ("events", "alerts", "outbox") for doc in history.docs(name)}
    done = opos("replay", "--since", "4d", "--source", "app", "--dry-run", *history.place, folder=history.folder)
    assert done.returncode == 0, done.stderr
    assert "(was digest)\n          record: repeat 2 of an alert that is firing" in done.stdout
    assert "warning firing x1 -> warning firing x2" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("The replay would process 6 events: 0 page, 0 hold, 0 digest, 6 rec")
    assert {doc.path: doc for name in ("events", "alerts", "outbox") for doc in history.docs(name)} == before


def test_a_dry_run_sees_what_the_events_before_would_have_done(embedded: Bundle) -> None:
    embedded.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    embedded.trouble("disk")
    embedded.settle()
    embedded.clock.advance(minutes=1)
    embedded.trouble("disk", status="resolved")
    embedded.settle()
    embedded.forget(embedded.docs("alerts")[0])
    done = opos("replay", "--since", "1d", "--dry-run", "--json", *embedded.place, folder=embedded.folder)
    assert [one["decisions"][0]["path"] for one in json.loads(done.stdout)] == ["page", "digest"]


def test_replay_of_many_asks_before_it_pages_and_then_handles_each_again(embedded: Bundle) -> None:
    embedded.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    for status in ("firing", "resolved"):
        embedded.trouble("disk", status=status)
        embedded.settle()
        embedded.clock.advance(minutes=1)
    embedded.forget(embedded.docs("alerts")[0])
    replay = ("replay", "--since", "1d", *embedded.place)
    refused = opos(*replay, folder=embedded.folder, given=b"n\n")
    assert refused.returncode == 1
    assert "1 page" in refused.stderr
    embedded.settle()
    assert len(embedded.pages()) == 1
    assert opos(*replay, "--yes", folder=embedded.folder).returncode == 0
    embedded.clock.moment = datetime.now(UTC)
    embedded.settle()
    assert len(embedded.pages()) == 2


def test_a_replay_of_what_is_over_pages_nobody(embedded: Bundle) -> None:
    embedded.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    for status in ("firing", "resolved"):
        embedded.trouble("disk", status=status)
        embedded.settle()
        embedded.clock.advance(minutes=1)
    assert opos("replay", "--since", "1d", *embedded.place, folder=embedded.folder).returncode == 0
    embedded.clock.moment = datetime.now(UTC)
    embedded.settle()
    assert (len(embedded.pages()), embedded.docs("alerts")[0].data["state"]) == (1, "resolved")
    assert all(len(doc.data["handled"]) == 2 for doc in embedded.docs("events"))


@pytest.mark.parametrize("arguments", [[], ["abc", "--since", "1d"], ["abc", "--source", "x"], ["--since", "soon"]])
def test_replay_of_nothing_or_of_two_things_is_wrong_usage(embedded: Bundle, arguments: list[str]) -> None:
    assert opos("replay", *arguments, *embedded.place, folder=embedded.folder).returncode == 2
