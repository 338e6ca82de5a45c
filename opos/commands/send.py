"""`opos send`."""

import json
import sys
from datetime import UTC, datetime
from typing import IO, Any

import click

from opos.bundle.data_folder import address
from opos.forwarding.target import Target, target
from opos.senders.catalogue import known as senders
from opos.senders.sample import Sample, samples
from opos.senders.signed_request import UnknownSource, signed_headers
from opos.terminal.completion import sources
from opos.terminal.groups import did_you_mean
from opos.terminal.http import Answer, post
from opos.terminal.next_step import pasteable
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from shared.config.sources import Source
from shared.runtime.clock import new_id
from shared.runtime.container import Runtime
from shared.runtime.settings import DEFAULT_URL
from shared.sources import format_of
from shared.values.text import one_line

NOT_FOUND = 404


@click.command("send")
@click.argument("source", shell_complete=sources)
@click.argument("payload", type=click.File("rb"), required=False)
@click.option("--sample", help="Instead of PAYLOAD: a webhook that opos has ready, such as firing or resolved.")
@click.option("--list", "as_list", is_flag=True, help="List the samples for SOURCE and send nothing.")
@with_place
@click.option("--url", type=target, help="The bundle's address; by default that of the running bundle, or port 8080.")
@click.option("--type", "event_type", default="", help="The event type, for senders that put it in a header.")
@click.option("--delivery", help="The delivery id; a new one by default.")
@json_option
@reports_errors
def command(
    source: str, payload: IO[bytes] | None, sample: str | None, place: Place, url: Target | None, event_type: str,
    delivery: str | None, *, as_list: bool, as_json: bool,
) -> None:  # fmt: skip
    """Send PAYLOAD (a file, or standard input) or a --sample as a signed webhook of SOURCE, over HTTP.

    A sample takes the whole way: firing notifies you as a real alert would, and resolved ends that alert.
    """
    runtime = place.new_runtime()
    declared = _declared(runtime, source, place)
    if as_list:
        known = samples(source, declared)
        lines = [f"{name:<10}{ready.about}" for name, ready in known.items()]
        show({name: ready.about for name, ready in known.items()}, lines or _NO_SAMPLE, as_json=as_json)
        return
    if sample and payload:
        raise click.UsageError("expected PAYLOAD or --sample, found both")
    secret, now, delivery = runtime.secret(declared.secrets[0]), datetime.now(UTC), delivery or new_id()
    if sample:
        chosen = _chosen(source, declared, sample)
        body = _json(chosen.filled(now=now, id=delivery, secret=secret))
        event_type = event_type or chosen.type
    else:
        body = _given(payload, source)
        _require_type(source, declared, event_type)
    headers = signed_headers(source, declared, secret, body, now=now, delivery=delivery, event_type=event_type)
    base = url.url if url else address(place.data) or DEFAULT_URL
    answer = post(f"{base.rstrip('/')}/webhooks/{source}", body, headers)
    show({"status": answer.status, "body": answer.body}, _lines(answer, source), as_json=as_json)
    if answer.status >= 300:  # noqa: PLR2004
        raise SystemExit(FAILED)


_NO_SAMPLE = "opos can make no sample for this mapping. Send a payload of your own: opos send SOURCE payload.json"


def _declared(runtime: Runtime, source: str, place: Place) -> Source:
    declared = runtime.config.sources.get(source)
    if declared is None:
        known = ", ".join(runtime.config.sources)
        add = f"`opos init --add {source}` adds it." if source in senders() else None
        raise UnknownSource(
            f"expected a source of {place.config_file} ({known}), found {source!r}."
            f"{did_you_mean(source, runtime.config.sources)}",
            hint=add,
        )
    return declared


def _chosen(source: str, declared: Source, name: str) -> Sample:
    known = samples(source, declared)
    if not known:
        raise click.UsageError(_NO_SAMPLE)
    if name not in known:
        raise click.UsageError(
            f"expected a sample for {source} ({', '.join(known)}), found {name!r}.{did_you_mean(name, known)}"
        )
    return known[name]


def _given(payload: IO[bytes] | None, source: str) -> bytes:
    body = b"" if payload is None and sys.stdin.isatty() else (payload or sys.stdin.buffer).read()
    if not body:
        raise click.UsageError(
            pasteable(f"expected PAYLOAD or --sample; `opos send {source} --list` lists the samples")
        )
    return body


def _require_type(source: str, declared: Source, event_type: str) -> None:
    if not event_type and (headers := format_of(source, declared).headers):
        expected = f"expected --type, since {source} names the event type in the header {headers[0]}"
        raise click.UsageError(expected)


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _lines(answer: Answer, source: str) -> list[str]:
    body = answer.body
    if answer.status == NOT_FOUND:
        return [
            f"404 The running bundle does not know {source}: it started before opos.yaml had it.",
            "Stop it with Ctrl-C in its terminal, and start it again: `opos up`",
        ]
    if not (isinstance(body, dict) and "id" in body and "status" in body):
        return [f"{answer.status} {one_line(answer.text, 200)}"]
    return [
        f"{answer.status} {body['status']}: event {body['id']}",
        f"`opos trace {str(body['id'])[:8]}` shows what followed.",
    ]
