"""An ask on its whole way: opened by an edit, seen on Today and in the terminal, answered by a button or a command."""

import json
import re
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from shared.records.observation import Observation
from shared.services.asks.asks import stored
from shared.services.records.changes import changes_of
from shared.services.records.edits import edit
from shared.services.records.observations import observe
from shared.services.records.record import kind_named
from shared.services.records.record import stored as stored_record
from tests.e2e.test_console_events import press
from tests.support.bundle import SECRETS, Answer, Bundle
from tests.support.records import ME

KINDS = """
from typing import Annotated
from shared.records import External, Key, Record

class Customer(Record, kind="customer", title="{name}"):
    name: str
    email: Key[str] | None = None
    stripe_id: Annotated[str, External("stripe")] | None = None
"""
OWNERS = {("customer", "name"): ("stripe",), ("customer", "email"): ("stripe",)}


class Company:
    """A company with one customer, whom Stripe knows."""

    def __init__(self, bundle: Bundle) -> None:
        folder = bundle.folder / "company"
        folder.mkdir()
        (folder / "records.py").write_text(KINDS)
        self.bundle, self.cookie = bundle, bundle.signed_in()
        said = {"name": "Ada", "email": "ada@x.io"}
        at = "2026-01-01T00:00:00.000000Z"
        first = Observation("customer", "stripe", "cus_1", at, "event-1", said)
        self.record = observe(first, OWNERS, bundle.runtime.context()).record

    def proposes(self, **values: Any) -> str:
        """The id of the ask that an edit of the operator opens."""
        context = self.bundle.runtime.context()
        ask = edit(kind_named("customer", context), self.record, values, ME, OWNERS, context).ask
        assert ask is not None
        return ask

    def page(self, path: str) -> Answer:
        return self.bundle.request("GET", path, headers=self.cookie)

    @property
    def values(self) -> dict[str, Any]:
        context = self.bundle.runtime.context()
        record = stored_record(kind_named("customer", context), self.record, context)
        assert record is not None
        return record.values

    def answer(self, ask: str) -> dict[str, Any]:
        answer = stored(ask, self.bundle.runtime.context()).answer
        assert answer is not None
        return {**answer}


def text(page: Answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_a_button_applies_what_was_seen_once_and_says_who_was_first(bundle: Bundle) -> None:
    company = Company(bundle)
    ask = company.proposes(name="Ada Lovelace", email="ada@y.io")
    today = company.page("/")
    assert "1 thing can wait" in text(today)
    assert f'href="/console/ask/{ask}"' in today.text
    page = company.page(f"/console/ask/{ask[:8]}")
    assert (page.status, page.headers["location"]) == (303, f"/console/ask/{ask}")
    page = company.page(f"/console/ask/{ask}")
    for words in ("Set email and name of Ada here?", "Ada Lovelace", "ada@y.io", "belongs to stripe", "Asked by you"):
        assert words in text(page), words
    other = company.page(f"/console/ask/{ask}")
    pressed = press(bundle, page, "/answer/apply", company.cookie)
    assert (pressed.status, pressed.headers["location"]) == (303, f"/console/ask/{ask}?done=1")
    assert company.values["name"] == "Ada Lovelace"
    context = bundle.runtime.context()
    last = changes_of(company.record, context)[-1]
    assert (last["cause"], last["actor"]) == (ask, {"kind": "person", "name": "me@example.com"})
    second = press(bundle, other, "/answer/keep", company.cookie)
    assert second.headers["location"] == f"/console/ask/{ask}?already=1"
    after = company.page(second.headers["location"])
    assert re.search(r"Answered apply by you, [^.]* at 10:00 ?\. Nothing was changed\.", text(after))
    assert "/answer/" not in after.text
    assert company.answer(ask)["option"] == "apply"
    assert f"/console/ask/{ask}" not in company.page("/").text


def test_a_form_of_an_earlier_version_is_answered_409_and_a_forged_one_403(bundle: Bundle) -> None:
    company = Company(bundle)
    ask = company.proposes(name="Ada Lovelace")
    page = company.page(f"/console/ask/{ask}")
    earlier = re.sub(r'name="version" value="\w+"', 'name="version" value="earlier"', page.text)
    stale = replace(page, text=earlier)
    assert press(bundle, stale, "/answer/apply", company.cookie).status == 409
    form = {**company.cookie, "content-type": "application/x-www-form-urlencoded"}
    assert bundle.request("POST", f"/console/ask/{ask}/answer/apply", b"version=x", form).status == 403
    assert company.values["name"] == "Ada"
    assert company.page("/console/ask/0123456789abcdef").status == 404


def test_a_value_that_another_record_has_is_refused_and_the_ask_stays_open(bundle: Bundle) -> None:
    company = Company(bundle)
    at, values = "2026-01-01T00:00:00.000000Z", {"name": "Grace", "email": "grace@x.io"}
    observe(Observation("customer", "stripe", "cus_2", at, "event-2", values), OWNERS, bundle.runtime.context())
    ask = company.proposes(email="grace@x.io")
    answer = press(bundle, company.page(f"/console/ask/{ask}"), "/answer/apply", company.cookie)
    assert (answer.status, "email that no other customer has" in text(answer)) == (409, True)
    assert stored(ask, bundle.runtime.context()).state == "open"
    assert press(bundle, company.page(f"/console/ask/{ask}"), "/answer/keep", company.cookie).status == 303
    assert company.values["email"] == "ada@x.io"


@pytest.fixture
def company(embedded: Bundle) -> Iterator[Company]:
    embedded.clock.moment = datetime.now(UTC)  # the commands have the time of the machine
    embedded.tick(minutes=0)
    with chdir(embedded.folder):
        yield Company(embedded)


def opos(*words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", "."], env=SECRETS)


def test_the_terminal_lists_shows_and_answers(company: Company) -> None:
    assert opos("asks").stdout == "No ask is open.\n"
    ask = company.proposes(name="Ada Lovelace")
    (line,) = opos("asks").stdout.splitlines()
    assert re.fullmatch(rf"{ask[:8]}  record proposal  .*  me@example\.com  Set name of Ada here\?", line)
    status = opos("status").stdout
    assert "1 ask: opos asks" in status
    assert f"{ask[:8]}  Set name of Ada here?" in status
    shown = opos("asks", "show", ask[:8]).stdout
    for words in ("- Ada", "+ Ada Lovelace", "name (belongs to stripe)", f"asks answer {ask[:8]} apply --data ."):
        assert words in shown, words
    answered = opos("asks", "answer", ask[:8], "apply", "--why", "She married.", "--as", "me@example.com")
    assert answered.stdout.startswith(f"Answered {ask[:8]} apply.")
    assert company.values["name"] == "Ada Lovelace"
    assert company.answer(ask)["reason"] == "She married."
    again = opos("asks", "answer", ask[:8], "keep")
    assert (again.exit_code, "was answered apply by me@example.com" in again.stderr) == (1, True)
    kept = json.loads(opos("asks", "show", ask, "--json").stdout)
    assert (kept["state"], kept["answer"]["option"]) == ("answered", "apply")
    assert "ask  " in opos("show", ask[:8]).stdout


def test_a_wrong_option_is_named_with_the_right_ones(company: Company) -> None:
    ask = company.proposes(name="Ada Lovelace")
    refused = opos("asks", "answer", ask[:8], "approve")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("expected an option of the ask (apply, keep), found approve")
