"""The button that silences alerts, whatever labels the alerts of a page share; over HTTP."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.console.links import alert_silence_path
from shared.services.alerting import silences
from tests.support.bundle import Bundle

NAMES = ["service.name", "k8s/pod", "größe", "a b", 'q"uote', "team"]


def fire(bundle: Bundle, number: int, **labels: str) -> None:
    alerts: list[dict[str, Any]] = [
        {
            "status": "firing", "startsAt": "2026-11-20T08:59:00Z", "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": f"f{number}", "labels": {"severity": "critical", **labels}, "annotations": {},
        }
    ]  # fmt: skip
    payload = {"version": "4", "groupKey": f"g{number}", "status": "firing", "alerts": alerts}
    assert bundle.send("alertmanager", payload, delivery=f"d{number}").status == 202
    bundle.settle()


def form(bundle: Bundle) -> str:
    """The path of the silence form that the page of the latest notification links to; empty if it links to none."""
    page = bundle.request("GET", urlsplit(bundle.desk.sent[-1][1].ack_url).path)
    assert page.status == 200
    _, link, rest = page.text.partition('href="/silence/')
    return "/silence/" + rest.partition('"')[0] if link else ""


def test_a_group_by_any_label_name_is_silenced_from_its_page(embedded: Bundle) -> None:
    embedded.configure(f"route: {{channel: desk, group_by: {json.dumps(NAMES)}}}\n")
    for number, name in enumerate(NAMES):
        embedded.clock.advance(minutes=2)
        fire(embedded, number, alertname="Slow", **{name: "web"})
        asked = embedded.request("GET", form(embedded))
        assert (asked.status, "It would hold <b>1 open alert</b> now." in asked.text) == (200, True)
        made = embedded.request("POST", form(embedded), b"comment=known&for=1d")
        assert (made.status, "It holds 1 open alert." in made.text) == (200, True)
        embedded.clock.advance(minutes=10)
        fire(embedded, 100 + number, alertname="Down", **{name: "web"})
        assert len(embedded.pages()) == number + 1


def test_a_group_without_a_label_of_its_own_is_silenced_by_the_rule_that_its_alerts_share(embedded: Bundle) -> None:
    embedded.configure("route: {channel: desk, group_by: [team]}\n")
    fire(embedded, 1, alertname="Slow", host="a")
    made = embedded.request("POST", form(embedded), b"for=1h&comment=known")
    assert (made.status, "Silenced for 1h." in made.text) == (200, True)
    assert embedded.docs("silences")[0].data["matchers"] == ['source="alertmanager"', 'alertname="Slow"']


def test_the_page_of_a_storm_silences_what_its_alerts_share(embedded: Bundle) -> None:
    embedded.configure("route: {channel: desk, group_by: ['...'], pages_per_minute: 1}\n")
    for number in range(5):
        fire(embedded, number, alertname=f"Rule{number}", host=f"h{number}")
    embedded.tick(minutes=1)
    assert "alerts at once" in embedded.pages()[-1]
    made = embedded.request("POST", form(embedded), b"for=1h&comment=known")
    assert (made.status, "It holds 5 open alerts." in made.text) == (200, True)
    assert embedded.docs("silences")[0].data["matchers"] == ['source="alertmanager"']


def test_a_link_that_would_silence_almost_everything_is_refused_in_words(embedded: Bundle) -> None:
    until = embedded.clock.now().replace(year=2027)
    for matchers in ([], ['team=""'], ["no matcher"]):
        token = embedded.runtime.links.token("silence", {"matchers": matchers}, expires=until)
        for method, body in (("GET", None), ("POST", b"for=1h")):
            answer = embedded.request(method, f"/silence/{token}", body)
            assert (answer.status, "Silence one rule instead" in answer.text) == (400, True)
    assert embedded.docs("silences") == []


LABELS = {"alertname": "Slow", "host": "db-1", "region": "eu"}


def several(bundle: Bundle) -> str:
    """The path of the operator's form for the first of four alerts, whose labels differ from it in one or two."""
    bundle.configure("route: {channel: desk}\n")
    fire(bundle, 1, **LABELS)
    fire(bundle, 2, **{**LABELS, "host": "db-2"})
    fire(bundle, 3, **{**LABELS, "region": "us"})
    fire(bundle, 4, **{**LABELS, "alertname": "Down", "host": "db-2"})
    (alert,) = (
        doc for doc in bundle.docs("alerts") if LABELS.items() <= doc.data["labels"].items()
    )  # fmt: skip
    return alert_silence_path(alert, bundle.runtime.context())


def boxes(text: str) -> dict[str, tuple[str, bool, str]]:
    """The check boxes of a form by the name of their label: the field, whether it is checked, and the words."""
    rows = re.findall(r'name="(label\.\d+)" value="1"( checked)?><span>(\S+): .*?class="hint">([^<]*)', text)
    return {name: (field, bool(checked), words) for field, checked, name, words in rows}


