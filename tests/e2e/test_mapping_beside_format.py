"""An operator's rule beside a built-in format, over HTTP: both are read, and neither is lost."""

from typing import Any

from tests.support.bundle import Bundle

SOURCES = """
sources:
  stripe:
    scheme: stripe
    secrets: [STRIPE_SECRET]
    alert: {when: "type == 'tax.settings.updated'", title: "'Tax settings changed'", severity: critical}
  lemon: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Signature}, delivery: {body: id}, event: {title: t}}
  bare: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Signature}, event: {title: t}}
"""


def event(id: str, type: str, **fields: Any) -> dict[str, Any]:
    content = {"id": f"object_{id}", "amount": 900, "currency": "eur", **fields}
    return {"id": id, "type": type, "livemode": True, "data": {"object": content}}


def test_a_rule_of_the_operator_notifies_and_so_does_a_dispute(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    for payload in (event("evt_1", "tax.settings.updated"), event("evt_2", "charge.dispute.created")):
        assert embedded.send("stripe", payload).status == 202
        embedded.settle()
    assert len(embedded.pages()) == 2
    assert embedded.pages()[0] == "Tax settings changed"
    assert "disputed" in embedded.pages()[1]


def test_a_delivery_without_an_id_is_recognised_by_its_body_for_a_minute(embedded: Bundle) -> None:
    """Also if opos.yaml says where an id is, and this delivery has none there."""
    embedded.configure(SOURCES)
    for name in ("lemon", "bare"):
        answers = []
        for _ in range(2):
            answers.append(embedded.send(name, {"t": "Sold"}).json["status"])
            embedded.clock.advance(seconds=20)
        embedded.clock.advance(minutes=1)
        answers.append(embedded.send(name, {"t": "Sold"}).json["status"])
        assert answers == ["accepted", "duplicate", "accepted"]
