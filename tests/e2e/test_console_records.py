"""The pages of records, over HTTP: what a person reads, types and presses, and what becomes of it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from shared.config.record_owners import owners
from shared.records.change import Actor, Cause
from shared.records.observation import Observation
from shared.services.records.edits import edit
from shared.services.records.observations import observe
from tests.support.bundle import Answer, Bundle
from tests.support.console import signed_in

KINDS = """
from typing import Annotated, Literal
from shared.records import External, Key, Listed, Money, Record, Reference

class Customer(Record, kind="customer", title="{name}"):
    name: str
    email: Key[str] | None = None
    plan: Listed[Literal["free", "pro"]] = "free"
    mrr: Money | None = None
    note: str | None = None
    stripe_id: Annotated[str, External("stripe")] | None = None

class Project(Record, kind="project", title="{name}"):
    name: str
    customer: Annotated[str, Reference("customer")] | None = None
"""


class Desk:
    """An operator at the pages of records."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle, self.cookie = bundle, {"cookie": signed_in(bundle.runtime.context())}

    def open(self, path: str) -> Answer:
        return self.bundle.request("GET", path, headers=self.cookie)

    def press(self, path: str, page: Answer, **fields: str) -> Answer:
        """Send the form at *path* of *page*: its own fields, and what the operator types."""
        start = page.text.index(f'action="{path}"')
        own = re.findall(
            r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text[start : page.text.index("</form>", start)]
        )
        return self.bundle.request("POST", path, urlencode({**dict(own), **fields}).encode(), headers=self.cookie)

    def made(self, **values: str) -> str:
        """The path of a new customer."""
        path = "/console/records/customer/new"
        answer = self.press(path, self.open(path), **{f"v.{name}": value for name, value in values.items()})
        assert answer.status == 303, answer.text
        return answer.headers["location"].partition("?")[0]

    def typed(self, path: str, **values: str) -> Answer:
        """The answer to an edit of the record at *path*."""
        form = self.open(f"{path}/edit")
        return self.press(f"{path}/edit", form, **{f"v.{name}": value for name, value in values.items()})


@pytest.fixture
def desk(embedded: Bundle) -> Iterator[Desk]:
    company = embedded.folder / "company"
    company.mkdir()
    (company / "records.py").write_text(KINDS)
    return Desk(embedded)


def values_of(desk: Desk, path: str) -> dict[str, Any]:
    doc = next(doc for doc in desk.bundle.docs("records_customer") if doc.id == path.rpartition("/")[2])
    return dict(doc.data["values"])


def behind(desk: Desk, path: str, **values: Any) -> None:
    """Somebody else changes the record at *path* meanwhile."""
    context = desk.bundle.runtime.context()
    cause = Cause(Actor(kind="person", name="a colleague"))
    edit(context.kinds["customer"], path.rpartition("/")[2], values, cause, {}, context)


def test_a_record_is_made_in_the_form_of_its_model_and_listed(desk: Desk) -> None:
    path = desk.made(name="Ada", email="ada@example.com", plan="pro", mrr="49.00 EUR", note="Two\nlines")
    assert values_of(desk, path) == {
        "name": "Ada", "email": "ada@example.com", "plan": "pro", "mrr": {"amount": 4900, "currency": "eur"},
        "note": "Two\nlines",
    }  # fmt: skip
    assert "49.00 EUR" in desk.open(path).text
    for question in ("", "?v.plan=pro", "?q=ada", "?sort=plan", "?v.plan=pro&sort=plan"):
        assert path in desk.open(f"/console/records/customer{question}").text, question
    assert path not in desk.open("/console/records/customer?v.plan=free").text
    answer = desk.open("/console/records/customer?q=ADA%40example.com")
    assert (answer.status, answer.headers["location"]) == (303, path)


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(desk: Desk) -> None:
    path = desk.made(name="Ada")
    answer = desk.typed(path, name="", mrr="a lot", note="kept <b>as typed</b>")
    assert answer.status == 400
    for text in ("expected money such as 129.00 EUR, found &#39;a lot&#39;", "expected a value, found none"):
        assert text in answer.text
    assert "kept &lt;b&gt;as typed&lt;/b&gt;" in answer.text
    assert values_of(desk, path) == {"name": "Ada"}


