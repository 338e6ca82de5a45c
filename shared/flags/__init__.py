"""Feature flags, each compiled into a function the first time that it is evaluated. Pure.

Nothing here loads pydantic, so that the flag evaluator starts fast: the models that check a flags.yaml are in
`shared.flags.file`, `shorthand` and `checked_definition`.
"""

from shared.flags.definition import Definition
from shared.flags.evaluation import ABSENT, Evaluation, FlagBroken, FlagNotFound
from shared.flags.flagset import FlagSet

__all__ = ["ABSENT", "Definition", "Evaluation", "FlagBroken", "FlagNotFound", "FlagSet"]
