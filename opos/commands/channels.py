"""`opos channels`."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import unquote

import click

from opos.terminal.groups import Suggesting, did_you_mean
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from shared.config.channels import ConsoleChannel
from shared.errors import DeliveryError, NotFound, OposError
from shared.ports import Channel, Notice
from shared.runtime.invocation import Invocation
from shared.values.text import one_line
from shared.values.vapid import VapidKey, new_private_key

_LIFE = timedelta(days=1)
_PREFIX = "not delivered: "
_SHORTEST = 4
"""The shortest part of an address that may be secret. Shorter ones are parts of usual words."""


class Answer(NamedTuple):
    """What a test of a channel found: `detail` is the outcome, `answer` the receiver's own words."""

    channel: str
    delivered: bool
    detail: str
    answer: str = ""

    def __str__(self) -> str:
        said = f' The receiver answered: "{self.answer}"' if self.answer else ""
        return f"{self.channel}  {'delivered' if self.delivered else 'not delivered'}  {self.detail}.{said}"


@click.group("channels", cls=Suggesting)
def command() -> None:
    """Test the channels, and make the key of Web Push."""


@command.command("test")
@click.argument("name", required=False)
@click.option("--url", help="The bundle's address; by default public_url in opos.yaml, or port 8080 on this machine.")
@with_place
@json_option
@reports_errors
def test(name: str | None, url: str | None, place: Place, *, as_json: bool) -> None:
    """Send a test notification on the channel NAME, or on each channel, and show what the receiver answers.

    Its buttons and links lead to a page that says that it was a test. A test changes nothing in the bundle.
    """
    context = place.runtime(**({"OPOS_PUBLIC_URL": url} if url else {})).context()
    answers = [answer for channel in _named(name, context.config.channels) for answer in tested(channel, context)]
    show([answer._asdict() for answer in answers], map(str, answers), as_json=as_json)
    if not all(answer.delivered for answer in answers):
        raise SystemExit(FAILED)


@command.command("key")
@json_option
@reports_errors
def key(*, as_json: bool) -> None:
    """Make a new VAPID key for a channel of Web Push, and print the line for `.env`. It is stored nowhere.

    The devices that subscribed with an earlier key have to subscribe again.
    """
    private = new_private_key()
    show({"private": private, "public": VapidKey(private).public}, f"export VAPID_KEY='{private}'", as_json=as_json)


def _named(name: str | None, channels: Iterable[str]) -> list[str]:
    known = list(channels)
    if name and name not in known:
        raise NotFound(
            f'There is no channel "{name}".{did_you_mean(name, known)}', hint=f"opos.yaml has {', '.join(known)}."
        )
    return [name] if name else known


def tested(name: str, context: Invocation) -> list[Answer]:
    """An answer for each addressee of the channel *name*, which gets a message of its own."""
    channel = context.config.channels[name]
    if isinstance(channel, ConsoleChannel):
        return [Answer(name, delivered=True, detail="no receiver: the console shows its messages")]
    try:
        address = context.secret(channel.secret)
        receivers = list(context.addressees(name).values()) or [context.channel(name)]
    except OposError as fault:
        return [Answer(name, delivered=False, detail=fault.message.removeprefix(_PREFIX))]
    names = [f"{name} (addressee {n} of {len(receivers)})" for n in range(1, len(receivers) + 1)]
    pairs = zip(names if len(receivers) > 1 else [name], receivers, strict=True)
    return [_answer_of(shown, receiver, _notice(name, context), address, context) for shown, receiver in pairs]


def _answer_of(name: str, receiver: Channel, notice: Notice, address: str, context: Invocation) -> Answer:
    try:
        receipt = receiver.send(notice, f"test-{context.new_id()}")
    except DeliveryError as fault:
        return _refused(name, fault, address)
    return Answer(name, delivered=True, detail=receipt.detail, answer=_without_secrets(receipt.answer, address))


def _refused(name: str, fault: DeliveryError, address: str) -> Answer:
    answer = _without_secrets(fault.answer, address)
    return Answer(name, delivered=False, detail=fault.message.removeprefix(_PREFIX), answer=answer)


def _notice(name: str, context: Invocation) -> Notice:
    text = f"This is a test of the channel {name}. Its buttons lead to a page that says so, and change nothing."
    ack = context.links.url("ack", {"test": name}, expires=context.now + _LIFE)
    return Notice("Test notification from opos", text, context.links.base_url, ack, "warning")


def _without_secrets(answer: str, address: str) -> str:
    """The beginning of *answer* without any part of *address*, all of which may be secret."""
    for part in sorted(set(re.split(r"[/:@?&=#,\s]+", f"{address} {unquote(address)}")), key=len, reverse=True):
        if len(part) >= _SHORTEST:
            answer = answer.replace(part, "***")
    return one_line(answer)
