"""The arguments KIND and RECORD, which the shell completes."""

from contextlib import redirect_stderr, suppress
from io import StringIO

import click
from click.shell_completion import CompletionItem

from opos.records.lookup import as_document, kind_of
from opos.terminal.completion import complete_beginning, complete_documents, place_of


def _kinds(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    with suppress(Exception), redirect_stderr(StringIO()):
        return complete_beginning(place_of(ctx).new_runtime().kinds, incomplete)
    return []


def _records(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    with suppress(Exception), redirect_stderr(StringIO()):
        context = place_of(ctx).runtime().context()
        return complete_documents(context, as_document(kind_of(ctx.params["kind"], context)), incomplete)
    return []


kind_argument = click.argument("kind", shell_complete=_kinds)
kinds_argument = click.argument("kind", required=False, shell_complete=_kinds)
"""None means all kinds."""
record_argument = click.argument("record", shell_complete=_records)
optional_record_argument = click.argument("record", required=False, shell_complete=_records)
