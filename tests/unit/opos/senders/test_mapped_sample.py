"""A sample for a mapping is what the mapping reads as what the sample should be, or there is none."""

import json
from datetime import UTC, datetime

import pytest

from opos.senders.sample import samples
from shared.config.sources import Source
from shared.events import Alert
from shared.intake.webhook import read
from tests.unit.test_documentation import sources as documented

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def source(**mapping: object) -> Source:
    return Source.model_validate({"scheme": "standard-webhooks", "secrets": ["S"], **mapping})


def names(**mapping: object) -> list[str]:
    return [*samples("app", source(**mapping))]


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"alert": {"title": "title", "status": "state"}}, ["firing", "resolved"]),
        ({"alert": {"title": "title"}}, ["firing"]),
        ({"alert": {"title": "'always this'", "fingerprint": "id"}}, ["firing"]),
        ({"alert": {"title": "a.b", "when": "kind == `3`"}, "event": {"title": "kind"}}, ["firing", "event"]),
        ({"alert": {"title": "t", "when": "a == 'x' && b == 'y'", "status": "a"}}, ["firing"]),
        ({"event": {"title": "data.title", "amount": "cents", "currency": "currency"}}, ["event"]),
        ({"event": {"title": "title", "amount": "`4900`", "currency": "'eur'"}}, []),
        ({"event": {"title": "title", "amount": "'49.00'", "currency": "currency"}}, []),
        ({"event": {"title": "title", "amount": "`0`", "currency": "currency"}}, ["event"]),
        ({"alert": {"title": "a", "labels": {"x": "a.b"}}}, []),
        ({"alert": {"title": "items[0].name"}}, []),
        ({"alert": {"title": "t", "when": "starts_with(name, 'x')"}}, []),
        ({"type": "meta.name", "format": "mapped"}, ["event"]),
    ],
)
def test_only_what_the_mapping_reads_as_it_should_be_is_a_sample(
    mapping: dict[str, object], expected: list[str]
) -> None:
    assert names(**mapping) == expected


@pytest.mark.parametrize("name", ["jobs", "calendly", "paddle", "vercel", "lemonsqueezy"])
def test_the_senders_of_the_guide_have_samples_that_say_what_they_are(name: str) -> None:
    declared = documented()[name]
    for sample in samples(name, declared).values():
        body = sample.filled(now=NOW, id="d1", secret="s")
        reading = read(name, declared, {}, json.loads(json.dumps(body)))
        (signal,) = reading.signals
        assert reading.quarantine is None
        assert "sample" in signal.title.lower() or name == "paddle", "its title is the type of the event"
        assert not (isinstance(signal, Alert) and signal.money)


def test_a_delivery_id_in_the_body_is_new_each_time() -> None:
    declared = source(delivery={"body": "meta.id"}, alert={"title": "title"})
    body = samples("app", declared)["firing"].filled(now=NOW, id="d1", secret="s")
    assert body["meta"] == {"id": "d1"}
