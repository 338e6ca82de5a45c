"""Samples: webhooks as senders post them, from the files in samples/. What each shows says that it is a sample."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import yaml

from opos.senders.mapped_sample import mapped_samples
from shared.config.sources import Source
from shared.sources import format_name
from shared.values.timestamps import iso

_PLACE = re.compile(r"\{(now|seconds|milliseconds|number|id|secret)\}")


@dataclass(frozen=True, slots=True)
class Sample:
    """`about` says what it is; `type` is the event type, for senders that put it in a header."""

    about: str
    body: Any
    """The payload, with `{now}` and other places to fill."""
    type: str = ""

    def filled(self, *, now: datetime, id: str, secret: str) -> Any:
        """The payload with the time *now* and ids of its own, so that it is neither old nor a duplicate."""
        seconds = int(now.timestamp())
        places: dict[str, str | int] = {
            "now": iso(now), "seconds": seconds, "milliseconds": seconds * 1000, "number": secrets.randbelow(10**9),
            "id": id, "secret": secret,
        }  # fmt: skip
        return _filled(self.body, places)


def samples(name: str, source: Source) -> Mapping[str, Sample]:
    """The samples for *source*, called *name* in opos.yaml, by name: those of its format, or of its own mapping."""
    chosen = format_name(name, source)
    if chosen == "mapped":
        return {sample: Sample(about, body) for sample, (about, body) in mapped_samples(source).items()}
    text = files("opos.senders").joinpath("samples", f"{chosen}.yaml").read_text(encoding="utf-8")
    return {sample: Sample(**content) for sample, content in yaml.safe_load(text).items()}


def _filled(value: Any, places: Mapping[str, str | int]) -> Any:
    match value:
        case dict():
            return {name: _filled(content, places) for name, content in value.items()}
        case list():
            return [_filled(content, places) for content in value]
        case str() if whole := _PLACE.fullmatch(value):
            return places[whole[1]]
        case str():
            return _PLACE.sub(lambda place: str(places[place[1]]), value)
    return value
