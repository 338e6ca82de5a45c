"""Which flags have one value for everyone, so that the code could hold that value instead."""

from datetime import UTC, datetime

from shared.flags.checked_definition import CheckedDefinition
from shared.flags.shorthand import Flag

ALWAYS = datetime.min.replace(tzinfo=UTC)
Settled = tuple[str, datetime]
"""The variant that everyone gets, and since when, as far as the flag itself says."""


def settled(flag: Flag | CheckedDefinition, now: datetime) -> Settled | None:
    """None while the value depends on the caller, or will change later. Ignores what differs by environment."""
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
    percent = flag.steps[max(flag.steps)] if flag.steps else flag.rollout
    return ("on" if percent else "off", max(moments, default=ALWAYS)) if percent in {0, 100} else None
