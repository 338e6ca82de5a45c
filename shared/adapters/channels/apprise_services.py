"""What the services of Apprise accept: their markup, and their limits in the unit that each counts.

Apprise knows the markup and the limits (`notify_format`, `body_maxlen`, `title_maxlen`), but counts characters. So this
counts UTF-16 units, of which no text has fewer than characters, except for the services below.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from shared.ports import Form, Markup
from shared.values.excerpt import Unit

if TYPE_CHECKING:
    from apprise.plugins import NotifyBase

_HEAD = 250
"""The title of a service without a field for it: at most so much, and at most a third, of its message."""
_IN_HTML = frozenset({"NotifyPushover", "NotifyTelegram"})
"""Services that accept Markdown too, but not all of it: Telegram's cannot nest, and Apprise makes HTML for Pushover."""
_BYTES: dict[str, tuple[int, Unit]] = {
    "NotifyNtfy": (4000, "ascii-json"),
    "NotifyDingTalk": (19985, "bytes"),
    "NotifyFCM": (1024, "bytes"),
    "NotifyFeishu": (19985, "bytes"),
    "NotifyIRC": (380, "bytes"),
    "NotifyLark": (19985, "bytes"),
    "NotifyMatrix": (20000, "bytes"),
    "NotifyThreema": (3500, "bytes"),
    "NotifyWebexTeams": (7439, "bytes"),
    "NotifyWeChat": (2048, "bytes"),
    "NotifyWeComBot": (2048, "bytes"),
}
"""The limit of services that count bytes. Sources: ntfy, `server/server.go` (8,192 bytes of JSON, for which Apprise
escapes other characters than ASCII); RFC 2812, section 2.3 (512 bytes in a line of IRC); Matrix specification, "Size
limits" (65,536 bytes in an event, which has the text twice); the documentation of DingTalk, Feishu and Lark (20 kB), of
Firebase (4,096 bytes with all its data), Threema, Webex and WeCom.
"""


class Shape(NamedTuple):
    """What a message to some services may be: the `form` of its text, with the limit of all that shares a field with
    it, and the limit of its title; 0 if the title is in the text.
    """

    form: Form
    title: int

    @property
    def head(self) -> int:
        """How much of the limit the title may take."""
        return 0 if self.title else min(_HEAD, self.form.limit // 3)


def shape(services: "Sequence[NotifyBase]") -> Shape:
    """The shape that suits all of *services*: plain text if they differ in their markup."""
    markups = {_markup(service) for service in services}
    limits = [_limit(service) for service in services]
    units = {unit for _, unit in limits}
    markup = markups.pop() if len(markups) == 1 else "plain"
    unit: Unit = "ascii-json" if len(units) > 1 else units.pop()
    if markup == "simple-html" and unit == "utf-16":
        unit = "html"
    form = Form(markup, min(limit for limit, _ in limits), unit)
    return Shape(form, min(_title_limit(service) for service in services))


def _markup(service: "NotifyBase") -> Markup:
    """The markup in which *service* shows links."""
    if type(service).__name__ in _IN_HTML and service.resolve_format("html") == "html":
        return "simple-html"
    if service.resolve_format("markdown") == "markdown":
        return "markdown"
    return "simple-html" if service.resolve_format() == "html" else "plain"


def _limit(service: "NotifyBase") -> tuple[int, Unit]:
    return _BYTES.get(type(service).__name__) or (service.body_maxlen, "utf-16")


def _title_limit(service: "NotifyBase") -> int:
    return 0 if service.overflow_amalgamate_title else int(service.title_maxlen)
