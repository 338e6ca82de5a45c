"""`opos send`."""

from datetime import UTC, datetime
from typing import IO

import click

from opos.senders.signed_request import UnknownSource, signed_headers
from opos.terminal.http import post
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from shared.runtime.clock import new_id


@click.command("send")
@click.argument("source")
@click.argument("payload", type=click.File("rb"), default="-")
@with_place
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The address of the running bundle.")
@click.option("--type", "event_type", default="", help="The event type, for senders that put it in a header.")
@click.option("--delivery", help="The delivery id; a new one by default.")
@json_option
@reports_errors
def command(
    source: str, payload: IO[bytes], place: Place, url: str, event_type: str,
    delivery: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Send PAYLOAD (a file, or - for standard input) as a signed webhook of SOURCE, over HTTP."""
    runtime = place.new_runtime()
    declared = runtime.config.sources.get(source)
    if declared is None:
        known = ", ".join(runtime.config.sources)
        raise UnknownSource(f"expected a source of {place.config_file} ({known}), found {source!r}")
    body = payload.read()
    headers = signed_headers(
        declared, runtime.secret(declared.secrets[0]), body,
        now=datetime.now(UTC), delivery=delivery or new_id(), event_type=event_type,
    )  # fmt: skip
    answer = post(f"{url.rstrip('/')}/webhooks/{source}", body, headers)
    show({"status": answer.status, "body": answer.body}, [f"{answer.status} {answer.body}"], as_json=as_json)
    if answer.status >= 300:  # noqa: PLR2004
        raise SystemExit(FAILED)
