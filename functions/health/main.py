"""Binds the platform to the handler, nothing else."""

import flask
import functions_framework

from functions.health.handler import handle
from shared.runtime.entry import run_http


@functions_framework.http
def health(request: flask.Request) -> flask.Response:
    return run_http(request, handle)


# The framework has no rule for a path with a line break.
functions_framework.errorhandler(404)(lambda _unmatched: health(flask.request))
