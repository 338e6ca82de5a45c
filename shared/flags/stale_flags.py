"""Flags that have become the same for everybody: what they switch could be written into the code instead."""

from datetime import UTC, datetime

from shared.flags.definition import Definition
from shared.flags.plain import Plain
from shared.flags.shorthand import Flag

ALWAYS = datetime.min.replace(tzinfo=UTC)
Settled = tuple[str, datetime]
"""The variant that everybody gets, and from when on the flag itself says so."""


def settled(flag: Flag | Definition | Plain, now: datetime) -> Settled | None:
    """None while who asks, or the time to come, makes a difference. An environment's own say is not looked at."""
    if not isinstance(flag, Flag):
        constant = not flag.targeting and flag.default_variant and len(flag.variants) > 1
        return (str(flag.default_variant), ALWAYS) if constant else None
    if not flag.enabled:
        return "off", ALWAYS
    if flag.until:
        return ("off", flag.until) if flag.until <= now else None
    moments = [*flag.steps, *([flag.from_] if flag.from_ else [])]
    if flag.requires or flag.requires_auth or any(moment > now for moment in moments):
        return None
    share = flag.steps[max(flag.steps)] if flag.steps else flag.rollout
    return ("on" if share else "off", max(moments, default=ALWAYS)) if share in {0, 100} else None
