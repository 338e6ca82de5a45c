"""What holds for every format, whatever JSON arrives."""

import importlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.sources import AlertMapping, EventMapping, Source
from shared.errors import ContractBroken
from shared.intake.body import parsed
from shared.intake.webhook import read
from shared.sources import FORMATS
from shared.sources.contract import Format
from shared.sources.senders import mapped
from tests.support.project import PAYLOADS

MAPPED = Source(
    scheme="bearer", secrets=("T",), type="kind",
    alert=AlertMapping(title="data.title", severity="data.severity", status="data.status", when="data.bad"),
    event=EventMapping(title="join(' ', [data.title, data.who])", amount="data.amount", currency="data.currency"),
)  # fmt: skip
BROKEN = (KeyError, TypeError, AttributeError, IndexError, ValueError)
every_format = pytest.mark.parametrize("name", [*sorted(FORMATS), "mapped"])

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


def format_named(name: str) -> Format:
    if name == "mapped":
        return mapped.format_of(MAPPED)
    found: Format = importlib.import_module(f"shared.sources.senders.{name.replace('-', '_')}").FORMAT
    return found


def real_payloads(name: str) -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted((PAYLOADS / name.replace("-", "_")).glob("*.json"))]


@st.composite
def mutated(draw: st.DrawFn, payload: Any) -> Any:
    """*payload* with one value somewhere in it replaced by anything."""
    if isinstance(payload, dict) and payload and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(payload)))
        return {**payload, key: draw(mutated(payload[key]))}
    if isinstance(payload, list) and payload:
        return [draw(mutated(payload[0])), *payload[1:]]
    return draw(anything)


def check(name: str, payload: Any) -> None:
    source = MAPPED if name == "mapped" else Source(scheme="bearer", secrets=("T",), format=name)  # type: ignore[arg-type]
    headers = {"x-github-event": "workflow_run", "sentry-hook-resource": "issue", "x-shopify-topic": "orders/paid"}
    reading = read("a-source", source, headers, payload)
    assert reading.type
    if reading.quarantine is not None:
        assert [signal.kind for signal in reading.signals] == ["alert"]


@every_format
@given(payload=anything)
def test_any_json_is_read_or_quarantined_and_never_crashes(name: str, payload: Any) -> None:
    check(name, payload)


@every_format
@given(data=st.data())
def test_a_real_payload_with_any_one_part_replaced_is_read_or_quarantined(name: str, data: st.DataObject) -> None:
    payloads = real_payloads(name) or [{"data": {"title": "a", "bad": True}, "kind": "x"}]
    check(name, data.draw(mutated(data.draw(st.sampled_from(payloads)))))


@every_format
@given(payload=anything)
def test_any_json_has_a_subject_or_none_and_never_crashes(name: str, payload: Any) -> None:
    about = format_named(name).about
    assert about is None or isinstance(about(payload), str)


names = st.text(alphabet="abcXYZ019-_/ \u00fc", min_size=1, max_size=12).filter(str.strip)


@given(name=names, alertname=names, started=names)
def test_a_resolve_of_alertmanager_names_the_trouble_of_its_firing(name: str, alertname: str, started: str) -> None:
    def payload(status: str) -> Any:
        alert = {"status": status, "fingerprint": name, "startsAt": started, "labels": {"alertname": alertname}}
        return {"status": status, "groupKey": "{}", "alerts": [alert]}

    sender = format_named("alertmanager")
    same_trouble(sender, "", payload("firing"), payload("resolved"))


@given(id=names, amount=st.integers(0, 10**9), reason=names)
def test_whatever_ends_an_unpaid_invoice_names_it(id: str, amount: int, reason: str) -> None:
    invoice = {"data": {"object": {"id": id, "amount_due": amount, "currency": "eur", "reason": reason}}}
    for end in ("invoice.paid", "invoice.payment_succeeded", "invoice.voided"):
        same_trouble(format_named("stripe"), "invoice.payment_failed", invoice, invoice, end)


@given(repository=names, branch=names, id=st.integers(0), title=names)
def test_a_passing_run_of_the_same_workflow_and_branch_ends_its_failure(
    repository: str, branch: str, id: int, title: str
) -> None:
    def payload(conclusion: str, title: str) -> Any:
        run = {"conclusion": conclusion, "workflow_id": id, "head_branch": branch, "display_title": title}
        return {"repository": {"full_name": repository}, "workflow_run": run}

    kind = "workflow_run.completed"
    same_trouble(format_named("github"), kind, payload("failure", title), payload("success", "fixed"), kind)


@given(key=st.one_of(names, st.integers()), title=names, status=st.sampled_from(["ok", "UP", "Closed", False, "false"]))
def test_a_mapped_resolve_names_its_trouble(key: Any, title: str, status: Any) -> None:
    alert = AlertMapping(title="title", status="status", fingerprint="key")
    sender = mapped.format_of(Source(scheme="bearer", secrets=("T",), alert=alert))
    firing, resolved = {"title": title, "key": key}, {"title": "over", "key": key, "status": status}
    same_trouble(sender, "", firing, resolved)


def same_trouble(sender: Format, kind: str, firing: Any, resolved: Any, end: str = "") -> None:
    (one,), (other,) = sender.translate(kind, firing).signals, sender.translate(end, resolved).signals
    assert one.kind == other.kind == "alert"
    assert (one.status, other.status, one.fingerprint) == ("firing", "resolved", other.fingerprint)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000, b"NaN", b"1" * 10_000, b'{"a": Infinity}', b"\x00"]
)
def test_a_body_that_is_no_json_is_a_fault_and_not_a_crash(body: bytes) -> None:
    assert isinstance(parsed(body, {}), ContractBroken)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1.5", "1e-400"])
def test_a_number_of_any_size_can_be_written_as_json_again(number: str) -> None:
    payload = parsed(b'{"a": [%b]}' % number.encode(), {})
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


def test_a_form_with_a_payload_field_is_read_as_the_json_in_it() -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert parsed(b"payload=%7B%22zen%22%3A%20%22Keep%20it%22%7D", headers) == {"zen": "Keep it"}
    assert parsed(b"monitorID=777&alertType=1", headers) == {"monitorID": "777", "alertType": "1"}
