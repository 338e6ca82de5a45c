"""`opos records`: what the records of the company are, where that comes from, and how a person changes it."""

import json
import re
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from opos.cli import main
from shared.events import iso
from shared.records.observation import Observation
from shared.services.records.merge import merge
from shared.services.records.record import kind_named
from tests.support import requirements as needs
from tests.support.bundle import Bundle
from tests.support.kinds import OWNERS
from tests.support.record_commands import Stored, called, declare, made, printed, run, said
from tests.support.records import ME


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Bundle]:
    yield from started(Stored(tmp_path))


@pytest.fixture
def firestore(tmp_path: Path) -> Iterator[Bundle]:
    yield from started(Bundle(tmp_path, firestore=True))


def started(bundle: Bundle) -> Iterator[Bundle]:
    """With the kinds of the tests, an hour ago: the commands have the time of the machine."""
    bundle.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    bundle.start()
    declare(bundle.folder)
    yield bundle
    bundle.stop()


def ada(bundle: Bundle) -> str:
    values = {"name": "Ada", "email": "ada@example.com", "mrr": {"amount": 900, "currency": "eur"}}
    at = iso(bundle.clock.now())
    return said(bundle, Observation("customer", "stripe", "cus_1", at, "e" * 32, values), OWNERS)


def test_show_says_of_each_field_its_value_and_where_it_came_from(bundle: Bundle) -> None:
    id = ada(bundle)
    shown = printed(bundle, "show", "customer", id[:6])
    assert shown.startswith(f"customer  {id}\n  Ada\n  changed ")
    assert "  mrr: 9.00 EUR\n      from stripe, event eeeeeeee, " in shown
    assert "  is_vip: no\n      default of the kind; owner: you\n" in shown
    assert shown.endswith("  without a value: tags, shopify_id\n")


@pytest.mark.parametrize("name", ["ada@example.com", "ADA@example.com", "cus_1"])
def test_a_key_and_an_id_in_another_system_name_a_record(bundle: Bundle, name: str) -> None:
    id = ada(bundle)
    assert json.loads(printed(bundle, "show", "customers", name, "--json"))["id"] == id


def test_show_at_a_moment_is_the_record_of_then(bundle: Bundle) -> None:
    id = made(bundle, "customer", {"name": "Ada"})
    shown = json.loads(printed(bundle, "show", "customer", id, "--at", "30m", "--json"))
    assert (shown["title"], shown["change"]) == ("Ada", 1)
    before = called(bundle, "show", "customer", id, "--at", "2h")
    assert before.exit_code == 1
    assert before.stderr.startswith("expected a time after ")


def test_a_reference_shows_the_title_of_its_record(bundle: Bundle) -> None:
    project = made(bundle, "project", {"name": "Engine", "customer": ada(bundle)})
    assert "  (Ada)\n" in printed(bundle, "show", "project", project)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["custmer", "x"], "expected a kind of record (customer, project), found 'custmer'. Did you mean customer"),
        (["customer", "nobody"], 'No customer matches "nobody".'),
    ],
)
def test_what_is_not_there_is_named(bundle: Bundle, words: list[str], said: str) -> None:
    done = called(bundle, "show", *words)
    assert done.exit_code == 1
    assert done.stderr.startswith(said)


def test_the_history_says_who_when_why_and_what_and_the_last_change_comes_first(bundle: Bundle) -> None:
    id = ada(bundle)
    printed(bundle, "set", "customer", id, "is_vip=yes", "--why", "She pays.", "--as", "me@example.com")
    printed(bundle, "delete", "customer", id, "--as", "me@example.com")
    times = r"  [^(\n]+ \((?:[^)\n]+ ago|just now)\)"  # such as 19:08, or Sat 23:59 after midnight
    lines = re.sub(times, "", printed(bundle, "history", "customer", id)).splitlines()
    assert lines == [
        f"{id[:8]}.3  me@example.com", "  deleted",
        f"{id[:8]}.2  me@example.com: She pays.", "  is_vip: (unset) -> yes",
        f"{id[:8]}.1  stripe, event eeeeeeee", "  created", "  email: (unset) -> ada@example.com",
        "  mrr: (unset) -> 9.00 EUR", "  name: (unset) -> Ada", "  stripe_id: (unset) -> cus_1",
    ]  # fmt: skip
    assert [entry["change"] for entry in json.loads(printed(bundle, "history", "customer", id, "--json"))] == [3, 2, 1]
    limited = printed(bundle, "history", "customer", id, "--limit", "1").splitlines()
    assert limited[1:] == ["  deleted", "2 older changes are not shown; --limit shows more."]


