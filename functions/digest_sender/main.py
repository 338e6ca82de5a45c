"""Binds the platform to the handler, nothing else."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.digest_sender.handler import handle
from functions.digest_sender.review import send_review
from shared.events import DigestDue, ReviewDue
from shared.runtime.entry import run_event


@functions_framework.cloud_event
def digest_sender(event: CloudEvent) -> None:
    run_event(event, {DigestDue: handle, ReviewDue: send_review})
