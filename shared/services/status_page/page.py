"""The status page from the store: a few bounded reads, however many alerts are open."""

from datetime import datetime
from itertools import chain

from shared.alerting.state_machine import OPEN
from shared.config.model import Config
from shared.config.status_page import StatusPage
from shared.context import Context
from shared.ports import Doc
from shared.services.health.checks.pipeline import SWEEP
from shared.services.status_page.incidents import MOST as INCIDENTS
from shared.services.status_page.incidents import listed
from shared.status_page.incident import as_incident
from shared.status_page.view import Alerts, View, view

MOST = 200
"""How many open alerts in each state are compared with the matchers. If more are open, no match says nothing."""
READS = 1 + INCIDENTS + len(OPEN) * MOST
"""The most reads that a page costs. Most pages cost five, and one for each open alert and listed incident."""
DEAF = (
    "events-unhandled", "bus-unreachable", "store-unreachable", "data-file-replaced", "data-file-damaged", "disk-full",
)  # fmt: skip
"""The failures of opos itself with which it may not know that an alert fires."""


def declared(config: Config) -> StatusPage | None:
    """The page that *config* declares. `health.status_page` is the title of one without components."""
    title = config.health.status_page
    return config.status or (StatusPage(title=title) if title else None)


def current(page: StatusPage, context: Context) -> View:
    """The page now. Raises Unavailable if the store cannot be read."""
    incidents = [(doc.id, as_incident(doc.data)) for doc in listed(context)]
    needs_alerts = any(component.when for component in page.components.values())
    return view(page.title, page.components, incidents, _alerts(context) if needs_alerts else Alerts(), context.now)


def _alerts(context: Context) -> Alerts:
    states = [list(_open(state, context)) for state in sorted(OPEN)]
    labels = [doc.data["labels"] for doc in chain(*states)]
    is_known, since = _hears(context.store.get(SWEEP), context)
    return Alerts(labels, is_known and all(len(docs) < MOST for docs in states), since)


def _open(state: str, context: Context) -> list[Doc]:
    return list(context.store.query("alerts", where=[("state", "==", state)], limit=MOST))


def _hears(sweep: Doc | None, context: Context) -> tuple[bool, str | None]:
    """Whether opos handles what it receives, as the last sweep says; if not, since when, if that is known."""
    if sweep is None:
        return False, None
    silent = context.config.health.thresholds.sweeper_silent
    if abs(context.now - datetime.fromisoformat(sweep.data["at"])) >= silent:
        return False, sweep.data["at"]
    broken = sweep.data.get("broken") or {}
    lasting = [broken[name]["since"] for name in DEAF if name in broken and broken[name]["told"]]
    return not lasting, min(lasting, default=None)
