"""The channel without settings: one line on the terminal. The console page shows the same from the store."""

import sys
from dataclasses import dataclass
from typing import ClassVar

from shared.adapters.channels.built_message import built
from shared.ports import Clock, Form, Notice, Receipt
from shared.telemetry.setup import is_readable
from shared.values.text import readable

_LOUD = {"critical": "PAGE", "warning": "WARN", "info": "DIGEST"}


@dataclass(frozen=True)
class ConsoleLine:
    clock: Clock
    form: ClassVar[Form] = Form()

    def send(self, notice: Notice, key: str) -> Receipt:
        text = built(_line, notice)
        if not is_readable():  # else the log shows the delivery, with its title, on the same terminal
            sys.stdout.write(f"{text} [{key}]\n")
            sys.stdout.flush()
        return Receipt("shown on the console", self.clock.now())

    def reach(self) -> bool:
        """False: there is no receiver outside this process."""
        return False


def _line(notice: Notice) -> str:
    return f"{'OK' if notice.resolves else _LOUD[notice.severity]} {readable(notice.title)}"
