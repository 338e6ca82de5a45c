"""A digest of 100 items: ranked and put into blocks, and rendered in each form, every item listed in full.

Beside it, in the same run: the limit (writing what the digest says as JSON), and a peer, a plain Jinja template that
shows the same words in as many elements.

Not fair: the peer has no ranking, no blocks and no signed links, so it does less; and a mail as it is sent lists fewer
items than the goal is held against.
"""

import json
import time
from collections.abc import Callable
from unittest.mock import patch

from jinja2 import Environment
from structlog.testing import capture_logs

from bench.result import Goal, Result, Rows, Table
from shared.context import Context
from shared.digest.content import LISTED, Content, compose
from shared.digest.renderers.html import as_html
from shared.digest.renderers.markdown import as_markdown
from shared.digest.renderers.text import Links, as_text
from shared.ports import Form
from shared.services.alerting.pages import runbook_of
from shared.services.digest.notice import item_links
from shared.values.markup import MARKDOWN, SLACK
from tests.support.digests import alert, context_of, money, say

ITEMS, ROUNDS, EACH = 100, 9, 20
GOAL = 20.0
"""Milliseconds for a mail that lists all of them."""
WHOLE, AGAINST, LIMIT = "a whole mail", "peer: a plain template", "limit: its words as JSON"
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


def per_call(run: Callable[[], object], times: int) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - began) / times * 1e3


def timed(runs: dict[str, Callable[[], object]], *, quick: bool) -> Rows:
    found: dict[str, dict[str, list[float]]] = {name: {"ms": []} for name in runs}
    for run in runs.values():
        run()  # the first time compiles templates
    for _ in range(2 if quick else ROUNDS):
        for name, run in runs.items():
            found[name]["ms"].append(per_call(run, 2 if quick else EACH))
    return found


def measure(*, quick: bool) -> Result:
    with capture_logs():  # what the router has to say is not what is read here
        context, found = context_of(), items()

    def composed() -> Content:
        return compose(
            found, queue="digest", now=context.now, zone="Europe/Berlin",
            runbook=lambda item: runbook_of(item, context.config),
        )  # fmt: skip

    def mail() -> str:
        made = composed()
        links = item_links(made, context)
        return as_html(made, links) + as_text(made, links)

    sent = Table(f"as it is sent, {LISTED['attention']} listed", timed({WHOLE: mail}, quick=quick))
    with patch.dict(LISTED, dict.fromkeys(LISTED, ITEMS)):
        content = composed()
        links = item_links(content, context)
        runs = {"rank and put into blocks": composed, **renderings(content, links, context), WHOLE: mail}
        listed = Table(f"{ITEMS} items listed", timed(runs, quick=quick), (("ms", AGAINST), ("ms", LIMIT)))
    size = len(as_html(content, links)) / 1024
    goal = Goal(f"ms for a whole mail that lists {ITEMS} items", listed.middle(WHOLE, "ms"), GOAL)
    return Result([listed, sent], [goal], notes=[f"{size:.0f} KiB of HTML where all {ITEMS} are listed"])


def renderings(content: Content, links: Links, context: Context) -> dict[str, Callable[[], object]]:
    peer, lines = Environment(autoescape=True).from_string(PEER), content["blocks"][0]["lines"]
    return {
        f"sign {4 * ITEMS} links": lambda: item_links(content, context),
        "html": lambda: as_html(content, links),
        "plain text": lambda: as_text(content, links),
        "markdown": lambda: as_markdown(content, links, MARKDOWN, Form(), more=""),
        "slack": lambda: as_markdown(content, links, SLACK, Form(), more=""),
        AGAINST: lambda: peer.render(lines=lines),
        LIMIT: lambda: json.dumps(content),
    }
