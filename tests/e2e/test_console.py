"""The operator's pages."""

from urllib.parse import urlsplit

import pytest

from tests.support.bundle import Bundle
from tests.support.console import link_path


def sign_in(bundle: Bundle) -> dict[str, str]:
    answer = bundle.request("POST", link_path(bundle.runtime.context()))
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


def ack_path(bundle: Bundle) -> str:
    return urlsplit(bundle.desk.sent[-1][1].ack_url).path


def test_a_stranger_sees_only_how_the_operator_signs_in(bundle: Bundle) -> None:
    bundle.trouble("disk")
    bundle.settle()
    for headers in ({}, {"cookie": "opos_console=forged"}, {"cookie": "\xff; opos_console=.."}):
        answer = bundle.request("GET", "/", headers=headers)
        assert answer.status == 401
        assert "Trouble" not in answer.text
        assert "opos console" in answer.text


def test_the_operator_sees_what_is_open_waiting_sent_quarantined_and_dead(bundle: Bundle) -> None:
    cookie = sign_in(bundle)
    empty = bundle.request("GET", "/", headers=cookie)
    assert "Nothing needs you" in empty.text
    bundle.trouble("disk")
    bundle.trouble("slow", severity="warning")
    bundle.send("app", b"not json", delivery="broken")
    bundle.settle()
    page = bundle.request("GET", "/", headers=cookie).text
    for shown in (
        "Trouble disk",
        "expected a JSON body",
        "Acknowledge Trouble disk",
        "Trouble slow",
    ):
        assert shown in page


def test_a_hostile_title_is_shown_and_does_nothing(bundle: Bundle) -> None:
    data = {"id": "x", "title": "<script>alert(1)</script>\u202e", "severity": "critical", "status": "firing"}
    bundle.send("app", {"type": "trouble", "data": data})
    bundle.settle()
    page = bundle.request("GET", "/", headers=sign_in(bundle))
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_look_at_an_ack_link_changes_nothing_and_a_post_acknowledges_once(bundle: Bundle) -> None:
    bundle.trouble("disk")
    bundle.settle()
    before = bundle.docs("alerts")
    for method in ("GET", "HEAD"):
        assert bundle.request(method, ack_path(bundle)).status == 200
    assert bundle.docs("alerts") == before
    for status in ("Acknowledged until", "Already acknowledged at"):
        assert status in bundle.request("POST", ack_path(bundle)).text
    assert bundle.docs("alerts")[0].data["state"] == "acknowledged"


def test_acknowledging_from_the_console_leads_back_to_it(bundle: Bundle) -> None:
    bundle.trouble("disk")
    bundle.settle()
    answer = bundle.request("POST", ack_path(bundle), headers=sign_in(bundle))
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_an_ack_link_expires(bundle: Bundle) -> None:
    bundle.trouble("disk")
    bundle.settle()
    bundle.clock.advance(days=7)
    for method in ("GET", "POST"):
        assert bundle.request(method, ack_path(bundle)).status == 410
    assert bundle.docs("alerts")[0].data["state"] == "firing"


def test_an_ack_link_of_an_earlier_episode_does_not_touch_the_new_one(bundle: Bundle) -> None:
    bundle.trouble("disk")
    bundle.settle()
    old = ack_path(bundle)
    for status in ("resolved", "firing"):
        bundle.clock.advance(seconds=1)
        bundle.trouble("disk", status=status)
        bundle.settle()
    assert "nothing to acknowledge" in bundle.request("POST", old).text
    assert bundle.docs("alerts")[0].data["state"] == "firing"
    bundle.tick(minutes=1)
    assert bundle.request("POST", old).status == 410
    assert bundle.docs("alerts")[0].data["state"] == "firing"


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", "%00", "%F0%9F%92%A9", "x" * 5000, "eyJhbGVydCI6MX0.AAAA", "..%2f..%2f"]
)
def test_a_forged_or_cut_link_is_not_found(bundle: Bundle, token: str) -> None:
    for method in ("GET", "POST"):
        assert bundle.request(method, f"/ack/{token}").status == 404
    assert bundle.request("GET", f"/console/{token}").status == 404


def test_a_link_for_one_purpose_does_not_serve_another(bundle: Bundle) -> None:
    bundle.trouble("disk")
    bundle.settle()
    token = ack_path(bundle).rpartition("/")[2]
    assert bundle.request("GET", f"/console/{token}").status == 404


def test_an_unknown_page_is_not_found_and_another_method_not_allowed(bundle: Bundle) -> None:
    assert bundle.request("GET", "/nowhere").status == 404
    assert bundle.request("DELETE", "/").status == 405
