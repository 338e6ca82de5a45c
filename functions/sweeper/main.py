"""Binds the platform to the handler, nothing else."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.sweeper.dead_letters import record_dead_letter
from functions.sweeper.handler import sweep
from shared.events import DeadLetter, Tick
from shared.runtime.entry import run_event


@functions_framework.cloud_event
def sweeper(event: CloudEvent) -> None:
    run_event(event, {Tick: sweep, DeadLetter: record_dead_letter})