def test_a_key_that_another_record_has_is_refused_with_its_name(desk: Desk) -> None:
    desk.made(name="Ada", email="ada@example.com")
    path = desk.made(name="Linus")
    answer = desk.typed(path, email="Ada@Example.com")
    assert (answer.status, "which" in answer.text, "email" not in values_of(desk, path)) == (409, True, True)


def test_two_who_edit_different_fields_both_get_their_way(desk: Desk) -> None:
    path = desk.made(name="Ada")
    form = desk.open(f"{path}/edit")
    behind(desk, path, plan="pro")
    answer = desk.press(f"{path}/edit", form, **{"v.name": "Ada Okafor", "v.plan": "free"})
    assert answer.status == 303
    assert values_of(desk, path) == {"name": "Ada Okafor", "plan": "pro"}


def test_who_edits_a_field_that_changed_meanwhile_is_told_and_may_set_it_all_the_same(desk: Desk) -> None:
    path = desk.made(name="Ada")
    form = desk.open(f"{path}/edit")
    behind(desk, path, name="Ada O.")
    refused = desk.press(f"{path}/edit", form, **{"v.name": "Ada Okafor"})
    assert (refused.status, "a colleague changed name" in refused.text) == (409, True)
    assert values_of(desk, path)["name"] == "Ada O."
    again = desk.press(f"{path}/edit", refused, **{"v.name": "Ada Okafor"})
    assert (again.status, values_of(desk, path)["name"]) == (303, "Ada Okafor")


def test_a_save_of_an_unchanged_form_changes_nothing(desk: Desk) -> None:
    path = desk.made(name="Ada", mrr="49.00 EUR", note="x")
    answer = desk.typed(path, name="Ada", mrr="49.00 EUR", note="x", plan="free", email="")
    assert (answer.status, len(desk.bundle.docs("record_changes"))) == (303, 1)


def test_a_change_is_undone_after_its_diff_was_shown(desk: Desk) -> None:
    path = desk.made(name="Ada", plan="pro")
    desk.typed(path, plan="free")
    page = desk.open(f"{path}?undo=2")
    assert page.text.count("<del>") == 2, "in the history and in what the undo would do"
    assert desk.press(f"{path}/undo", page, why="by mistake").status == 303
    assert values_of(desk, path)["plan"] == "pro"
    shown = desk.open(path).text
    assert "undoes change 2" in shown
    assert "by mistake" in shown


def test_an_undo_names_the_later_changes_that_it_loses(desk: Desk) -> None:
    path = desk.made(name="Ada")
    desk.typed(path, name="Ada O.")
    desk.typed(path, name="Ada Okafor")
    page = desk.open(f"{path}?undo=2")
    assert "change 3 set Name to <bdi>Ada Okafor</bdi>" in page.text
    assert desk.press(f"{path}/undo", page).status == 303
    assert values_of(desk, path)["name"] == "Ada"


def test_a_form_of_an_earlier_version_deletes_and_undoes_nothing(desk: Desk) -> None:
    path = desk.made(name="Ada")
    page = desk.open(path)
    behind(desk, path, plan="pro")
    assert desk.press(f"{path}/delete", page).status == 409
    assert desk.bundle.docs("records_customer")[0].data["state"] == "live"


def test_a_deleted_record_leaves_the_list_and_comes_back(desk: Desk) -> None:
    path = desk.made(name="Ada", email="ada@example.com")
    assert desk.press(f"{path}/delete", desk.open(path)).status == 303
    assert path not in desk.open("/console/records/customer").text
    page = desk.open(path)
    assert "deleted" in page.text
    assert desk.press(f"{path}/restore", page).status == 303
    assert path in desk.open("/console/records/customer").text


def test_a_value_leads_to_the_event_that_set_it(desk: Desk) -> None:
    event = "ab" * 32
    said = Observation("customer", "stripe", "cus_1", "2026-11-20T08:00:00+00:00", event, {"name": "Ada"})
    id = observe(said, {("customer", "name"): ("stripe",)}, desk.bundle.runtime.context()).record
    page = desk.open(f"/console/record/customer/{id}").text
    assert page.count(f'href="/console/event/{event}"') >= 2, "at the field, and in the history"
    assert "cus_1" in page


