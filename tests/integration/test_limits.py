"""Channels against receivers that reject what the real ones reject: nothing is too long, and the links are there."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.ntfy import NotifyNtfy
from apprise.plugins.pushover import NotifyPushover
from apprise.plugins.telegram import NotifyTelegram
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.channels.apprise import AppriseService
from shared.adapters.channels.ntfy import NtfyTopic
from shared.adapters.channels.slack import SlackWebhook
from shared.errors import DeliveryError
from shared.ports import Channel, Doc, Notice
from shared.services.digest.notice import digest_notice
from shared.values.text import headline
from tests.support.digests import alert, context_of, say, send
from tests.support.fakes import FakeClock, FakeContext
from tests.support.push_service import PUBLIC, Browser, channel_to
from tests.support.receivers import (
    LOGIN,
    TOKEN,
    Posted,
    Receiver,
    discord,
    ntfy,
    private_ntfy,
    pushover,
    receiving,
    slack,
    telegram,
)

CLOCK = FakeClock()
SCRIPTS = {
    "latin": "Disk /var is full ", "cyrillic": "Диск /var заполнен ", "japanese": "ディスクが一杯です", "emoji": "👩‍👩‍👧‍👦🔥",
    "hindi": "डिस्क भर गई है ", "quotes": '"\\"\\ ', "markup": "<95% & *x_y* `z` [a](b) ",
}  # fmt: skip
LINK, ACK = "https://grafana.example/d/disk?a=1&b=2", f"https://opos.example/ack/{'t' * 180}"
Made = tuple[Channel, Receiver]


def text_of(posted: Posted) -> str:
    """All that a message says, with its links."""
    return str(json.dumps(posted.json, ensure_ascii=False)).replace("&amp;", "&").replace("%5F", "_")


@contextmanager
def receiver_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    browser = Browser("", PUBLIC)
    make: dict[str, tuple[Callable[[Posted], Any], Callable[[str], Channel]]] = {
        "ntfy": (ntfy, lambda at: NtfyTopic(f"http://{at}/alerts", CLOCK)),
        "ntfy by Apprise": (ntfy, lambda at: AppriseService(f"ntfy://{at}/alerts", CLOCK)),
        "slack": (slack, lambda at: SlackWebhook(f"http://{at}/services/T/B/x", CLOCK)),
        "discord's slack": (discord, lambda at: SlackWebhook(f"http://{at}/api/webhooks/1/token/slack", CLOCK)),
        "discord": (discord, lambda _: AppriseService("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", CLOCK)),
        "telegram": (telegram, lambda _: AppriseService("tgram://123456789:abcdefg_hijklmnop/12315544/", CLOCK)),
        "web push": (browser.verdict, lambda at: _web_push(browser, at)),
        "pushover": (pushover, lambda _: AppriseService(f"pover://{'u' * 30}@{'a' * 30}", CLOCK)),
    }
    verdict, channel = make[name]
    with receiving(verdict) as receiver:
        monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://{receiver.address}/bot")
        monkeypatch.setattr(NotifyPushover, "notify_url", f"http://{receiver.address}/1/messages.json")
        monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://{receiver.address}/api/webhooks")
        for service in (NotifyDiscord, NotifyNtfy, NotifyPushover, NotifyTelegram):
            monkeypatch.setattr(service, "request_rate_per_sec", 0)
        yield channel(receiver.address), receiver


def _web_push(browser: Browser, at: str) -> Channel:
    browser.endpoint = f"http://{at}/wpush/secret"
    return channel_to(browser, clock=CLOCK)[0]


NAMES = ["ntfy", "web push", "ntfy by Apprise", "slack", "discord's slack", "discord", "telegram", "pushover"]


@pytest.fixture(params=NAMES)
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    with receiver_of(request.param, monkeypatch) as channel_and_receiver:
        yield channel_and_receiver


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_long_page_in_any_script_is_accepted_with_its_links(made: Made, script: str) -> None:
    channel, receiver = made
    text = f"{SCRIPTS[script] * 300}\nRunbook: https://run.example/disk"
    channel.send(Notice(SCRIPTS[script] * 20, text, LINK, ACK, "critical"), "key1")
    (posted,) = receiver.accepted
    assert receiver.rejected == []
    assert ACK in text_of(posted)
    assert LINK in text_of(posted)
    assert "run.example/disk" in text_of(posted)


@cache
def digest_in(script: str) -> tuple[Doc, FakeContext]:
    context = context_of()
    for number in range(30):
        say(context, alert(f"{SCRIPTS[script]}{number}", summary=f"s{number}s {SCRIPTS[script] * 9} e{number}e"))
    return send(context), context


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_digest_in_any_script_is_accepted_with_whole_items_and_its_link(made: Made, script: str) -> None:
    channel, receiver = made
    digest, context = digest_in(script)
    context.channels["inbox"].form = channel.form
    notice = digest_notice(digest, context)
    channel.send(notice, "key1")
    (posted,) = receiver.accepted
    assert receiver.rejected == []
    assert channel.form.size(notice.text) <= channel.form.limit
    assert "/digest/" in text_of(posted)
    assert [f"s{number}s" in notice.text for number in range(30)] == [
        f"e{number}e" in notice.text for number in range(30)
    ]
    assert "s29s" not in notice.text


parts = st.lists(st.sampled_from([*SCRIPTS.values(), "\n", "@everyone ", "</b>", "&lt;", "# "]), max_size=300)
links = st.sampled_from(["", LINK, "https://x.example/" + "a_b" * 600, "https://x.example/ä" * 90])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_ever_rejected_and_each_can_be_acknowledged(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver_of(name, monkeypatch) as (channel, receiver):

        @settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
        @given(parts.map("".join), parts.map("".join), links, st.sampled_from(["", ACK]))
        def check(title: str, text: str, link: str, ack: str) -> None:
            channel.send(Notice(headline(title), text, link, ack, "warning"), "key1")
            assert ack in text_of(receiver.accepted[-1])

        check()
        assert receiver.rejected == []


@pytest.mark.parametrize(
    "title", ["Disk <95%", "load_1 of *all*", "a & b &amp; c", "[x](y) `z`", "<b>not bold</i>", "5 > 4 < 6"]
)
def test_telegram_shows_every_character_of_a_title(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver_of("telegram", monkeypatch) as (channel, receiver):
        channel.send(Notice(title, title, severity="critical"), "key1")
        context = context_of(form=channel.form)
        say(context, alert(title, summary=title, link="https://x.example/a_b"))
        channel.send(digest_notice(send(context), context), "key2")
    page, digest = receiver.accepted
    shown = page.json["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert shown == f"<b>{title}</b>\r\n{title}"
    assert '<a href="https://x.example/a_b">' in digest.json["text"]
    assert receiver.rejected == []


@pytest.mark.parametrize(
    "login",
    [
        f"http://:{TOKEN}@{{}}/alerts", f"http://{TOKEN}@{{}}/alerts", f"http://{LOGIN.replace('@', '%40')}@{{}}/alerts",
        *(
            f"http://{{}}/alerts?auth={base64.urlsafe_b64encode(proof.encode()).decode().rstrip('=')}"
            for proof in (f"Bearer {TOKEN}", f"Basic {base64.b64encode(LOGIN.encode()).decode()}")
        ),
    ],
)  # fmt: skip
def test_ntfy_lets_the_sender_in_by_each_way_that_it_documents(login: str) -> None:
    with receiving(private_ntfy) as receiver:
        NtfyTopic(login.format(receiver.address), CLOCK).send(Notice("Disk", "full"), "key1")
    (posted,) = receiver.accepted
    assert TOKEN not in posted.path
    assert "auth" not in posted.path


@pytest.mark.parametrize(("login", "status"), [("", 403), (":tk_wrong@", 401)])
def test_without_the_right_token_a_private_topic_stays_closed(login: str, status: int) -> None:
    with receiving(private_ntfy) as receiver, pytest.raises(DeliveryError) as fault:
        NtfyTopic(f"http://{login}{receiver.address}/alerts", CLOCK).send(Notice("Disk", "full"), "key1")
    assert (fault.value.reason, fault.value.detail) == ("unauthorized", f"HTTP {status}")


@pytest.mark.parametrize("proof", ["%%%", "YWJj", "QmFzaWMgeA\n"])
def test_an_auth_parameter_that_is_none_is_misconfigured(proof: str) -> None:
    with pytest.raises(DeliveryError) as fault:
        NtfyTopic(f"https://ntfy.example/alerts?auth={proof}x", CLOCK).send(Notice("Disk", "full"), "key1")
    assert (fault.value.reason, fault.value.permanent) == ("misconfigured", True)


def test_other_parameters_of_the_address_reach_the_server() -> None:
    with receiving(ntfy) as receiver:
        NtfyTopic(f"http://{receiver.address}/alerts?firebase=no", CLOCK).send(Notice("Disk", "full"), "key1")
    assert receiver.accepted[0].path == "/?firebase=no"


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (403, True), (429, False), (500, False)])
def test_what_a_service_answers_to_apprise_says_whether_a_retry_could_help(status: int, *, permanent: bool) -> None:
    with receiving(lambda _: (status, {})) as receiver, pytest.raises(DeliveryError) as fault:
        AppriseService(f"gotify://{receiver.address}/secret-token", CLOCK).send(Notice("Disk", "full"), "key1")
    assert (fault.value.permanent, fault.value.detail) == (permanent, f"HTTP {status}")
    assert "secret-token" not in f"{fault.value}"
