"""`opos search` on a bundle that has received webhooks: what it prints, and that each function keeps the terms true."""

import json
from contextlib import chdir

from click.testing import CliRunner, Result

from opos.cli import main
from shared.ports.terms import alert_index
from shared.services.search import NO_FILTERS, open_alerts
from tests.support.bundle import SECRETS, Bundle


def search(bundle: Bundle, *words: str) -> Result:
    with chdir(bundle.folder):
        return CliRunner().invoke(main, ["search", *words, *bundle.place], env=SECRETS)


def test_the_search_shows_an_event_its_alert_and_its_message(bundle: Bundle) -> None:
    bundle.trouble("Zürich disk")
    bundle.settle()
    lines = search(bundle, "zurich").output.splitlines()
    assert [line.split()[3] for line in lines] == ["event", "alert", "message"]
    (hit,) = json.loads(search(bundle, bundle.docs("alerts")[0].id[:8], "--json").output)
    assert (hit["kind"], hit["path"]) == ("alert", bundle.docs("alerts")[0].path)
    assert search(bundle, "nothing").output == "Nothing matches.\n"
    assert "expected firing" in search(bundle, "state:odd").output


def test_an_alert_is_found_by_what_it_is_whoever_changed_it(bundle: Bundle) -> None:
    """The router, a person, a timer and a resolve write it: the index follows each of them."""
    bundle.trouble("disk")
    bundle.settle()
    steps: list[str] = []
    for words in (["ack"], ["snooze", "2h"], ["resolve"]):
        (alert,) = bundle.docs("alerts")
        command = ["alerts", words[0], alert.id, *words[1:], *bundle.place]
        with chdir(bundle.folder):
            assert CliRunner().invoke(main, command, env=SECRETS).exit_code == 0
        (alert,) = bundle.docs("alerts")
        assert {name: alert.data[name] for name in ("urgency", "terms")} == alert_index(alert.data)
        listing = open_alerts(NO_FILTERS, bundle.runtime.context())
        steps.append(" ".join(f"{state} {count}" for (state, _, _), count in listing.counts.items() if count))
    assert steps == ["acknowledged 1", "snoozed 1", ""]
