"""The operator's settings for health: thresholds, and what to check outside opos."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shared.config.types import Address
from shared.values.durations import Duration
from shared.values.section import Section

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")


def _host(value: Any) -> Any:
    if not isinstance(value, str) or not _HOST.fullmatch(value):
        raise ValueError("expected a host such as opos.example.com, or opos.example.com:8443")
    return value


Host = Annotated[str, BeforeValidator(_host)]


class Thresholds(Section):
    """The values from which a check fails. An age is the age of the oldest document."""

    event_unhandled: Duration = timedelta(minutes=3)
    page_unsent: Duration = timedelta(minutes=5)
    digest_late: Duration = timedelta(minutes=15)
    sweeper_silent: Duration = timedelta(minutes=5)
    flag_overridden: Duration = timedelta(days=1)
    deployment_unfinished: Duration = timedelta(hours=1)
    certificate_left: Duration = timedelta(days=14)
    clock_offset: Duration = timedelta(seconds=30)
    store_answer: Duration = timedelta(milliseconds=500)
    disk_free_mb: Annotated[int, Field(ge=0, strict=True)] = 200


class Health(Section):
    """`certificates` are hosts to check besides public_url; `clock` is a server with the right time; `runbooks` is the
    address under which docs/runbooks is published.
    """

    memory_threshold_mb: Annotated[int, Field(ge=1, strict=True)] = 512
    dependency_timeout: Duration = timedelta(seconds=2)
    thresholds: Thresholds = Field(default_factory=Thresholds)
    certificates: tuple[Host, ...] = ()
    clock: Address | None = None
    runbooks: Address | None = None
    status_page: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The title of the public page at /status; without a title there is no page."""
    channels: bool = True
    """Whether to check that the channels can be reached, without sending anything."""
