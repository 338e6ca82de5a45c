"""A digest of 100 items: ranked and put into blocks, and rendered in each form, every item listed in full.

Beside it, in the same run: the limit (writing what the digest says as JSON), and a peer, a plain Jinja template that
shows the same words in as many elements, without ranking, blocks and signed links: it does less. The goal is 20 ms.
"""

import json
import time
from collections.abc import Callable
from statistics import median
from unittest.mock import patch

from jinja2 import Environment

from shared.digest.content import LISTED, Content, compose
from shared.digest.html import as_html
from shared.digest.markdown import MARKDOWN, SLACK, as_markdown
from shared.digest.text import as_text
from shared.paging import runbook_of
from shared.rendering import item_links
from tests.digests import alert, context_of, money, say

ITEMS, ROUNDS, EACH = 100, 9, 20
GOAL = 20.0
PEER = """<html><body>{% for line in lines %}<div>
<p><b>{{ line.severity }}</b> <a href="{{ line.link }}">{{ line.title }}</a> <i>{{ line.money }}</i></p>
<p>{{ line.summary }}</p><p>{{ line.source }} {{ line.since }} {{ line.count }}</p>
<p><a href="{{ line.runbook }}">Runbook</a></p>
<p>{% for n in range(4) %}<a href="https://opos.example/{{ n }}/{{ line.id }}">Do</a>{% endfor %}</p>
</div>{% endfor %}</body></html>"""


def items() -> list[dict[str, object]]:
    context = context_of()
    for number in range(ITEMS):
        said = alert(
            f"Payment of {number}.00 EUR failed: user{number}@example.com", summary="Your card was declined. " * 8,
            money=money(100 * number), link=f"https://dashboard.stripe.com/invoices/in_{number}",
            runbook="https://runbooks.example/payments",
        )  # fmt: skip
        say(context, said, source="stripe")
    return [doc.data for doc in context.store.query("alerts")]


def per_call(run: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    for _ in range(EACH):
        run()
    return (time.perf_counter() - began) / EACH * 1e3


def main() -> None:
    context, found = context_of(), items()
    peer = Environment(autoescape=True).from_string(PEER)

    def composed() -> Content:
        return compose(
            found, queue="digest", now=context.now, zone="Europe/Berlin",
            runbook=lambda item: runbook_of(item, context.config),
        )  # fmt: skip

    def mail() -> str:
        made = composed()
        links = item_links(made, context)
        return as_html(made, links) + as_text(made, links)

    as_it_is_sent = [per_call(mail) for _ in range(ROUNDS)]
    with patch.dict(LISTED, dict.fromkeys(LISTED, ITEMS)):
        content = composed()
        links = item_links(content, context)
        lines = content["blocks"][0]["lines"]
        runs: dict[str, Callable[[], object]] = {
            "rank and put into blocks": composed,
            "sign 400 links": lambda: item_links(content, context),
            "html": lambda: as_html(content, links),
            "plain text": lambda: as_text(content, links),
            "markdown": lambda: as_markdown(content, links, MARKDOWN, limit=10**6, more=""),
            "slack": lambda: as_markdown(content, links, SLACK, limit=10**6, more=""),
            "a whole mail": mail,
            "peer: a plain template": lambda: peer.render(lines=lines),
            "limit: its words as JSON": lambda: json.dumps(content),
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, run in runs.items():
                times[name].append(per_call(run))
    against = median(times["peer: a plain template"])
    for name, all_ in times.items():
        spread = f"({min(all_):.2f} to {max(all_):.2f})"
        print(f"{name:<26} {median(all_):7.2f} ms  {spread:<18} {median(all_) / against:5.2f} of the peer")
    whole, size = median(times["a whole mail"]), len(as_html(content, links)) / 1024
    print(f"100 items as they are sent, {LISTED['attention']} of them listed: {median(as_it_is_sent):.1f} ms")
    print(
        f"{len(lines)} items listed in a mail: {whole:.1f} ms, {whole / GOAL:.2f} of the goal; {size:.0f} KiB of HTML"
    )


if __name__ == "__main__":
    main()