def test_diff_compares_two_versions_by_number_or_time(bundle: Bundle) -> None:
    id = ada(bundle)
    printed(bundle, "set", "customer", id, "tags=new", "is_vip=yes")
    printed(bundle, "set", "customer", id, "tags=old, loud")
    assert printed(bundle, "diff", "customer", id, "1") == (
        "From change 1 to change 3:\n  is_vip: (unset) -> yes\n  tags: (unset) -> old, loud\n"
    )
    assert json.loads(printed(bundle, "diff", "customer", id, "30m", "2", "--json"))["differences"] == [
        {"field": "is_vip", "before": None, "after": True}, {"field": "tags", "before": None, "after": ["new"]},
    ]  # fmt: skip
    assert "  nothing differs\n" in printed(bundle, "diff", "customer", id, "3", "3")
    assert called(bundle, "diff", "customer", id, "4").stderr.startswith("expected the number of one of its 3 changes")
    assert called(bundle, "diff", "customer", id, "yesterday").exit_code == 2


def test_set_changes_fields_and_an_empty_value_unsets_one(bundle: Bundle) -> None:
    id = made(bundle, "customer", {"name": "Ada", "tags": ["a"]})
    printed(bundle, "set", "customer", id, "mrr=9 EUR", "tags=b, c", "shopify_id=7")
    assert printed(bundle, "set", "customer", id[:8], "mrr=", "plan=pro").splitlines() == [
        f"customer {id[:8]}  Ada", "  mrr: 9.00 EUR -> (unset)", "  plan: (unset) -> pro",
    ]  # fmt: skip
    assert printed(bundle, "set", "customer", id, "plan=pro").splitlines()[1:] == ["  It has these values already."]
    values = bundle.doc(f"records_customer/{id}")["values"]
    assert values == {"name": "Ada", "tags": ["b", "c"], "shopify_id": "7", "plan": "pro"}


@pytest.mark.parametrize("words", [["cus_1"], ["plan=pro"], ["plan=pro", "is_vip=yes"], ["cus_1", "plan"]])
def test_set_needs_a_record_and_values(bundle: Bundle, words: list[str]) -> None:
    ada(bundle)
    done = called(bundle, "set", "customer", *words)
    assert (done.exit_code, "Error: expected " in done.stderr) == (2, True)


def test_a_dry_run_shows_the_same_and_changes_nothing(bundle: Bundle) -> None:
    id = made(bundle, "customer", {"name": "Ada"})
    shown = printed(bundle, "set", "customer", id, "plan=pro", "--dry-run").splitlines()
    assert shown[1:] == ["  plan: (unset) -> pro", "Nothing was changed."]
    made(bundle, "customer", {"name": "Grace", "email": "grace@example.com"})
    taken = called(bundle, "set", "customer", id, "email=grace@example.com", "--dry-run")
    assert (taken.exit_code, "which" in taken.stderr) == (1, True)
    assert bundle.doc(f"records_customer/{id}")["n"] == 1


def test_every_value_that_does_not_fit_is_named_at_once(bundle: Bundle) -> None:
    words = ["plan=gold", "mrr=nine", "emial=x", "is_vip=maybe"]
    done = called(bundle, "new", "customer", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "customer.plan: expected free or pro, found 'gold'",
        "customer.mrr: expected an amount with its currency, such as 9.00 EUR, found 'nine'",
        "customer.emial: expected a field of customer, found none of this name (did you mean email?)",
        "customer.is_vip: expected yes or no, found 'maybe'",
        "customer.name: expected a value, found none",
    ]
    for words in (["plan"], ["plan=pro", "plan=free"]):
        assert called(bundle, "new", "customer", *words).exit_code == 2


