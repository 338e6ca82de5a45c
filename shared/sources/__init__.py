"""The senders that opos knows, one module each. Only the modules that a configuration names are imported."""

import importlib
from typing import Any, cast

from shared.config.sources import FormatName, SchemeName, Source
from shared.sources.contract import Format, Scheme


def scheme(source: Source) -> Scheme:
    """The scheme by which *source* authenticates."""
    if source.hmac is not None:
        from shared.sources.senders import declared_hmac

        return declared_hmac.scheme(source.hmac)
    sender_scheme: Scheme = _module(source.scheme).SCHEME
    return sender_scheme


def format_of(name: str, source: Source) -> Format:
    """The format of the payloads of *source*, called *name* in opos.yaml."""
    chosen = format_name(name, source)
    if chosen == "mapped":
        from shared.sources.senders import mapped

        return mapped.format_of(source)
    sender_format: Format = _module(chosen).FORMAT
    return sender_format


def format_name(name: str, source: Source) -> FormatName:
    """The declared format; else `mapped` if there is a mapping; else that of the scheme, or the one called *name*."""
    if source.format is not None:
        return source.format
    if source.alert is not None or source.event is not None:
        return "mapped"
    for candidate in (source.scheme, name):
        if candidate in FORMATS:
            return cast("FormatName", candidate)
    return "mapped"


def _module(name: SchemeName | FormatName) -> Any:
    return importlib.import_module(f"shared.sources.senders.{name.replace('-', '_')}")


FORMATS: frozenset[str] = frozenset(FormatName.__args__) - {"mapped"}  # type: ignore[attr-defined]
