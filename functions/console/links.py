"""Addresses of the console that carry their own right."""

from shared.alerting.matchers import equal
from shared.context import Context
from shared.security.signed_links import ACK_LIFE


def silence_path(labels: dict[str, str], context: Context) -> str:
    """The address of the form that silences all alerts with *labels*."""
    return "/silence/" + context.links.token("silence", {"matchers": equal(labels)}, expires=context.now + ACK_LIFE)


def expire_path(id: str, context: Context) -> str:
    return "/unsilence/" + context.links.token("unsilence", {"silence": id}, expires=context.now + ACK_LIFE)
