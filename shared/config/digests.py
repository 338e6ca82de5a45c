"""The digests: when and where each is sent. A route names the digest of its alerts."""

from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator

from shared.config.types import Cron, Name
from shared.values.dates import Zone
from shared.values.durations import Duration
from shared.values.section import Section

ONLY = "digest"
"""The name of the digest if there is only one."""
WEEKLY = "0 8 * * mon"


class Digest(Section):
    """A digest closes when it holds `size` items, `window` after its first item, or at the next time of `cron`.

    Without any of these, it closes with the fifth item or after five minutes. If more digests are due than its channel
    may get in a minute, one summary has all items that wait.
    """

    channel: str
    window: Duration | None = None
    cron: Cron | None = None
    timezone: Zone | None = None
    size: Annotated[int, Field(ge=1, le=100, strict=True)] | None = None
    messages_per_minute: Annotated[int, Field(ge=1, strict=True)] = 5
    """How many digests the channel gets within any minute, those of other queues included."""

    @model_validator(mode="before")
    @classmethod
    def _by_default(cls, data: Any) -> Any:
        if isinstance(data, dict) and not {"window", "cron", "size"} & data.keys():
            return {**data, "window": timedelta(minutes=5), "size": 5}
        return data

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.window and self.cron:
            raise ValueError("expected either window or cron")
        if not self.window and not self.cron:
            raise ValueError("expected window or cron in addition to size, so that the last items do not wait forever")
        return self


class WeeklyReview(Section):
    """The review of the last seven days, sent at the times of `cron`."""

    channel: str
    cron: Cron = WEEKLY
    timezone: Zone | None = None


def is_only(section: Any) -> bool:
    """Whether *section* of the file is a single digest rather than several named ones."""
    return not isinstance(section, dict) or not any(isinstance(value, dict) for value in section.values())


Digests = Annotated[
    Annotated[Digest, Tag("one digest")] | Annotated[dict[Name, Digest], Field(min_length=1), Tag("several digests")],
    Discriminator(
        lambda section: "one digest" if isinstance(section, Digest) or is_only(section) else "several digests"
    ),
]
