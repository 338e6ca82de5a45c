"""What the shell completes besides commands and options: ids, sources and flags of the bundle in the data folder.

It must be quick and never disturb who types: it reads the embedded bundle only, and offers nothing where that fails.
"""

from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, suppress
from io import StringIO
from itertools import islice
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from opos.terminal.lookup import matches
from opos.terminal.options import Place
from shared.config.files.loader import load_flags
from shared.context import Context
from shared.ports import Doc
from shared.services.alerting.open_alerts import read_open_alerts
from shared.services.asks.asks import open_asks
from shared.values.kinds import ALERT, ASK, Kind

Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
_MOST = 20
_LONGEST = 60


def ids(kind: Kind) -> Completion:
    """Completes the ids of *kind*: of alerts and asks, those that are open."""

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        with suppress(Exception), redirect_stderr(StringIO()):
            return complete_documents(place_of(ctx).runtime().context(), kind, incomplete)
        return []

    return complete


def complete_documents(context: Context, kind: Kind, incomplete: str) -> list[CompletionItem]:
    """The ids of *kind* that begin with *incomplete*."""
    docs = islice(_docs(context, kind, incomplete), _MOST)
    return [CompletionItem(doc.id[:8], help=kind.title(doc.data)[:_LONGEST]) for doc in docs]


def sources(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    with suppress(Exception), redirect_stderr(StringIO()):
        return complete_beginning(place_of(ctx).new_runtime().config.sources, incomplete)
    return []


def flags(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    with suppress(Exception):
        return complete_beginning(load_flags(place_of(ctx).flags_file, "").definitions, incomplete)
    return []


def _docs(context: Context, kind: Kind, incomplete: str) -> Iterable[Doc]:
    if kind == ALERT:
        return [doc for doc in read_open_alerts(context).docs if doc.id.startswith(incomplete)]
    if kind == ASK:
        return [doc for doc in open_asks(context, _MOST) if doc.id.startswith(incomplete)]
    store = context.store
    return matches(store, kind, incomplete) if incomplete else store.query(kind.collection, limit=_MOST)


def complete_beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def place_of(ctx: click.Context) -> Place:
    """The bundle that the line names so far. Raises LookupError unless it is embedded."""
    given = {str(param.name): ctx.params.get(str(param.name)) or param.default for param in ctx.command.params}
    if given["backend"] != "embedded":
        raise LookupError
    data, config_file, flags_file = (Path(str(given[name])) for name in ("data", "config_file", "flags_file"))
    return Place(data, config_file, flags_file)