def test_new_creates_a_record_and_a_reference_may_be_a_key(bundle: Bundle) -> None:
    customer = json.loads(printed(bundle, "new", "customer", "name=Ada", "email=ada@example.com", "--json"))["record"]
    shown = printed(bundle, "new", "project", "name=Engine", "customer=ada@example.com")
    assert re.fullmatch(rf"Created project \w{{8}}  Engine\n  customer: .unset. -> {customer}\n  name: .*\n", shown)
    missing = called(bundle, "new", "project", "name=Engine", "customer=nobody@example.com")
    assert missing.stderr == 'project.customer: No customer matches "nobody@example.com".\n'


def test_what_is_deleted_can_be_restored_unless_its_key_is_taken(bundle: Bundle) -> None:
    id = made(bundle, "customer", {"name": "Ada", "email": "ada@example.com"})
    assert printed(bundle, "delete", "customer", id).startswith(f"Deleted customer {id[:8]}  Ada. ")
    assert printed(bundle, "delete", "customer", id).endswith(" is deleted already. Nothing was changed.\n")
    assert "  deleted, changed " in printed(bundle, "show", "customer", id)
    other = made(bundle, "customer", {"name": "Other", "email": "ada@example.com"})
    taken = called(bundle, "restore", "customer", id)
    assert (taken.exit_code, f"which {other[:8]} has" in taken.stderr) == (1, True)
    printed(bundle, "delete", "customer", other)
    assert printed(bundle, "restore", "customer", id) == f"Restored customer {id[:8]}  Ada.\n"


def test_undo_takes_back_one_change_and_names_what_is_lost(bundle: Bundle) -> None:
    id = made(bundle, "customer", {"name": "Ada"})
    printed(bundle, "set", "customer", id, "plan=pro")
    printed(bundle, "set", "customer", id, "plan=free")
    refused = called(bundle, "undo", f"{id[:6]}.2")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "expected that nothing changed what change 2 changed, found that change 3 set plan. Nothing was changed.",
        "It would change:", "  plan: free -> (unset)", "hint: Add --force to lose what later changes set.",
    ]  # fmt: skip
    rehearsed = printed(bundle, "undo", f"{id}.00000002", "--force", "--dry-run").splitlines()
    assert rehearsed[1:] == ["  Change 4 would undo change 2:", "    plan: free -> (unset)", "Nothing was changed."]
    done = printed(bundle, "undo", f"{id[:6]}.2", "--force").splitlines()
    assert done[1:] == [f"  Change 4 ({id[:8]}.4) undoes change 2:", "    plan: free -> (unset)"]
    assert "undoes change 2" in printed(bundle, "history", "customer", id)
    for wrong, code in (("nonsense", 2), ("0000.1", 1), (f"{id[:6]}.9", 1)):
        assert called(bundle, "undo", wrong).exit_code == code
    assert printed(bundle, "undo", f"{id}.1").splitlines()[1:] == [
        f"  Change 5 ({id[:8]}.5) undoes change 1:",
        "    deleted",
    ]


def stored_before(bundle: Bundle, label: str) -> str:
    """A customer as version 1 of the kind made it."""
    old = 'class Customer(Record, kind="customer", title="{label}"):\n    label: str\n'
    declare(bundle.folder, only=f"from shared.records import Record\n\n\n{old}")
    record = json.loads(printed(bundle, "new", "customer", f"label={label}", "--json"))["record"]
    declare(bundle.folder)
    return str(record)


