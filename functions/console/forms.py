"""The forms of a signed-in operator: each carries a token that no other site can know, and the version it shows.

Source: OWASP Cheat Sheet Series, "Cross-Site Request Forgery Prevention".
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from functions.console.access import Visitor, entrance, visitor
from functions.console.context import ConsoleContext
from functions.console.links import button_end
from functions.console.responses import message
from shared.context import Context
from shared.errors import Gone, NotFound
from shared.ports import Doc
from shared.values.browsers import browser_of
from shared.values.http import HttpRequest, HttpResponse

MOST_FIELDS = 200
_AGAIN = "Nothing was changed. Open the page again, and press its button."


class Form(NamedTuple):
    """The fields of a form, each the first value of its name; `lists` has all values, for check boxes.

    Nothing is cut: who stores a text refuses one that is too long. Its lines end as opos stores them, not as browsers
    send them.

    `device` is the browser that sent it, in words, and `who` the address or the session of its `operator`.
    """

    fields: Mapping[str, str]
    lists: Mapping[str, list[str]]
    device: str = ""
    operator: Visitor | None = None

    @property
    def who(self) -> str:
        return self.operator.who if self.operator else ""

    def is_of(self, doc: Doc) -> bool:
        """Whether the page of the form showed *doc* as it is now."""
        return self.fields.get("version") == doc.version


def csrf(operator: Visitor, context: Context) -> str:
    """The token of the forms of *operator*. It stays the same for a day, and serves one session."""
    return context.links.token("form", {"session": operator.session}, expires=button_end(context))


def form(act: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The answer of *act* to a form of the operator; *act* gets the form, the context and the parts of the path."""

    def answer(request: HttpRequest, context: ConsoleContext, *parts: str) -> HttpResponse:
        operator = visitor(request, context)
        if operator is None:
            return entrance(context)
        try:
            lists = fields_of(request)
        except ValueError:
            return message(400, f"A form has at most {MOST_FIELDS} fields", _AGAIN, context)
        fields = {name: values[0] for name, values in lists.items()}
        if not _is_ours(fields.get("csrf", ""), operator, context):
            return message(403, "This form is not valid any more", _AGAIN, context)
        device = browser_of(request.headers.get("user-agent", ""))
        return act(Form(fields, lists, device, operator), context, *parts)

    return answer


def fields_of(request: HttpRequest) -> dict[str, list[str]]:
    """All values of each field of a form. Raises ValueError if it has more than MOST_FIELDS.

    A browser sends each line break as two characters. Source: HTML Standard, "Constructing the entry list".
    """
    body = request.body.decode("utf-8", "replace")
    lists = parse_qs(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    return {name: [value.replace("\r\n", "\n") for value in values] for name, values in lists.items()}


def _is_ours(token: str, operator: Visitor, context: Context) -> bool:
    try:
        return bool(context.links.read("form", token, now=context.now)["session"] == operator.session)
    except (NotFound, Gone):
        return False


def changed_meanwhile(path: str, context: Context) -> HttpResponse:
    """The answer to a form that was made from an earlier version of what it changes."""
    hint = f"Nothing was changed. Open {path} to see the present version."
    return message(409, "This changed while you were reading", hint, context)
