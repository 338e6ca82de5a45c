"""senders.md: the setup steps for each sender. `opos init` writes it once, and then only adds to it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from opos.senders.catalogue import is_made_by_sender, path, sender

NAME = "senders.md"
PLACEHOLDER = "https://your-host"
_HEAD = "# Set up your senders\n\n{host} The secrets are in `.env`.\n"
_NO_HOST = "Replace `your-host` with the public host of this bundle: a tunnel or a proxy with TLS before `opos up`."
_HOST = "opos is at {url}, where a tunnel or a proxy with TLS passes requests to `opos up`."
_CLOUD = " After a deploy, `gcloud run services describe webhook-intake --format='value(status.url)'` prints it."


@dataclass(frozen=True, slots=True)
class Setup:
    """What to enter at a sender. `generated` says whether opos generated the secret, else the sender does."""

    name: str
    address: str
    secret: str
    generated: bool
    where: str

    def as_json(self) -> dict[str, str]:
        made_by = "you" if self.generated else "sender"
        return {
            "name": self.name,
            "address": self.address,
            "secret": self.secret,
            "made_by": made_by,
            "where": self.where,
        }

    def section(self) -> str:
        origin = "generated for you in `.env`" if self.generated else "the sender generates it: copy it into `.env`"
        lines = [
            f"## {self.name}",
            f"- Address: `{self.address}`",
            f"- Secret: `{self.secret}`, {origin}",
            f"- Where: {self.where}",
        ]
        return "\n".join(lines) + "\n"


def setup(name: str, public_url: str) -> Setup:
    shape = sender(name)
    address = f"{public_url or PLACEHOLDER}{path(name, shape.scheme)}"
    return Setup(name, address, shape.secret, shape.made_by == "you", shape.where)


def present_setup(name: str, source: Any, public_url: str) -> Setup:
    """The setup of a source that opos.yaml has, with the *source* there."""
    known, scheme = setup(name, public_url), source["scheme"]
    address = f"{public_url}{path(name, scheme)}"
    return replace(known, address=address, secret=source["secrets"][0], generated=not is_made_by_sender(scheme))


def guide(names: Iterable[str], public_url: str, *, deployed: bool) -> str:
    """The text of a new senders.md."""
    host = _HOST.format(url=public_url) if public_url else _NO_HOST + (_CLOUD if deployed else "")
    return "\n".join([_HEAD.format(host=host), *(setup(name, public_url).section() for name in names)])


def extended(text: str, names: Iterable[str], public_url: str, former: str) -> str:
    """*text* with the *names* that it has no section for, and with *public_url* for the *former* address."""
    if public_url and public_url != former:
        pattern = rf"{re.escape(former or PLACEHOLDER)}(?=/webhooks/)"
        text = re.sub(pattern, lambda _: public_url, text)
    new = [name for name in names if not re.search(rf"^## {re.escape(name)}\s*$", text, re.MULTILINE)]
    end = "" if not text or text.endswith("\n") else "\n"
    return text + end + "".join(f"\n{setup(name, public_url).section()}" for name in new)
