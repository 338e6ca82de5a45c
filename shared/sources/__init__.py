"""The senders that opos knows, one module each. Only the modules that a configuration names are imported."""

import importlib
from typing import Any

from shared.config.sources import FORMATS, FormatName, SchemeName, Source, format_name
from shared.sources.contract import Format, Scheme

__all__ = ["FORMATS", "format_name", "format_of", "scheme"]


def scheme(source: Source) -> Scheme:
    """The scheme by which *source* authenticates."""
    if source.hmac is not None:
        from shared.sources.senders import declared_hmac

        return declared_hmac.scheme(source.hmac)
    sender_scheme: Scheme = _module(source.scheme).SCHEME
    return sender_scheme


def format_of(name: str, source: Source) -> Format:
    """The format of the payloads of *source*, called *name* in opos.yaml. A mapping adds to a built-in format."""
    chosen = format_name(name, source)
    if chosen == "mapped":
        from shared.sources.senders import mapped

        return mapped.format_of(source)
    sender_format: Format = _module(chosen).FORMAT
    if source.alert is None and source.event is None:
        return sender_format
    from shared.sources.senders.overlay import overlaid

    return overlaid(sender_format, source)


def _module(name: SchemeName | FormatName) -> Any:
    return importlib.import_module(f"shared.sources.senders.{name.replace('-', '_')}")
