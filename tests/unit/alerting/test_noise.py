"""What is said of a rule that interrupts for nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.alerting.noise import Noise, noise
from shared.events import iso
from tests.support.alerts import fired
from tests.support.configuration import parse_config

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def episode(*, told: bool = True, acted: bool = False, lasted: float | None = None) -> dict[str, str]:
    found = {"began": iso(NOW)}
    found |= {"told": iso(NOW)} if told else {}
    found |= {"acted": iso(NOW)} if acted else {}
    return found | ({"ended": iso(NOW + timedelta(minutes=lasted))} if lasted is not None else {})


def of(*episodes: dict[str, str]) -> Noise:
    alert = {**fired(labels={"alertname": "DiskFull"}), "episodes": list(episodes)}
    (found,) = noise([alert], {("app", "DiskFull"): 12.0}, since=iso(NOW))
    return found


def test_it_counts_what_fired_interrupted_was_acted_on_and_went_away_by_itself() -> None:
    found = of(episode(acted=True), episode(lasted=4), episode(lasted=60), episode(told=False))
    assert (found.fired, found.told, found.acted, found.by_itself) == (4, 3, 1, 1)
    assert (found.precision, found.score, found.cost) == (pytest.approx(1 / 3), 2.0, 12.0)


@pytest.mark.parametrize(
    ("episodes", "advice", "line"),
    [
        ([episode(lasted=4)] * 3, "raise the delay", "auto_pause: 4m"),
        ([episode(lasted=0.5)] * 3, "raise the delay", "auto_pause: 2m"),
        ([episode(lasted=60)] * 3, "demote", "interrupt_from: never"),
        ([episode(lasted=60)] * 10, "delete", "interrupt_from: never"),
        ([episode(lasted=60)] * 2, "", ""),
        ([episode(acted=True)] * 2 + [episode(lasted=1)] * 2, "", ""),
        ([episode()] * 12, "", ""),
        ([episode(lasted=60)] * 12 + [episode()], "", ""),
        ([episode(lasted=120)] * 12, "", ""),
        ([episode(lasted=4)] * 3 + [episode()], "raise the delay", "auto_pause: 4m"),
        ([episode(lasted=60)] * 3 + [episode(acted=True, lasted=60)], "demote", "interrupt_from: never"),
    ],
)
def test_the_advice_fits_the_noise(episodes: list[dict[str, str]], advice: str, line: str) -> None:
    found = of(*episodes)
    assert (found.advice, line in found.lines) == (advice, True)


def test_an_alert_that_still_fires_or_fired_for_hours_is_not_noise() -> None:
    rule = of(episode(), episode(lasted=180), episode(lasted=60), episode(acted=True, lasted=180))
    assert (rule.told, rule.acted, rule.lasting, rule.score) == (4, 1, 2, 1.0)


def test_the_lines_that_are_suggested_are_accepted_as_they_stand() -> None:
    line = of(*[episode(lasted=4)] * 3).lines
    rest = "owner: me@x.org\nsources: {}\nchannels: {desk: {console: true}}\ndigest: {channel: desk}\n"
    config = parse_config(f"{rest}route:\n  channel: desk\n  routes:\n    {line}\n")
    assert config.route.routes[0].auto_pause == timedelta(minutes=4)
    assert [str(one) for one in config.route.routes[0].matchers] == ['source="app"', 'alertname="DiskFull"']


def test_the_noisiest_rule_comes_first_and_what_is_older_does_not_count() -> None:
    def rule(name: str, count: int) -> dict[str, Any]:
        return {**fired(name, labels={"alertname": name}), "episodes": [episode(lasted=60)] * count}

    old = {**fired("old"), "episodes": [{"began": iso(NOW - timedelta(days=99)), "told": iso(NOW)}]}
    assert [one.alertname for one in noise([rule("A", 1), rule("B", 5), old], {}, since=iso(NOW))] == ["B", "A"]
