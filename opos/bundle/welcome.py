"""What `opos up` prints when it is ready: the addresses that are true."""

from collections.abc import Iterator, Mapping

from opos.bundle.addresses import LOCALHOST, is_loopback
from opos.senders.catalogue import path
from opos.terminal.next_step import program
from opos.terminal.qr_code import qr_code
from opos.terminal.width import wrapped
from shared.config.sources import Source

_ONLY_HERE = (
    "Only programs on this machine reach {url}. For other senders, make the port reachable with a tunnel or a proxy"
    " with TLS, tell opos its address, and start it again:"
)


def welcome(
    url: str, listens_at: str, sources: Mapping[str, Source], console: str | None, ports: Mapping[str, int] | None
) -> str:
    """The lines for a bundle whose public address is *url*.

    *console* is a link that signs in, None for a log, which must not contain it. *ports* are those of the functions, if
    each has its own process.
    """
    ends = "Ctrl-C stops it and deletes the data in the emulators." if ports else "Ctrl-C stops it."
    at = f"{url}, and listens on {listens_at}" if url != listens_at else url
    return "\n".join(
        [f"opos is up: {at}", *_webhooks(url, sources), *_functions(ports or {}), *_pages(url, console), ends]
    )


def _webhooks(url: str, sources: Mapping[str, Source]) -> Iterator[str]:
    width = max(map(len, sources), default=0)
    for number, (name, source) in enumerate(sources.items()):
        yield f"{'' if number else 'webhooks':<8} {name:<{width}}  {url}{path(name, source.scheme)}"
    if is_loopback(url):
        yield from wrapped(_ONLY_HERE.format(url=url), indent=9)
        yield f"           {program()} init --public-url https://..."


def _functions(ports: Mapping[str, int]) -> Iterator[str]:
    if ports:
        yield "Each function runs in its own process. Unlike on Google Cloud, pushes are not authenticated here:"
    yield from (f"  {name:<16} http://{LOCALHOST}:{port}" for name, port in ports.items())


def _pages(url: str, console: str | None) -> Iterator[str]:
    yield f"flags    {url}/flags"
    yield f"health   {url}/health"
    if console is None:
        yield "console  run `opos console` for a link"
        return
    yield f"console  {console}"
    yield "         works once, within ten minutes; `opos console` prints another"
    if not is_loopback(url):
        yield qr_code(console) or "         (for a QR code for your phone, enlarge the window, then `opos console`)"
