"""A digest as HTML: what a sender wrote is escaped, and nothing in it runs, loads or escapes its line.

Inline styles, since many mail clients drop others; dark where the client says that it is dark.
Source: caniemail.com on `prefers-color-scheme`, `max-width` and `style` elements.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.digest.content import Content
from shared.digest.renderers.phrases import LABELS, facts, heading, rest
from shared.digest.renderers.text import Links
from shared.digest.renderers.times import headed
from shared.values.templates import templates
from shared.values.text import counted

_FOLDER = Path(__file__).with_name("templates")


def as_html(content: Content, links: Links, *, whole: str = "", unsubscribe: str = "") -> str:
    """*whole* is where it is to be read, *unsubscribe* where it is stopped; without them it does not say so."""
    return render(
        "digest.html",
        {
            **content, "headed": headed(content["at"], zone=content["zone"]), "labels": LABELS, "heading": heading,
            "facts": lambda line: facts(line, content), "links": lambda line: links.get(line["id"], {}),
            "rest": lambda block: rest(block["rest"], block), "whole": whole, "unsubscribe": unsubscribe,
            "footer": f"{counted(content['count'], 'item')}; digest: {content['queue']}.",
        },
    )  # fmt: skip


def render(template: str, view: Mapping[str, Any]) -> str:
    return templates(_FOLDER).get_template(template).render(view)
