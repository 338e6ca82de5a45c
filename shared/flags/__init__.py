"""Feature flags: read once, compiled once, then evaluated without interpretation. Pure."""

from shared.flags.evaluate import Evaluation, FlagNotFound, FlagSet, TargetingKeyMissing
from shared.flags.load import load_flags, parse_flags

__all__ = ["Evaluation", "FlagNotFound", "FlagSet", "TargetingKeyMissing", "load_flags", "parse_flags"]