def test_a_record_of_an_earlier_version_reads_as_today_and_can_be_migrated(bundle: Bundle) -> None:
    id = stored_before(bundle, "Ada")
    assert "  name: Ada\n      made by an upcaster from an earlier version; owner: you\n" in printed(
        bundle, "show", "customer", id
    )
    assert "  name: (unset) -> Ada\n" in printed(bundle, "history", "customer", id)
    shown = [f"customer {id[:8]}  Ada: version 1 -> 3", "  label: Ada -> (unset)", "  name: (unset) -> Ada"]
    shown.append("  plan: (unset) -> free")
    planned = printed(bundle, "migrate", "customer", "--dry-run").splitlines()
    assert planned == [*shown, "1 record would be migrated. Nothing was changed."]
    assert printed(bundle, "migrate").splitlines() == [*shown, "Migrated 1 record."]
    assert "Migrated to version 3 of customer." in printed(bundle, "history", "customer", id)
    assert "  brought from version 1 of the kind to version 3\n" in printed(bundle, "history", "customer", id)
    assert printed(bundle, "migrate") == "Every record is of the version of today.\n"
    assert called(bundle, "undo", f"{id}.2").stderr == "change 2 has changed no value\n"


def test_what_an_upcaster_makes_invalid_is_named_and_left_alone(bundle: Bundle) -> None:
    id = stored_before(bundle, "Ada")
    declare(bundle.folder, "\n\nCustomer.upcasters[2] = lambda values: {'plan': 'gold', 'name': None}\n")
    done = called(bundle, "migrate", "--as", "me")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[1:] == [
        "  customer.plan: expected 'free' or 'pro', found 'gold'",
        "1 record cannot be migrated. Change the upcaster in company/ or the values.",
        "Nothing was changed.",
    ]
    assert bundle.doc(f"records_customer/{id}")["schema"] == 1


def test_show_of_an_id_knows_records_and_says_how_to_see_more(bundle: Bundle) -> None:
    id = made(bundle, "customer", {"name": "Ada"})
    done = run(bundle, "show", id[:8])
    assert done.stdout.splitlines()[:4] == [f"customer  {id}", "  Ada", "  state    live", "  changes  1"]
    assert f"opos records history customer {id[:8]}" in done.stdout
    declare(bundle.folder, only="nonsense(")
    assert run(bundle, "show", "0000").stderr.startswith("No event, alert, ")


def customers(bundle: Bundle) -> dict[str, str]:
    """Ids by name: Ada and Grace are free, Zoe is pro."""
    plans = {"Ada Lovelace": "free", "Grace Hopper": "free", "Zoe": "pro"}
    ids = {}
    for name, plan in plans.items():
        bundle.clock.advance(seconds=1)
        ids[name] = made(bundle, "customer", {"name": name, "plan": plan})
    return ids


def names(bundle: Bundle, *words: str) -> list[str]:
    return [record["title"] for record in json.loads(printed(bundle, "list", "customer", *words, "--json"))]


def test_list_filters_by_listed_fields_and_searches_titles(bundle: Bundle) -> None:
    ids = customers(bundle)
    assert names(bundle) == ["Zoe", "Grace Hopper", "Ada Lovelace"]
    assert names(bundle, "--where", "plan=free") == ["Grace Hopper", "Ada Lovelace"]
    assert names(bundle, "--search", "hopper") == ["Grace Hopper"]
    assert names(bundle, "--sort", "-plan")[0] == "Zoe"
    lines = printed(bundle, "list", "customers", "--where", "plan=pro").splitlines()
    assert [line.split() for line in lines] == [
        ["id", "changed", "plan", "title"],
        [ids["Zoe"][:8], "59", "min", "ago", "pro", "Zoe"],
    ]
    assert printed(bundle, "list", "customer", "--search", "nobody") == "No customer matches.\n"
    assert printed(bundle, "list", "project").startswith("There are no projects yet. ")
    more = called(bundle, "list", "customer", "--limit", "2")
    assert more.stderr == "These are the first 2 records, and there are more; --limit shows more.\n"


def test_deleted_records_are_listed_alone(bundle: Bundle) -> None:
    ids = customers(bundle)
    for name in ("Zoe", "Ada Lovelace"):
        printed(bundle, "delete", "customer", ids[name])
    assert names(bundle) == ["Grace Hopper"]
    assert printed(bundle, "list", "project", "--deleted") == "No project is deleted.\n"
    assert names(bundle, "--deleted") == ["Ada Lovelace", "Zoe"]
    assert names(bundle, "--deleted", "--limit", "1") == ["Ada Lovelace"]


