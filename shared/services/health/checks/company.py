"""The check of `company/`. Nothing here loads it: the record keeper stores what it meets."""

from shared.context import Context
from shared.health.report import Result, compare
from shared.services.records.company_watch import COMPANY_FAULT


def company_broken(context: Context) -> list[Result]:
    """Whether the record keeper could not load `company/`, with the file and the line."""
    doc = context.store.get(COMPANY_FAULT)
    output = f"{doc.data['file']}:{doc.data['line']}: `opos verify` says what is wrong" if doc else ""
    return [
        compare("company:broken", int(doc is not None), "faults", threshold=1, failure="company-broken", output=output)
    ]
