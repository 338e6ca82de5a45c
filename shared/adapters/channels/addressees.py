"""The several addressees of one address: what a mail header, an Apprise secret or an Apprise URL lists.

Source: Apprise documentation, "Universal Syntax"; RFC 5322, section 3.4 (address lists).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import formataddr, getaddresses
from functools import partial
from typing import Any

Service = str | Mapping[str, Any]
"""An Apprise URL, or what Apprise has read from one."""


def mail_addresses(to: str) -> list[str]:
    """The addresses in *to*, each with its display name; none if *to* is not a list that is valid."""
    pairs = getaddresses([to])
    return [formataddr(pair) for pair in pairs] if all("@" in address for _, address in pairs) else []


def services(urls: str) -> dict[str, Service]:
    """What Apprise sends to, one by one: each URL in *urls*, or each target of a URL if it has several.

    The keys are texts that identify them, and contain secrets.
    """
    from apprise.utils.parse import parse_urls

    listed: list[str] = parse_urls(urls)  # type: ignore[no-untyped-call]
    return {key: service for url in listed for key, service in _targets(url)}


def _targets(url: str) -> Iterator[tuple[str, Service]]:
    """The targets of *url*. A service that sends to all of them in one call, as Pushover does, has one."""
    from apprise.plugins import url_to_dict
    from apprise.utils.parse import parse_emails, parse_list

    read = url_to_dict(url) or {}  # type: ignore[no-untyped-call]
    targets, several = read.get("targets") or [], _count(read)
    readings: tuple[Callable[[Any], Iterable[Any]], ...] = (
        list, partial(parse_list, sort=False), parse_emails,
    )  # fmt: skip
    for reading in readings if several > 1 else ():
        parts = [{**read, "targets": [target]} for target in reading(targets)]
        if len(parts) == several and all(_count(part) == 1 for part in parts):
            yield from ((f"{url} {part['targets'][0]}", part) for part in parts)
            return
    yield url, url


def _count(read: Mapping[str, Any]) -> int:
    """How many calls Apprise makes for a message to what it has *read* from a URL; 0 if it does not support it."""
    import apprise

    service = apprise.Apprise.instantiate(dict(read)) if read else None
    return len(service) if service else 0
