"""`opos console`."""

import sys
from functools import partial
from typing import Any

import click

from opos.bundle.addresses import is_loopback
from opos.commands.up import console_url
from opos.terminal.lookup import find
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.qr_code import qr_code
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.width import fitted
from shared.ports import Doc
from shared.runtime.container import Runtime
from shared.runtime.entry import retry_conflicts
from shared.services.console.sessions import end
from shared.services.console.sessions import sessions as current_sessions
from shared.values.kinds import SESSION
from shared.values.text import counted


@click.command("console")
@with_place
@click.option("--url", help="The bundle's address; by default that of the running bundle, or public_url in opos.yaml.")
@click.option("--sessions", is_flag=True, help="List the sessions of the console instead.")
@click.option("--revoke", metavar="ID|all", help="End this session, or all sessions, instead.")
@json_option
@reports_errors
def command(place: Place, url: str | None, revoke: str | None, *, sessions: bool, as_json: bool) -> None:
    """Print a new link that opens the operator's console. It works once, within ten minutes."""
    runtime = place.runtime(**({"OPOS_PUBLIC_URL": url} if url else {}))
    if revoke:
        content, text = _revoke(revoke, runtime)
    elif sessions:
        content, text = _list(runtime)
    else:
        content, text = {"console": (link := console_url(runtime))}, link
    show(content, text, as_json=as_json)
    if not as_json and (code := _code(content)):
        click.echo(code)


def _code(content: Any) -> str | None:
    """The link as a QR code, at a terminal where a phone can reach it."""
    link = content.get("console") if isinstance(content, dict) else None
    return qr_code(link) if link and sys.stdout.isatty() and not is_loopback(link) else None


def _list(runtime: Runtime) -> tuple[Any, str]:
    clock, docs = operator_clock(runtime), current_sessions(runtime.context())
    content = [
        {"id": doc.id, **{name: doc.data[name] for name in ("browser", "created_at", "last_seen", "ends_at")}}
        for doc in docs
    ]
    return content, "\n".join(fitted(_line(doc, clock)) for doc in docs) or "No session is open."


def _line(doc: Doc, clock: OperatorClock) -> str:
    began, seen, ends = (clock.time_and_age(doc.data[name]) for name in ("created_at", "last_seen", "ends_at"))
    return f"{doc.id[:8]}  {doc.data['browser']}  since {began}, last used {seen}, ends {ends}"


def _revoke(wanted: str, runtime: Runtime) -> tuple[Any, str]:
    current = current_sessions(runtime.context())
    docs = current if wanted == "all" else [find(runtime.store, SESSION, wanted, preferred=lambda doc: doc in current)]
    for doc in docs:
        retry_conflicts(partial(_end, doc.id, runtime))
    return {"revoked": [doc.id for doc in docs]}, f"Ended {counted(len(docs), 'session')}."


def _end(id: str, runtime: Runtime) -> None:
    end(id, runtime.context())
