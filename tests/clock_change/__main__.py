"""Plays the whole week in every place: `python -m tests.clock_change [SEED]`. It takes a few minutes for each."""

import logging
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import click

from shared.telemetry import setup as telemetry
from tests.clock_change.oracle import differences, expected
from tests.clock_change.play import Player
from tests.clock_change.script import PLACES, Place, draw

HALF_A_WEEK, EVERY = timedelta(days=3.5), timedelta(hours=2)


def play_week(place: Place, seed: int) -> bool:
    """Whether the messages of the week are those that the oracle expects."""
    script, began = draw(place, HALF_A_WEEK, seed, every=EVERY), perf_counter()
    wanted = expected(script)
    with TemporaryDirectory() as folder:
        faults = differences(Player(script, Path(folder)).play(), wanted)
    seconds = perf_counter() - began
    click.echo(f"{place.zone}, seed {seed}: {len(wanted)} messages in {seconds:.0f} s, {len(faults)} differences")
    click.echo("".join(f"{fault}\n" for fault in faults), nl=False)
    return not faults


if __name__ == "__main__":
    logging.disable()
    telemetry.configure(level="critical")
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    outcomes = [play_week(place, number) for place in PLACES]
    sys.exit(not all(outcomes))
