"""Binds the platform to the handler, nothing else."""

import flask
import functions_framework

from functions.webhook_intake.handler import handle
from functions.webhook_intake.rejections import note_rejection
from shared.runtime.entry import run_http


@functions_framework.http
def webhook_intake(request: flask.Request) -> flask.Response:
    return run_http(request, handle, note_rejection)


# The framework has no rule for a path with a line break.
functions_framework.errorhandler(404)(lambda _unmatched: webhook_intake(flask.request))
