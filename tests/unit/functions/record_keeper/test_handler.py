"""What an event changes in the records, and what becomes of one that does not fit."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from functions.record_keeper.handler import handle
from shared.intake.webhook import read_again
from shared.records.company_fault import CompanyFault
from shared.runtime.company import load_kinds
from shared.services.intake.acceptance import announcement
from shared.services.records.company_watch import COMPANY_FAULT
from tests.support.fakes import FakeContext
from tests.support.fed import accept, customer, fed, receive, records, stripe, subscription

RELEASE = {
    "action": "published",
    "release": {
        "id": 7, "name": "Two point four", "tag_name": "v2.4.0", "draft": False,
        "html_url": "https://github.com/acme/shop/releases/tag/v2.4.0", "updated_at": "2026-11-20T08:00:00Z",
    },
    "repository": {"full_name": "acme/shop"},
}  # fmt: skip


@dataclass
class Broken(FakeContext):
    """A context whose `company/` cannot be loaded."""

    folder: Path = Path()

    def __getattribute__(self, name: str) -> Any:
        return load_kinds(super().__getattribute__("folder")) if name == "kinds" else super().__getattribute__(name)


@pytest.fixture
def broken(tmp_path: Path) -> Broken:
    file = tmp_path / "company/records.py"
    file.parent.mkdir()
    file.write_text("\n" * 11 + "unheard\n")
    return Broken(config=fed().config, secrets=fed().secrets, folder=file.parent)


def test_a_subscription_sets_plan_status_and_monthly_revenue_of_its_customer() -> None:
    context = fed()
    receive("stripe", stripe("customer.subscription.created", subscription(), id="evt_1"), context)
    receive("stripe", stripe("customer.created", customer(), id="evt_2"), context)
    (record,) = records("customer", context)
    assert record.data["values"] == {
        "name": "Ada", "email": "ada@example.com", "plan": "pro", "status": "active",
        "mrr": {"amount": 2000, "currency": "eur"}, "stripe_id": "cus_1",
    }  # fmt: skip


def test_a_subscription_that_has_ended_brings_in_nothing() -> None:
    context = fed()
    receive("stripe", stripe("customer.subscription.created", subscription(), id="evt_1"), context)
    receive("stripe", stripe("customer.subscription.deleted", subscription(status="canceled"), id="evt_2"), context)
    (record,) = records("customer", context)
    assert record.data["values"]["mrr"] == {"amount": 0, "currency": "eur"}
    assert record.data["values"]["status"] == "canceled"


def test_null_unsets_a_field_and_what_is_absent_stays() -> None:
    context = fed()
    receive("stripe", stripe("customer.created", customer(), id="evt_1"), context)
    thin = {"id": "cus_1", "email": None}
    receive("stripe", stripe("customer.updated", thin, id="evt_2", created=1795161601), context)
    (record,) = records("customer", context)
    assert record.data["values"] == {"name": "Ada", "stripe_id": "cus_1"}


def test_a_release_is_content_until_it_is_withdrawn() -> None:
    context = fed()
    receive("github", RELEASE, context, type="release", id="d1")
    (record,) = records("content", context)
    assert record.data["values"] == {
        "title": "Two point four", "version": "v2.4.0", "github_id": "7",
        "url": "https://github.com/acme/shop/releases/tag/v2.4.0",
    }  # fmt: skip
    receive("github", {**RELEASE, "action": "deleted"}, context, type="release", id="d2")
    (record,) = records("content", context)
    assert record.data["state"] == "deleted"


def test_a_shop_feeds_customers_and_products() -> None:
    context = fed()
    person = {"id": 5, "first_name": "Ada", "last_name": None, "email": "ada@example.com"}
    receive("shopify", {**person, "updated_at": "2026-11-20T09:00:00+01:00"}, context, type="customers/update", id="1")
    receive("shopify", {"id": 9, "title": "Mug", "status": "draft"}, context, type="products/create", id="2")
    (shopper,), (product,) = records("customer", context), records("product", context)
    assert shopper.data["values"] == {"name": "Ada", "email": "ada@example.com", "shopify_id": "5"}
    assert shopper.data["clocks"]["name"]["at"] == "2026-11-20T08:00:00.000003Z"  # the fourth of the types
    assert product.data["values"] == {"name": "Mug", "is_active": False, "shopify_id": "9"}
    receive("shopify", {"id": 5}, context, type="customers/delete", id="3")
    assert [record.data["state"] for record in records("customer", context)] == ["deleted"]


def test_an_event_without_a_mapping_costs_no_read_and_loads_no_kinds(broken: Broken) -> None:
    message = accept("stripe", stripe("invoice.paid", {"id": "in_1"}), broken)
    broken.store.down = True
    handle(message, broken)


def test_an_event_of_the_test_mode_changes_no_record() -> None:
    context = fed()
    receive("stripe", {**stripe("customer.created", customer()), "livemode": False}, context)
    assert records("customer", context) == []


def test_a_webhook_that_repeats_another_changes_nothing() -> None:
    context = fed()
    receive("github", RELEASE, context, type="release", id="d1")
    (before,) = records("content", context)
    again = receive("github", RELEASE, context, type="release", id="d2")
    assert again.repeats
    assert records("content", context) == [before]


OWN = """
sources:
  stripe:
    scheme: stripe
    secrets: [STRIPE]
    records: {customer: {fields: {mrr: data.object.balance, email: data.object.email}}}
