"""The signals that stop a program in a terminal."""

import signal
from collections.abc import Callable

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def outlives_terminal() -> bool:
    """Whether this program was started to run on when its terminal closes, for example with nohup."""
    return signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def on_stop(stop: Callable[[], None]) -> None:
    """Calls *stop* at the first signal to stop, and ignores the next ones: a closing terminal often sends several."""

    def handle(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        stop()

    numbers = [number for number in STOPPING if number != signal.SIGHUP or not outlives_terminal()]
    for number in numbers:
        signal.signal(number, handle)
