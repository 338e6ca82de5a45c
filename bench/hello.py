"""The bare function that ours are measured beside."""

import functions_framework


@functions_framework.http
def hello(_request: object) -> str:
    return "OK"
