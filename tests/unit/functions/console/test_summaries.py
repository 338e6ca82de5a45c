"""The page of a summary lists all of its items."""

import re
from urllib.parse import urlsplit

from functions.console.handler import handle
from functions.digest_sender.handler import handle as send_digests
from shared.events import DigestDue
from shared.ports import Form
from shared.security.signed_links import DIGEST_LIFE
from shared.values.http import HttpRequest, HttpResponse
from tests.support.events import accepted, disk_full, route_whole
from tests.support.fakes import FakeContext


def opened(url: str, context: FakeContext, **query: str) -> HttpResponse:
    return handle(HttpRequest("GET", urlsplit(url).path, {}, query, b""), context)


def test_a_summary_links_to_its_page_and_the_page_to_lists_of_all_its_items(context: FakeContext) -> None:
    context.channels["inbox"].form = Form("markdown", limit=4000)
    signals = [disk_full("warning", f"f{n}", title=f"Trouble {n}", labels={"alertname": "Disk"}) for n in range(250)]
    route_whole(accepted(context, "d1", *signals), context)
    send_digests(DigestDue(queue="digest", reason="size"), context)
    ((_, notice),) = context.channels["inbox"].sent
    (digest,) = context.store.query("digests")
    claims = {"digest": digest.id}
    url = context.links.url("digest", claims, expires=context.now + DIGEST_LIFE)
    assert "250 alerts of Disk" in notice.text
    assert "[Open the full digest](https://opos.example/digest/" in notice.text
    page = opened(url, context).body.decode()
    assert re.findall(r'href="(\?from=\d+)"[^>]*><bdi>(Items [^<]+)<', page) == [
        ("?from=0", "Items 1 to 200"), ("?from=200", "Items 201 to 250"),
    ]  # fmt: skip
    lists = [opened(url, context, **{"from": first}).body.decode() for first in ("0", "200")]
    shown = [title for items in lists for title in re.findall(r"Trouble \d+", items)]
    assert set(shown) >= {signal.title for signal in signals}