"""


def test_a_field_that_does_not_fit_is_kept_with_its_event_and_the_others_are_set() -> None:
    context = fed(OWN)
    message = receive("stripe", stripe("customer.updated", customer(balance="much")), context)
    (record,) = records("customer", context)
    assert record.data["values"] == {"name": "Ada", "email": "ada@example.com", "stripe_id": "cus_1"}
    (letter,) = context.store.query("dead_letters")
    assert (letter.data["event"], letter.data["subscription"]) == (message.id, "record-keeper")
    assert "found 'much'" in letter.data["faults"]["customer.fields.mrr"]
    (alert,) = [event for event in context.store.query("events") if event.data["source"] == "opos"]
    assert "customer.fields.mrr" in alert.data["body"]
    assert "much" not in alert.data["body"]


def test_a_replay_takes_in_what_fits_by_now() -> None:
    context = fed(OWN)
    message = receive("stripe", stripe("customer.updated", customer(balance="much")), context)
    context.config = fed(OWN.replace("data.object.balance", "\"money('49.00', 'eur')\"")).config
    doc = context.store.get(f"events/{message.id}")
    assert doc is not None
    handle(announcement(*read_again(doc, context.config), version=doc.version, nonce="r1"), context)
    (record,) = records("customer", context)
    assert record.data["values"]["mrr"] == {"amount": 4900, "currency": "eur"}


def test_a_mapping_may_be_switched_off() -> None:
    for off in ("false", "{customer: false}"):
        context = fed(f"sources: {{stripe: {{scheme: stripe, secrets: [STRIPE], records: {off}}}}}")
        receive("stripe", stripe("customer.created", customer()), context)
        assert records("customer", context) == []


APP = """
sources:
  app:
    scheme: bearer
    secrets: [APP]
    records:
      user:
        kind: customer
        types: [user.saved, user.deleted]
        id: data.id
        at: at
        deleted: type == 'user.deleted'
        fields:
          email: data.email
          name: {value: data.name, owner: opos}
"""


def user(type: str, at: int, **data: Any) -> dict[str, Any]:
    return {"type": type, "at": at, "data": {"id": 1, **data}}


def test_your_own_app_feeds_records_and_a_field_of_yours_takes_only_its_first_value() -> None:
    context = fed(APP)
    receive("app", user("user.saved", 1795161600, email="ada@example.com", name="ada"), context, id="1")
    context.clock.advance(minutes=2)
    receive("app", user("user.saved", 1795161700, email="a@example.com", name="ADA"), context, id="2")
    (record,) = records("customer", context)
    assert record.data["values"] == {"email": "a@example.com", "name": "ada", "app_id": "1"}
    context.clock.advance(minutes=2)
    receive("app", user("user.deleted", 1795161800), context, id="3")
    receive("app", user("user.saved", 1795161750, email="late@example.com"), context, id="4")
    (record,) = records("customer", context)
    assert (record.data["state"], record.data["values"]["email"]) == ("deleted", "late@example.com")


def test_an_event_without_an_id_is_kept_and_says_so() -> None:
    context = fed(APP.replace("data.id", "data.id.nothing"))
    receive("app", user("user.saved", 1795161600), context, id="1")
    (letter,) = context.store.query("dead_letters")
    assert letter.data["faults"] == {"user.id": "expected text or a number, found nothing"}


def test_while_the_company_is_broken_its_fault_is_stored_once_and_the_event_waits(broken: Broken) -> None:
    context = broken
    message = accept("stripe", stripe("customer.created", customer()), context)
    for _ in range(2):
        with pytest.raises(CompanyFault):
            handle(message, context)
    fault = context.store.get(COMPANY_FAULT)
    assert fault is not None
    assert (fault.data["file"], fault.data["line"]) == ("company/records.py", 12)
    assert sum(write.path == COMPANY_FAULT for writes in context.store.commits for write in writes) == 1
    mended = fed()
    mended.store = context.store
    handle(message, mended)
    assert context.store.get(COMPANY_FAULT) is None
    assert len(records("customer", mended)) == 1
