"""Binds the platform to the handler, nothing else."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.record_keeper.handler import handle
from shared.events import EventAccepted
from shared.runtime.entry import run_event


@functions_framework.cloud_event
def record_keeper(event: CloudEvent) -> None:
    run_event(event, {EventAccepted: handle})
