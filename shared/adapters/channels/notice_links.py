"""The links of a notice in a message of limited length: nothing else that it says matters as much."""

import re
from typing import NamedTuple

from shared.ports import Notice
from shared.values.excerpt import Size

_SIGNED = re.compile(r"(?<=/)(?:ack|digest)/[\w.-]+$")
_BEYOND_HOST = re.compile(r"(?<=[^:/])/.*$")


class Links(NamedTuple):
    """Where the notice leads, and where it is acknowledged; empty if it has no such link."""

    link: str
    ack: str


def fitting_links(notice: Notice, room: int, size: Size) -> Links:
    """The links of *notice* that fit into *room* by *size*. The link to acknowledge comes first.

    In place of a link that is too long alone comes a short one: to the console, or to the host of a dashboard.
    """
    ack = _short(notice.ack_url, room, size)
    if ack and size(notice.link) > room - size(ack):
        return Links("", ack)
    return Links(_short(notice.link, room, size), ack)


def _short(url: str, room: int, size: Size) -> str:
    if size(url) <= room:
        return url
    console = _SIGNED.sub("", url)
    return console if size(console) <= room else _BEYOND_HOST.sub("/", url)
