"""The channel for critical alerts that an answer asks for, with the secret that is its address."""

from collections.abc import Iterator
from dataclasses import dataclass

from opos.init.questions import Answers
from opos.init.receivers import NTFY, address, kind_of, new_topic, receivers
from opos.yaml_entries import quoted
from shared.values.vapid import new_private_key


@dataclass(frozen=True, slots=True)
class Asked:
    """A channel in addition to the console: its name, its entry under `channels:` and its secret.

    `value` is empty if the operator has to set the secret; `where` says how to get it, and `steps` whether there is
    something left to do at the receiver.
    """

    name: str
    entry: str
    secret: str
    value: str
    where: str
    steps: bool = True

    @property
    def line(self) -> str:
        return f"{self.name}: {self.entry}"


def channels(answers: Answers) -> Iterator[Asked]:
    kind = kind_of(answers.page)
    row = receivers()[kind]
    if row.secret:
        entered = answers.page_url or (answers.page if "://" in answers.page else "")
        value = entered or _made(kind)
        steps = kind == NTFY or not entered
        yield Asked(row.channel, row.value(quoted(answers.email)), row.secret, value, row.where, steps)


def _made(kind: str) -> str:
    """The secret of a channel of *kind* as far as opos can make it: a topic of ntfy, or the key of Web Push."""
    if kind == NTFY:
        return address(NTFY, new_topic())
    return new_private_key() if receivers()[kind].made else ""
