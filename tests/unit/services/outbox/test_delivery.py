"""The outbox delivers what it does not know."""

import subprocess
import sys
from datetime import timedelta

from shared.context import Context
from shared.errors import Unavailable
from shared.ports import Create, Doc, Notice
from shared.services.outbox.delivery import intent, send
from tests.support.fakes import FakeContext
from tests.support.project import ROOT


def committed(context: FakeContext, **content: object) -> Doc:
    message = intent(channel="desk", title="Disk full", text="92 %", severity="critical", now=context.now)
    context.store.commit([Create("outbox/a", {**message, **content})])
    return context.store.docs["outbox/a"]


def test_a_message_stored_as_data_is_rendered_by_what_is_registered_for_its_field(context: FakeContext) -> None:
    def as_receipt(doc: Doc, context: Context) -> Notice:
        return Notice(doc.data["notice"]["title"], f"{doc.data['receipt_of']} by {context.now + timedelta(days=1)}")

    context.notices = {"receipt_of": as_receipt}
    assert send(committed(context, receipt_of="Invoice 7"), context) == "sent"
    assert [notice.text for _, notice in context.channels["desk"].sent] == ["Invoice 7 by 2026-11-21 09:00:00+00:00"]


def test_a_renderer_that_fails_does_not_lose_the_message(context: FakeContext) -> None:
    def broken(doc: Doc, context: Context) -> Notice:
        raise ValueError(doc, context)

    context.notices = {"content": broken}
    assert send(committed(context, content={}), context) == "sent"
    ((_, notice),) = context.channels["desk"].sent
    assert "ValueError" in notice.text
    assert notice.link == context.links.base_url


def test_a_message_whose_links_cannot_be_signed_now_is_rendered_again_later(context: FakeContext) -> None:
    def keyless(doc: Doc, context: Context) -> Notice:
        raise Unavailable(f"no key for {doc.path} at {context.now}")

    context.notices = {"content": keyless}
    assert send(committed(context, content={}), context) == "pending"


PAGE = """
import sys
from tests.support.fakes import FakeContext
from tests.unit.services.outbox.test_delivery import committed
from shared.services.outbox.delivery import send
context = FakeContext()
print(send(committed(context), context))
print([name for name in sys.modules if name.startswith(("shared.digest.renderers", "shared.review"))])
"""


def test_a_notification_about_an_alert_imports_no_renderer_of_digests_or_reviews() -> None:
    done = subprocess.run([sys.executable, "-c", PAGE], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-2:] == ["sent", "[]"]
