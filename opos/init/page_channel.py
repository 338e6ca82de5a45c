"""The channel for critical alerts that an answer asks for, with the secret that is its address."""

from collections.abc import Iterator
from dataclasses import dataclass

from opos.init.questions import Answers
from opos.init.receivers import generated, kind_of, receivers
from opos.yaml_entries import quoted


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
        steps = bool(row.generated) or not entered
        value = entered or generated(kind)
        yield Asked(row.channel, row.value(quoted(answers.email)), row.secret, value, row.where, steps)
