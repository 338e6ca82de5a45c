"""The checks of the feature flags: their file is valid, and no override is forgotten."""

from shared.context import Context
from shared.health.report import Result, compare
from shared.services.flags.overrides import in_force
from shared.services.health.checks.pipeline import oldest
from shared.services.health.context import HealthContext


def flags_unreadable(context: HealthContext) -> list[Result]:
    """Whether the flags file is invalid or missing: this process reads the same file as the evaluator."""
    count = int(context.flags_fault() is not None)
    return [compare("flags:unreadable", count, "files", threshold=1, failure="flags-unreadable")]


def flags_overridden(context: Context) -> list[Result]:
    """How many flags are overridden. Overrides are deliberate, so only one that lasts too long is a warning."""
    docs = in_force(context.store, context.now)
    threshold = context.config.health.thresholds.flag_overridden.total_seconds()
    age = oldest(docs, "at", context.now)
    return [
        Result("flags:overridden", "component", "pass", len(docs), "flags"),
        compare("flags:oldestOverride", age, "s", threshold=threshold, failure="flag-overridden"),
    ]
