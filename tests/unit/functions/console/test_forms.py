"""What the console's forms take and refuse: texts, versions, second presses, and names that a database reserves."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from functions.console.links import alert_silence_path
from shared.alerting.changes import LONGEST_NOTE
from shared.events import iso
from shared.flags import Definition, FlagSet
from shared.ports import Doc, Set, Update
from shared.services.alerting.silences import MOST, expire, open_labels
from tests.support.fakes import FakeContext
from tests.unit.functions.console.test_frame import Browser, put_alert

NOTE = "/console/alert/a1/note"


@pytest.fixture
def context() -> FakeContext:
    context = FakeContext()
    definition = Definition("ENABLED", {"on": True, "off": False}, "on", None, {})
    context.flags = FlagSet({"team/checkout": definition})
    put_alert(context, "a1")
    return context


class Desk:
    """The operator in front of one open page, whose forms stay as they were when it was opened."""

    def __init__(self, context: FakeContext, path: str, **query: str) -> None:
        self.browser = Browser(context)
        self.text = self.browser.get(path, **query).body.decode()

    def fields(self, action: str) -> dict[str, str]:
        """The hidden fields of the form with the address *action*."""
        form = self.text.partition(f'action="{action}"')[2].partition("</form>")[0]
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))

    def press(self, action: str, **more: str) -> Any:
        given = {name: quote(value, safe="") for name, value in {**self.fields(action), **more}.items()}
        return self.browser.post(action, **given)


def alert(context: FakeContext) -> dict[str, Any]:
    return dict(context.store.docs["alerts/a1"].data)


def notes(context: FakeContext) -> list[str]:
    return [doc.data["text"] for doc in context.store.query("alert_changes") if doc.data["kind"] == "note"]


def test_a_note_is_stored_whole_with_one_character_for_each_line_break_or_refused(context: FakeContext) -> None:
    desk, longest = Desk(context, "/console/alert/a1"), "seen\n" * (LONGEST_NOTE // 5)
    assert desk.press(NOTE, text=longest.strip().replace("\n", "\r\n")).status == 303
    assert notes(context) == [longest.strip()]
    refused = desk.press(NOTE, text="x" * (LONGEST_NOTE + 1))
    assert (refused.status, "at most 2,000 characters, found 2,001" in refused.body.decode()) == (400, True)
    assert len(notes(context)) == 1


def test_a_note_for_an_episode_that_is_not_the_last_any_more_comes_back_to_its_author(context: FakeContext) -> None:
    desk = Desk(context, "/console/alert/a1")
    put_alert(context, "a1", episode=alert(context)["episode"] + 1)
    refused = desk.press(NOTE, text="the pool was full")
    assert (refused.status, "the pool was full" in refused.body.decode(), notes(context)) == (409, True, [])


def test_a_page_with_a_note_on_it_does_not_reload_itself_without_a_script(context: FakeContext) -> None:
    assert 'http-equiv="refresh"' in Desk(context, "/").text
    assert 'http-equiv="refresh"' not in Desk(context, "/console/alert/a1").text


def test_a_stale_button_undoes_nothing_and_says_so(context: FakeContext) -> None:
    path = "/console/alert/a1"
    stale = Desk(context, path)
    assert Desk(context, path).press(f"{path}/snooze/4h").status == 303
    snoozed = alert(context)
    assert [stale.press(f"{path}/{what}").status for what in ("acknowledge", "resolve")] == [409, 409]
    assert alert(context) == snoozed
    assert Desk(context, path).press(f"{path}/resolve").status == 303
    assert stale.press(f"{path}/acknowledge").status == 409


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("acknowledge", "Already acknowledged at "),
        ("snooze/1h", "Already snoozed at "),
        ("resolve", "Already resolved"),
    ],
)
def test_a_second_press_changes_nothing_and_says_that_it_is_done(context: FakeContext, what: str, words: str) -> None:
    path = "/console/alert/a1"
    desk = Desk(context, path)
    assert desk.press(f"{path}/{what}").status == 303
    done = alert(context)
    context.clock.advance(minutes=1)
    again = desk.press(f"{path}/{what}")
    assert (again.status, again.headers["location"], alert(context)) == (303, f"{path}?already=1", done)
    assert words in desk.browser.get(path, already="1").body.decode()


def test_a_silence_form_that_is_sent_twice_makes_one_silence_and_no_silence_again_once_it_has_ended(
    context: FakeContext,
) -> None:
    path = alert_silence_path(Doc("alerts/a1", alert(context), ""), context)
    browser = Browser(context)
    text = browser.get(path).body.decode()
    boxes = dict.fromkeys(re.findall(r'type="checkbox" name="(label\.\d+)"', text), "1")
    (page,) = re.findall(r'name="page" value="(\w+)"', text)
    fields = {**boxes, "for": "1h", "comment": "known", "page": page}
    assert [browser.post(path, **fields).status for _ in range(2)] == [303, 303]
    (silence,) = context.store.query("silences")
    assert browser.post(path, **{**fields, "for": "4h"}).status == 303
    assert len(list(context.store.query("silences"))) == 2
    expire(silence.id, context)
    assert browser.post(path, **fields).status == 409
    assert browser.post(path, **{**fields, "comment": "x" * 201}).status == 400


def test_a_flag_with_a_slash_in_its_key_is_overridden_and_released(context: FakeContext) -> None:
    answer = Desk(context, "/console/flags", override="team/checkout").press(
        "/console/flags/override", variant="off", why="charges twice", **{"for": "1h"}
    )
    assert (answer.status, answer.headers["location"]) == (303, "/console/flags?done=overridden")
    desk = Desk(context, "/console/flags")
    assert "overridden: off" in desk.text
    assert desk.press("/console/flags/release").status == 303
    assert "overridden: off" not in Desk(context, "/console/flags").text


def test_an_override_that_another_one_has_overtaken_is_not_written_over(context: FakeContext) -> None:
    """The other is faster between the comparison and the write, which is the latest that it can be."""
    desk, action = Desk(context, "/console/flags", override="team/checkout"), "/console/flags/override"
    fields = {"variant": "off", "for": "1h"}
    commit = context.store.commit

    def overtaken(writes: Any) -> dict[str, str]:
        context.store.commit = commit  # type: ignore[method-assign]
        assert (
            Desk(context, "/console/flags", override="team/checkout").press(action, why="hers", **fields).status == 303
        )
        return commit(writes)

    context.store.commit = overtaken  # type: ignore[method-assign]
    assert desk.press(action, why="mine", **fields).status == 409
    assert [doc.data["why"] for doc in context.store.query("overrides")] == ["hers"]


def test_a_form_with_too_many_fields_is_refused_in_words(context: FakeContext) -> None:
    silence = alert_silence_path(Doc("alerts/a1", alert(context), ""), context)
    for path in ("/console/settings/focus", silence):
        answer = Browser(context).post(path, **{f"f{number}": "1" for number in range(201)})
        assert (answer.status, "at most 200 fields" in answer.body.decode()) == (400, True)


@pytest.mark.parametrize("name", ["__x__", ".", "..", "a b", "ü", "a" * 65])
def test_a_name_that_no_id_can_be_is_not_asked_of_the_database(context: FakeContext, name: str) -> None:
    browser = Browser(context)
    token, get = browser.csrf("/console/settings"), context.store.get

    def strict(path: str) -> Doc | None:
        assert name not in path.split("/"), f"the database was asked for {path}"
        return get(path)

    context.store.get = strict  # type: ignore[method-assign]
    for kind in ("alert", "event", "message"):
        assert browser.get(f"/console/{kind}/{name}").status == 404
    for action in ("alert/{}/acknowledge", "alert/{}/note", "event/{}/reveal", "event/{}/replay", "message/{}/send"):
        assert browser.post(f"/console/{action.format(name)}", csrf=token, text="x").status == 404
    assert browser.post(f"/console/settings/session/{name}/end", csrf=token).status == 303
    assert browser.post("/console/flags/release", csrf=token, flag=quote(name)).status == 404


def test_a_count_of_what_a_silence_would_hold_reads_the_firing_alerts_first_and_not_all(context: FakeContext) -> None:
    for number in range(MOST):
        put_alert(context, f"b{number}", state="acknowledged" if number % 2 else "firing")
    labels = open_labels(context)
    assert (len(labels.labels), labels.is_all) == (MOST, False)
    for number in range(1, MOST, 2):
        doc = context.store.docs[f"alerts/b{number}"]
        context.store.commit([Update(doc.path, {"state": "resolved"}, doc.version)])
    assert open_labels(context).is_all


def test_the_settings_page_lists_a_bounded_number_of_silences(context: FakeContext) -> None:
    ends_at = iso(context.now + timedelta(hours=1))
    silence = {"matchers": ['a="b"'], "author": "me", "comment": "known", "starts_at": "", "ends_at": ends_at}
    context.store.commit([Set(f"silences/{number:03}", silence) for number in range(250)])
    assert Desk(context, "/console/settings").text.count('aria-label="End silence') == 200
