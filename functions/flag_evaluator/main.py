"""Binds the platform to the handler, nothing else."""

import flask
import functions_framework

from functions.flag_evaluator.handler import handle
from shared.runtime.entry import run_http


@functions_framework.http
def flag_evaluator(request: flask.Request) -> flask.Response:
    return run_http(request, handle)
