"""The changes of a record as `opos records history` prints them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opos.records.change_id import shown_id
from opos.records.differences import between, in_words
from opos.records.provenance import actor_name, cause_name
from opos.terminal.times import OperatorClock
from shared.records.change import Difference, change_id
from shared.records.history import Version

_BECAME = {"live": "restored", "deleted": "deleted", "merged": "merged into another record"}


def entries(versions: Sequence[Version]) -> Iterator[dict[str, Any]]:
    """Each of *versions*, the last one first, with what it changed in the version before."""
    earlier: list[Version | None] = [None, *versions[:-1]]
    for before, version in reversed(list(zip(earlier, versions, strict=True))):
        change, values = version.change, before.body["values"] if before else {}
        yield {
            "id": change_id(change["record"], change["n"]), "record": change["record"], "change": change["n"],
            "at": change["at"], "actor": change["actor"], "cause": change["cause"], "chain": change["chain"],
            "reason": change["reason"], "trace": change["trace"], "undoes": change.get("undoes"),
            "became": became(before, version), "merges": change.get("merges", []),
            "differences": [pair._asdict() for pair in between(values, version.body["values"])],
            "patch": change["patch"],
        }  # fmt: skip


def lines(entry: Mapping[str, Any], clock: OperatorClock) -> Iterator[str]:
    """An *entry* for a person: who, when and why, and then each field that changed."""
    cause = f", {cause_name(entry['cause'], entry['actor'])}" if entry["cause"] else ""
    reason = f": {entry['reason']}" if entry["reason"] else ""
    undoes = f", undoes change {entry['undoes']}" if entry["undoes"] else ""
    who = f"{actor_name(entry['actor'])}{cause}{undoes}{reason}"
    yield f"{shown_id(entry['record'], entry['change'])}  {clock.time_and_age(entry['at'])}  {who}"
    merged = [f"{entry['merges'][0][:8]} was merged into it"] if entry["merges"] else []
    said = [*filter(None, [entry["became"]]), *merged]
    differences = [Difference(**pair) for pair in entry["differences"]]
    yield from (f"  {text}" for text in said or ([] if differences else ["no value changed"]))
    yield from in_words(differences)


def became(before: Version | None, version: Version) -> str:
    """What *version* did to the record as a whole; empty if nothing."""
    old, new = before.body if before else None, version.body
    if version.change.get("forgets"):
        return "forgotten"
    if old is None:
        return "created" if new["state"] == "live" else _BECAME[new["state"]]
    if old["state"] != new["state"]:
        return _BECAME[new["state"]] + (f", {new['into'][:8]}" if new["into"] else "")
    is_newer = old["schema"] != new["schema"]
    return f"brought from version {old['schema']} of the kind to version {new['schema']}" if is_newer else ""
