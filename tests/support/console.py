"""The operator's browser: a session of the console, as its cookie."""

from functions.console.handler import handle
from shared.services.console.sessions import new_link
from shared.values.http import HttpRequest

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def link_path(context: object) -> str:
    """The path of a new link that signs in."""
    return "/console/" + new_link(context).rpartition("/")[2]  # type: ignore[arg-type]


def signed_in(context: object) -> str:
    """The cookie of a new session, as a browser sends it."""
    request = HttpRequest("POST", link_path(context), {"user-agent": FIREFOX})
    answer = handle(request, context)  # type: ignore[arg-type]
    assert answer.status == 303, answer.body
    return answer.headers["set-cookie"].partition(";")[0]
