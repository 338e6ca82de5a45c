"""The second form of a message: plainer and shorter, for a receiver that rejects the first one permanently.

Both forms are one attempt under one key. After a crash between them, the next attempt begins with the first form again.
"""

from shared.errors import DeliveryError
from shared.ports import Channel, Notice, Receipt
from shared.telemetry.logger import log as _log
from shared.values.links import web_link
from shared.values.text import headline, one_line

_TITLE = 100


def send_or_shorten(channel: Channel, notice: Notice, key: str) -> Receipt:
    """The receipt for *notice*, or for its short form if the receiver rejects what it says. Raises DeliveryError."""
    try:
        return channel.send(notice, key)
    except DeliveryError as refusal:
        if not (refusal.permanent and refusal.reason == "rejected"):
            raise
        _log.warning("message_shortened", reason=refusal.reason, detail=refusal.detail)
        return _shortened(channel, notice, key, refusal)


def _shortened(channel: Channel, notice: Notice, key: str, refusal: DeliveryError) -> Receipt:
    """The receipt for the short form. If that is rejected too, the error is *refusal*, about the whole message."""
    try:
        receipt = channel.send(short_notice(notice, refusal), key)
    except DeliveryError as fault:
        raise refusal if fault.permanent else fault from None
    return receipt._replace(detail=f"{receipt.detail}; only its title and links: {refusal.detail}")


def short_notice(notice: Notice, refusal: DeliveryError) -> Notice:
    """The title and the links of *notice*, and why there is no more."""
    text = f"The receiver rejected the whole message ({refusal.detail}). Follow the link."
    ack = web_link(notice.ack_url)
    link = "" if ack else web_link(notice.link)
    title = one_line(headline(notice.title), _TITLE)
    return Notice(title, text, link, ack, notice.severity, resolves=notice.resolves, group=notice.group)
