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


def format_name(name: str, source: Source) -> FormatName:
    """The declared format, else that of the scheme, else the one called *name*, else `mapped`.

    A payload of Standard Webhooks has nothing but a type in common with others, so a mapping reads it alone.
    """
    chosen = next(
        (known for known in (source.format, source.scheme, name) if known in FORMATS or known == "mapped"), ""
    )
    is_mapped = source.type is not None or source.alert is not None or source.event is not None
    if chosen == "standard-webhooks" and is_mapped:
        return "mapped"
    return cast("FormatName", chosen or "mapped")


def _module(name: SchemeName | FormatName) -> Any:
    return importlib.import_module(f"shared.sources.senders.{name.replace('-', '_')}")


FORMATS: frozenset[str] = frozenset(FormatName.__args__) - {"mapped"}  # type: ignore[attr-defined]