def test_a_list_of_what_refers_to_a_record_takes_its_key(bundle: Bundle) -> None:
    made(bundle, "project", {"name": "Engine", "customer": ada(bundle)})
    made(bundle, "project", {"name": "Other"})
    assert "Engine" in printed(bundle, "list", "project", "--where", "customer=ada@example.com")
    assert "Other" in printed(bundle, "list", "project", "--where", "customer=")


def test_without_a_kind_the_records_of_each_kind_are_counted(bundle: Bundle) -> None:
    printed(bundle, "delete", "customer", customers(bundle)["Zoe"])
    assert printed(bundle) == "2  customer\n0  project\n"
    assert json.loads(printed(bundle, "list", "--json")) == {"customer": 2, "project": 0}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["customer", "--where", "mrr=9 EUR"], 1, "expected a listed field of customer (plan)"),
        (["customer", "--where", "plan=gold"], 1, "customer.plan: expected free or pro, found 'gold'"),
        (["customer", "--sort", "name"], 1, "expected an order by changed_at, plan, found name"),
        (["customer", "--search", "x", "--sort", "plan"], 2, "Usage: "),
        (["customer", "--deleted", "--sort", "plan"], 2, "Usage: "),
        (["--sort", "plan"], 2, "Usage: "),
    ],
)
def test_a_list_that_cannot_be_is_one_clear_error(bundle: Bundle, words: list[str], code: int, said: str) -> None:
    done = called(bundle, "list", *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith(said)


def test_many_records_are_changed_after_a_dry_run_and_a_question(bundle: Bundle) -> None:
    ids = customers(bundle)
    change = ["set", "customer", "--where", "plan=free", "plan=pro"]
    shown = [
        f"customer {ids['Grace Hopper'][:8]}  Grace Hopper", "  plan: free -> pro",
        f"customer {ids['Ada Lovelace'][:8]}  Ada Lovelace", "  plan: free -> pro",
    ]  # fmt: skip
    dry = [*shown, "This would change 2 records. Nothing was changed."]
    assert printed(bundle, *change, "--dry-run").splitlines() == dry
    refused = called(bundle, *change, given="n\n")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "This would change 2 records. Continue? " in refused.stderr
    assert names(bundle, "--where", "plan=free") == ["Grace Hopper", "Ada Lovelace"]
    assert printed(bundle, *change, "--yes", "--why", "A gift.").splitlines() == [*shown, "Changed 2 records."]
    assert "A gift." in printed(bundle, "history", "customer", ids["Ada Lovelace"])
    assert printed(bundle, *change) == "No record matches. Nothing was changed.\n"


def test_a_record_that_cannot_be_changed_is_named_and_the_others_are_changed(bundle: Bundle) -> None:
    customers(bundle)
    done = called(bundle, "set", "customer", "--where", "plan=free", "email=both@example.com", "--yes")
    assert done.exit_code == 1
    assert "expected a value of email that no other customer has" in done.stdout
    assert done.stdout.endswith("Changed 1 record.\n")


def test_a_field_of_another_system_is_not_changed_but_asked_about(bundle: Bundle) -> None:
    id = ada(bundle)
    assert "from stripe, event eeeeeeee, " in printed(bundle, "show", "customer", id)
    assert "; owner: stripe\n" in printed(bundle, "show", "customer", id)
    shown = printed(bundle, "set", "customer", id, "email=ada@example.org", "is_vip=yes").splitlines()
    ask = bundle.docs("asks")[0].id
    assert shown[1:4] == [
        "  is_vip: (unset) -> yes", "  email belongs to stripe, so it was not changed:",
        "    email: ada@example.com -> ada@example.org",
    ]  # fmt: skip
    assert f"opos asks show {ask[:8]} " in shown[4]
    later = Observation("customer", "stripe", "cus_1", iso(datetime.now(UTC)), "f" * 32, {"name": "Ada L."})
    said(bundle, later, OWNERS)
    refused = called(bundle, "undo", f"{id}.3")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "expected fields that opos owns, found that name belongs to stripe",
        "hint: Change it there.",
    ]
    (bundle.folder / "opos.yaml").write_text("nonsense")
    assert "owner: not known, because opos.yaml is not valid\n" in printed(bundle, "show", "customer", id)