def test_an_edit_of_what_a_source_owns_waits_as_an_ask(desk: Desk) -> None:
    bundle = desk.bundle
    said = Observation("customer", "stripe", "cus_1", "2026-11-20T08:00:00+00:00", "ab" * 32, {"name": "Ada"})
    context = bundle.runtime.context()
    path = f"/console/record/customer/{observe(said, owners(context.config), context).record}"
    assert "belongs to stripe" in desk.open(f"{path}/edit").text
    answer = desk.typed(path, name="Ada Okafor", note="met in May")
    page = desk.open(answer.headers["location"]).text
    assert "waits for your answer" in page
    assert values_of(desk, path) == {"name": "Ada", "note": "met in May", "stripe_id": "cus_1"}
    ask = re.findall(r'href="(/console/ask/[^"]+)"', page)[0]
    shown = desk.open(ask)
    assert "Ada Okafor" in shown.text


def test_a_reference_is_shown_by_the_title_of_its_record(desk: Desk) -> None:
    path = desk.made(name="Ada <i>Okafor</i>")
    new = "/console/records/project/new"
    made = desk.press(new, desk.open(new), **{"v.name": "Site", "v.customer": path.rpartition("/")[2]})
    page = desk.open(made.headers["location"]).text
    assert f'<a href="{path}"><bdi>Ada &lt;i&gt;Okafor&lt;/i&gt;</bdi></a>' in page


def test_a_long_history_is_read_page_by_page(desk: Desk) -> None:
    path = desk.made(name="Ada")
    for number in range(24):
        behind(desk, path, note=f"note {number}")
    page = desk.open(path).text
    assert ("Version 25," in page, "Version 5," in page) == (True, False)
    older = re.findall(r'href="([^"]+)#history"', page)[0]
    page = desk.open(older).text
    assert ("Version 5," in page, "Version 1," in page, "Version 25," in page) == (True, True, False)


@pytest.mark.parametrize("words", ["okafor", "ada okafor", "ADA@example.com", "{id}"])
def test_the_search_over_everything_finds_a_record(desk: Desk, words: str) -> None:
    path = desk.made(name="Ada Okafor", email="ada@example.com")
    desk.made(name="Linus")
    id = path.rpartition("/")[2]
    answer = desk.open(f"/console/search?q={quote(words.format(id=id[:8]))}")
    assert answer.headers.get("location") == path or re.findall(r'href="(/console/record/[^"]+)"', answer.text) == [
        path
    ]


@pytest.mark.parametrize(
    "path", ["record/customer/nothing", "record/nothing/1", "records/nothing", "record/customer/a%2Fb/edit"]
)
def test_what_is_not_there_is_said(desk: Desk, path: str) -> None:
    assert desk.open(f"/console/{path}").status == 404


def test_code_that_does_not_load_is_named_with_file_and_line_and_the_other_pages_work(embedded: Bundle) -> None:
    company = embedded.folder / "company"
    company.mkdir()
    (company / "records.py").write_text(
        "from shared.records import Record\n\nclass A(Record, kind='a'):\n    x: Nothing\n"
    )
    desk = Desk(embedded)
    answer = desk.open("/console/records")
    assert (answer.status, "company/records.py:4" in answer.text or "company/records.py:3" in answer.text) == (
        503,
        True,
    )
    assert desk.open("/").status == 200
    assert desk.open("/console/search?q=disk").status == 200


def test_without_a_company_there_is_no_kind_yet(embedded: Bundle) -> None:
    assert "No kinds of records" in Desk(embedded).open("/console/records").text


def test_a_stranger_sees_and_changes_nothing(desk: Desk) -> None:
    path = desk.made(name="Ada")
    assert desk.bundle.request("GET", path).status == 401
    answer = desk.bundle.request(
        "POST", f"{path}/delete", b"n=1", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status, desk.bundle.docs("records_customer")[0].data["state"]) == (401, "live")


def test_hostile_values_are_text(desk: Desk) -> None:
    hostile = "<script>alert(1)</script>\"'&{{7*7}}"
    path = desk.made(name=hostile, note=hostile)
    for page in (
        desk.open(path),
        desk.open(f"{path}/edit"),
        desk.open("/console/records"),
        desk.open(f"/console/records?q={quote(hostile)}"),
    ):
        assert "<script>alert" not in page.text