def test_the_form_of_an_alert_begins_with_all_its_labels_and_says_what_dropping_each_would_hold(
    embedded: Bundle,
) -> None:
    path, operator = several(embedded), embedded.signed_in()
    text = embedded.request("GET", path, headers=operator).text
    assert "It would hold <b>1 open alert</b> now." in text
    assert text.count('href="/console/alert/') == 2  # back, and Cancel
    assert [name in text.partition("more label")[0] for name in ("alertname: <b>", "region: <b>")] == [True, False]
    assert all(checked for _, checked, _ in boxes(text).values())
    assert {name: words for name, (_, _, words) in boxes(text).items()} == {
        "alertname": "without it, 1 open alert", "host": "without it, 2 open alerts",
        "region": "without it, 2 open alerts", "severity": "without it, 1 open alert",
        "source": "without it, 1 open alert",
    }  # fmt: skip


def test_count_again_shows_the_new_choice_without_a_script_and_the_silence_holds_just_that(embedded: Bundle) -> None:
    path, operator = several(embedded), embedded.signed_in()
    rows = boxes(embedded.request("GET", path, headers=operator).text)
    kept = "&".join(f"{rows[name][0]}=1" for name in ("alertname", "region", "source"))
    again = embedded.request("GET", f"{path}?{kept}&count=1&for=4h&comment=a+%22new%22+disk", headers=operator).text
    assert "It would hold <b>2 open alerts</b> now." in again
    assert boxes(again)["host"][1:] == (False, "with it, 1 open alert")
    assert 'value="4h" checked' in again
    assert 'value="a &#34;new&#34; disk"' in again
    assert embedded.docs("silences") == []
    made = embedded.request("POST", path, f"{kept}&for=4h&comment=new+disk".encode(), operator)
    assert made.status == 303
    (silence,) = embedded.docs("silences")
    assert silence.data["matchers"] == ['alertname="Slow"', 'region="eu"', 'source="alertmanager"']
    assert (silence.data["comment"], silence.data["author"]) == ("new disk", embedded.runtime.config.owner)


def test_the_form_of_an_alert_is_for_the_operator_only_and_drops_not_every_label(embedded: Bundle) -> None:
    path = several(embedded)
    assert [embedded.request(method, path, body).status for method, body in (("GET", None), ("POST", b"for=1h"))] == [
        401,
        401,
    ]
    refused = embedded.request("POST", path, b"for=1h&comment=known", embedded.signed_in())
    assert (refused.status, "Choose at least one label" in refused.text) == (400, True)
    assert embedded.docs("silences") == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("for=1h", "Say why"),
        ("for=1h&comment=+", "Say why"),
        ("comment=known", "Choose how long"),
        ("for=9y&comment=known", "Choose how long"),
        ("for=own&comment=known", "Enter a time in the future"),
        ("for=own&until=2020-01-01T10:00&comment=known", "Enter a time in the future"),
        ("for=own&until=9999-12-31T23:59&comment=known", "Enter a time in the future"),
        ("for=own&until=soon&comment=known", "Enter a time in the future"),
        ("for=1h&until=2026-11-20T15:00&comment=known", "Choose either a length"),
    ],
)
def test_a_silence_needs_an_end_and_a_reason_and_the_form_keeps_what_was_entered(
    embedded: Bundle, fields: str, words: str
) -> None:
    fire(embedded, 1, alertname="Slow")
    refused = embedded.request("POST", form(embedded), f"label.0=1&{fields}".encode())
    assert (refused.status, words in refused.text) == (400, True)
    assert refused.text.count('type="checkbox" name="label.0" value="1" checked') == 1
    assert embedded.docs("silences") == []


def test_an_end_of_ones_own_is_in_the_operators_zone(embedded: Bundle) -> None:
    embedded.configure("timezone: Europe/Berlin\n")
    fire(embedded, 1, alertname="Slow")
    made = embedded.request("POST", form(embedded), b"for=own&until=2026-11-20T15:30&comment=known")
    assert "Silenced until 15:30." in made.text
    assert embedded.docs("silences")[0].data["ends_at"] == "2026-11-20T14:30:00.000000Z"


def test_a_link_in_a_message_narrows_and_never_widens(embedded: Bundle) -> None:
    fire(embedded, 1, alertname="Slow", host="a")
    fire(embedded, 2, alertname="Slow", host="b")
    path = form(embedded)
    rows = boxes(embedded.request("GET", path).text)
    assert {*rows} == {"host", "severity"}
    embedded.request("POST", path, f"{rows['host'][0]}=1&for=1h&comment=known".encode())
    embedded.request("POST", path, b"label.7=1&for=1h&comment=known")
    narrow, wide = sorted(embedded.docs("silences"), key=lambda doc: -len(doc.data["matchers"]))
    assert len(narrow.data["matchers"]) == 3
    assert sorted(wide.data["matchers"]) == ['alertname="Slow"', 'source="alertmanager"']


def test_the_count_says_at_least_where_there_are_more_open_alerts_than_are_read(
    embedded: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silences, "MOST", 2)
    text = embedded.request("GET", several(embedded), headers=embedded.signed_in()).text
    assert "at least" in text