def test_a_merged_record_is_shown_as_the_one_that_it_was_merged_into(bundle: Bundle) -> None:
    goes, stays = (made(bundle, "customer", {"name": name}) for name in ("Ada K", "Ada L"))
    cause, context = ME, bundle.runtime.context()
    merge(kind_named("customer", context), goes, stays, cause, {}, context)
    done = called(bundle, "show", "customer", goes)
    assert (done.stdout.splitlines()[0], done.stderr) == (
        f"customer  {stays}",
        f"{goes} was merged into this record.\n",
    )
    assert f"  {goes[:8]} was merged into it\n" in printed(bundle, "history", "customer", stays)
    refused = called(bundle, "undo", f"{goes}.1")
    assert refused.stderr.startswith("expected a change of a record that is its own, found that ")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["show", "pro"], ["project"]),
        (["history", "nothing", ""], []),
        (["list", "--data", "mistyped", ""], ["customer", "project"]),
    ],
)
def test_the_shell_completes_kinds(bundle: Bundle, words: list[str], offered: list[str]) -> None:
    assert completed(bundle, *words) == offered


def test_the_shell_completes_the_ids_of_records(bundle: Bundle) -> None:
    id = ada(bundle)
    assert completed(bundle, "show", "--data", ".", "customer", id[:3]) == [id[:8]]


def completed(bundle: Bundle, *words: str) -> list[str]:
    *before, incomplete = words
    with chdir(bundle.folder):
        shell = ShellComplete(main, {}, "opos", "_OPOS_COMPLETE")
        return [item.value for item in shell.get_completions(["records", *before], incomplete)]


@pytest.mark.slow
@needs.emulators
def test_the_commands_do_the_same_on_firestore(firestore: Bundle) -> None:
    bundle, ids = firestore, customers(firestore)
    assert names(bundle, "--where", "plan=free") == ["Grace Hopper", "Ada Lovelace"]
    printed(bundle, "set", "customer", "--where", "plan=free", "is_vip=yes", "--yes")
    assert printed(bundle, "undo", f"{ids['Zoe'][:8]}.1").splitlines()[-1] == "    deleted"
    assert printed(bundle) == "2  customer\n0  project\n"
    assert "  is_vip: (unset) -> yes\n" in printed(bundle, "history", "customer", ids["Ada Lovelace"][:8])
    assert printed(bundle, "migrate", "--dry-run") == "Every record is of the version of today.\n"


def test_what_belongs_to_another_system_is_asked_about_for_many_records_only_after_the_question(bundle: Bundle) -> None:
    values = {"name": "Ada", "plan": "free"}
    said(bundle, Observation("customer", "stripe", "cus_1", iso(bundle.clock.now()), "e" * 32, values), OWNERS)
    change = ["set", "customer", "--where", "plan=free", "plan=pro"]
    dry = printed(bundle, *change, "--dry-run").splitlines()
    assert dry[1:] == [
        "  plan belongs to stripe, so it would not be changed:", "    plan: free -> pro",
        "  It would become an ask, which waits for your answer.", "This would make 1 ask. Nothing was changed.",
    ]  # fmt: skip
    assert called(bundle, *change, given="n\n").exit_code == 1
    assert bundle.docs("asks") == []
    assert printed(bundle, *change, given="y\n").endswith("Made 1 ask.\n")
    (ask,) = bundle.docs("asks")
    assert run(bundle, "asks", "answer", ask.id, "apply", "--as", "me").exit_code == 0
    assert f"  me, ask {ask.id[:8]}\n  plan: free -> pro\n" in printed(bundle, "history", "customer", "cus_1")
