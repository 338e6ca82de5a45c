"""The Markdown of a post-mortem, compared with a stored example: `python -m tests.unit.alerting.test_post_mortem`
writes it anew.
"""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from shared.alerting.alert import AlertDoc, as_alert, resolved
from shared.alerting.changes import Person, as_change, change
from shared.alerting.post_mortem import Report, markdown
from shared.alerting.related import Ended, Happening
from shared.alerting.story import Facts, entries, lengths
from shared.events import iso
from tests.support.alerts import NOW, fired
from tests.support.hostile import HOSTILE, controls
from tests.support.project import ROOT
from tests.unit.alerting.test_story import later, sent

EXAMPLE = ROOT / "tests/data/post-mortem.md"


def report(text: str, note: str) -> Report:
    """The story of an alert in which *text* stands wherever a sender or a person can write."""
    alert = fired(title=text, summary=text, labels={"alertname": text, "service": text})
    alert, acknowledged = change(alert, "acknowledge", later(minutes=9), via="link", until=iso(later(minutes=69)))
    alert, noted = change(alert, "note", later(minutes=12), via="console", person=Person(text, "Firefox"), text=note)
    ended: AlertDoc = as_alert({**resolved(alert, later(minutes=80), by="sender", event="e9" * 16), "id": "70d2b3d1"})
    messages = [sent(text, NOW), sent("call", later(minutes=7), state="failed", receipt=None, last_fault=text)]
    changes = [as_change(dict(made.data)) for made in (acknowledged, noted)]
    facts = Facts(ended, 1, ended["episodes"][-1], text, changes, messages, is_whole=False)
    told = entries(facts, later(days=1))
    deployed = Happening(iso(later(minutes=-4)), "deployment", f"Deployment 118 took all traffic, by {text}", "118")
    similar = [Ended(iso(later(days=-3)), "b" * 32, text, timedelta(minutes=11), "resolved on its own", 1)]
    causes = [f"4 min before it fired: {deployed.words}"]
    berlin = ZoneInfo("Europe/Berlin")
    return Report(facts, told, lengths(facts, told), [deployed], causes, similar, text, berlin, "Europe/Berlin")


def example() -> str:
    return markdown(report("Checkout returns 502", "Restarted the pool.\nIt helped for 5 min."))


def test_the_report_is_the_stored_example() -> None:
    assert example() == EXAMPLE.read_text()


def test_hostile_text_makes_no_heading_row_link_or_mention_and_controls_no_terminal() -> None:
    text = "| x | <b>@all</b> [a](http://x) `c` ![i](j)\n# Forged\n---\n" + HOSTILE
    lines = markdown(report(text, text)).splitlines()
    plain = example().splitlines()
    for mark in ("#", "|---", "- ", "_", "| "):
        expected = sum(line.startswith(mark) for line in plain)
        assert sum(line.startswith(mark) for line in lines) == expected, mark
    assert controls("\n".join(lines), except_for="\n") == []
    assert [line for line in lines if re.search(r"(?<!\\)<(?!br>)|(?<!\\)\]\(|@[a-z]|(?<!\\)\[", line)] == []
    cells = {len(re.findall(r"(?<!\\)\|", line)) for line in lines if line.startswith("| ")}
    assert cells == {3, 4}


def test_an_alert_that_nobody_was_notified_about_says_so() -> None:
    alert = fired()
    facts = Facts(alert, 1, alert["episodes"][-1])
    told = entries(facts, NOW)
    text = markdown(Report(facts, told, lengths(facts, told), [], [], [], "", ZoneInfo("UTC"), "UTC"))
    for words in ("you were not notified", "nobody acknowledged it", "not resolved yet", "No other alert, deployment"):
        assert words in text
    assert "None. Add one with `opos alerts note a1 TEXT`." in text


def test_a_report_of_a_part_claims_nothing_of_the_rest() -> None:
    facts = Facts(fired(), 1, fired()["episodes"][-1])
    told = entries(facts, NOW)
    known = (facts, told, lengths(facts, told), [], [], [], "", ZoneInfo("UTC"), "UTC")
    text = markdown(Report(*known, partly=["20 deployments", "100 firing alerts"]))
    assert "No other alert, deployment or override of a flag among those that opos read." in text
    assert "opos read only 20 deployments, 100 firing alerts; there may be more around it." in text


if __name__ == "__main__":
    EXAMPLE.write_text(example())
