"""What the documentation shows is accepted, and means what it says."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from pydantic import TypeAdapter

from shared.alerting.state_machine import as_markdown
from shared.config.files.loader import parse_flags
from shared.config.files.located_yaml import parse_yaml
from shared.config.files.route_tests import failures
from shared.config.sources import Source
from shared.errors import Unauthorized
from shared.intake.webhook import delivery_id, read
from shared.sources import scheme
from shared.sources.silent_lines import silent_lines
from shared.values.http import HttpRequest
from tests.support.configuration import parse_config
from tests.support.project import ROOT

REST = "\nowner: me@example.com\nroute: {channel: desk}\ndigest: {channel: desk}\n"
CHANNELS = "channels: {desk: {console: true}}\n"
GUIDE = "docs/getting-started.md"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def examples(name: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)


def sources() -> dict[str, Source]:
    parsed = [
        parse_config(text + REST + CHANNELS) for guide in ("senders", "stripe") for text in examples(f"docs/{guide}.md")
    ]
    return {name: source for config in parsed for name, source in config.sources.items()}


@pytest.mark.parametrize("text", [text for text in examples(GUIDE) if "sources:" in text])
def test_the_first_guides_sources_are_accepted(text: str) -> None:
    assert parse_config(text + REST + CHANNELS).sources


@pytest.mark.parametrize("text", [text for text in examples(GUIDE) if "channels:" in text])
def test_the_first_guides_channels_are_accepted(text: str) -> None:
    assert parse_config(text + "owner: me@example.com\nsources: {}\n").channels


BASE = {
    "owner": "me@example.com", "sources": {}, "channels": {"phone": {"console": True}},
    "route": {"channel": "phone"}, "digest": {"channel": "phone"},
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        text
        for guide in ("alerting", "digest", "heartbeats", "observability", "status-page", "web-push")
        for text in examples(f"docs/{guide}.md")
    ],
)
def test_the_sections_of_the_guides_are_accepted_and_their_tests_hold(text: str) -> None:
    said = parse_yaml(text, "alerting.md").data
    whole = yaml.safe_dump({**BASE, **said})
    assert list(failures(parse_config(whole), parse_yaml(whole, "opos.yaml"))) == []


def test_the_states_in_the_architecture_are_the_codes_own_table() -> None:
    assert as_markdown() in (ROOT / "docs/architecture.md").read_text()


PAYLOADS = {
    "lemonsqueezy": ({"meta": {"event_name": "order_created"}}, "event: order_created"),
    "calendly": ({"event": "invitee.created", "payload": {"name": "Ada"}}, "event: invitee.created: Ada"),
    "paddle": (
        {"event_id": "evt_1", "event_type": "transaction.payment_failed", "data": {"id": "txn_1"}},
        "warning firing: transaction.payment_failed",
    ),
    "vercel": (
        {"id": "evt_1", "type": "deployment.error", "payload": {"deployment": {"name": "shop"}}},
        "critical firing: Deployment failed: shop",
    ),
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_declared_sender_is_verified_named_and_understood(name: str) -> None:
    source, (payload, expected) = sources()[name], PAYLOADS[name]
    body = json.dumps(payload).encode()
    headers = scheme(source).sign(body, "secret", now=NOW, delivery="d1", event_type="")
    request = HttpRequest("POST", f"/webhooks/{name}", headers, {}, body)
    scheme(source).verify(request, ["secret"], now=NOW, tolerance=timedelta(minutes=5))
    with pytest.raises(Unauthorized):
        scheme(source).verify(request, ["other"], now=NOW, tolerance=timedelta(minutes=5))
    assert source.delivery is not None
    assert source.delivery.hash or delivery_id(source, request, payload)
    (signal,) = read(name, source, headers, payload).signals
    said = f"{signal.severity} {signal.status}" if signal.kind == "alert" else "event"
    assert f"{said}: {signal.title}" == expected


@pytest.mark.parametrize(
    "text", [text for text in examples("docs/flags.md") if "enabled:" in text or "$evaluators" in text]
)
def test_the_flags_of_the_guide_are_accepted_and_answer(text: str) -> None:
    flags = parse_flags(text)
    for key in flags.definitions:
        assert flags.evaluate(key, {"targetingKey": "u1", "version": "2.1.0"}, 0)


@pytest.mark.parametrize("text", [text for text in examples("docs/flags.md") if "identity:" in text])
def test_the_flag_section_of_the_guide_is_accepted(text: str) -> None:
    whole = yaml.safe_dump({**BASE, **parse_yaml(text, "flags.md").data})
    assert len(parse_config(whole).flags.identity) == 2


@pytest.mark.parametrize(
    "text",
    [
        text
        for guide in sorted((ROOT / "docs").glob("*.md"))
        for text in examples(f"docs/{guide.name}")
        if "sources:" in text
    ],
)
def test_no_line_of_a_documented_source_does_nothing(text: str) -> None:
    located = parse_yaml(text, "opos.yaml")
    read_sources = TypeAdapter(dict[str, Source]).validate_python(located.data["sources"])
    assert [str(line) for name, source in read_sources.items() for line in silent_lines(name, source, located)] == []
