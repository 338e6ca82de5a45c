"""A digest as the HTML of a mail. Text from a sender is escaped: nothing in it runs or loads.

The styles are inline, because many mail clients drop others; the dark ones need a client that keeps `<style>`.
Source: caniemail.com on `prefers-color-scheme`, `max-width` and `style` elements.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shared.digest.content import Content
from shared.digest.renderers.phrases import LABELS, in_words
from shared.digest.renderers.text import Links
from shared.values.templates import templates
from shared.values.text import counted

_FOLDER = Path(__file__).with_name("templates")


def as_html(content: Content, links: Links, *, whole: str = "", unsubscribe: str = "") -> str:
    """*whole* is the link to the digest in the console, *unsubscribe* the link that stops its mails; both optional."""
    local = datetime.fromisoformat(content["at"]).astimezone(ZoneInfo(content["zone"]))
    return render(
        "digest.html",
        {
            "subject": content["subject"], "blocks": in_words(content), "links": links, "labels": LABELS,
            "made": f"{local:%A} {local.day} {local:%B, %H:%M}", "whole": whole, "unsubscribe": unsubscribe,
            "footer": f"{counted(content['count'], 'item')}; digest: {content['queue']}.",
        },
    )  # fmt: skip


def render(template: str, view: Mapping[str, Any]) -> str:
    return templates(_FOLDER).get_template(template).render(view)
