"""The button that silences alerts, whatever labels the alerts of a page share; over HTTP."""

import json
from typing import Any
from urllib.parse import urlsplit

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
        assert (asked.status, "1 open alert now." in asked.text) == (200, True)
        made = embedded.request("POST", form(embedded), b"comment=known&for=1d")
        assert (made.status, "It holds 1 open alert." in made.text) == (200, True)
        embedded.clock.advance(minutes=10)
        fire(embedded, 100 + number, alertname="Down", **{name: "web"})
        assert len(embedded.pages()) == number + 1


def test_a_group_without_a_label_of_its_own_is_silenced_by_the_rule_that_its_alerts_share(embedded: Bundle) -> None:
    embedded.configure("route: {channel: desk, group_by: [team]}\n")
    fire(embedded, 1, alertname="Slow", host="a")
    made = embedded.request("POST", form(embedded), b"for=1h")
    assert (made.status, "Silenced for 1h." in made.text) == (200, True)
    assert embedded.docs("silences")[0].data["matchers"] == ['source="alertmanager"', 'alertname="Slow"']


def test_the_page_of_a_storm_silences_what_its_alerts_share(embedded: Bundle) -> None:
    embedded.configure("route: {channel: desk, group_by: ['...'], pages_per_minute: 1}\n")
    for number in range(5):
        fire(embedded, number, alertname=f"Rule{number}", host=f"h{number}")
    embedded.tick(minutes=1)
    assert "alerts at once" in embedded.pages()[-1]
    made = embedded.request("POST", form(embedded), b"for=1h")
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
