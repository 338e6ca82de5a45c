"""The targets of a deploy, and how carefully it proceeds."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from shared.config.types import Name
from shared.ports.topology import PUBLIC, PUSHED, FunctionName
from shared.values.durations import Duration, Wait
from shared.values.section import Section

TargetName = Literal["staging", "production"]
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
_MEMORY = re.compile(r"[1-9][0-9]*(Mi|Gi)")


def _matching(pattern: re.Pattern[str], expected: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"expected {expected}")
        return value

    return BeforeValidator(check)


Project = Annotated[str, _matching(_PROJECT, "a Google Cloud project ID such as my-company-prod")]
Region = Annotated[str, _matching(_REGION, "a Google Cloud region such as europe-west1")]
Memory = Annotated[str, _matching(_MEMORY, "an amount of memory such as 512Mi or 1Gi")]


class Target(Section):
    """A Google Cloud project that holds one bundle."""

    project: Project
    region: Region = "europe-west1"
    notify: str | None = None
    """The address that Google mails when an uptime check fails or the budget is spent; the default is `owner`."""
    budget: Annotated[int, Field(ge=1, strict=True)] = 10
    """The monthly cost at which Google notifies you, in the currency of the billing account."""


class Size(Section):
    """The resources that one function may use."""

    memory: Memory = "512Mi"
    concurrency: Annotated[int, Field(ge=1, le=1000, strict=True)] = 16
    min_instances: Annotated[int, Field(ge=0, le=100, strict=True)] = 0
    max_instances: Annotated[int, Field(ge=1, le=100, strict=True)] = 10


class Deploy(Section):
    """`smoke` names the source whose secret signs the synthetic event of the smoke test; its route must end on the
    console. Traffic moves in `steps` of percent, and the deploy watches each step for `bake`.
    """

    targets: Annotated[dict[TargetName, Target], Field(min_length=1)]
    smoke: Name
    steps: tuple[Annotated[int, Field(ge=1, le=100, strict=True)], ...] = (10, 50, 100)
    bake: Wait = timedelta(minutes=2)
    patience: Duration = timedelta(minutes=1)
    """How long the smoke test waits for a new revision."""
    public: tuple[FunctionName, ...] = PUBLIC
    """The functions that anyone may call; the others require a Google identity."""
    functions: dict[FunctionName, Size] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _public_as_can_be(self) -> Self:
        if not set(PUBLIC) <= set(self.public) or set(self.public) & set(PUSHED):
            raise ValueError(
                f"expected public to list {' and '.join(PUBLIC)}, whose callers have no Google identity, "
                f"and none of {', '.join(PUSHED)}"
            )
        return self

    @model_validator(mode="after")
    def _steps_rise_to_all(self) -> Self:
        if list(self.steps) != sorted(set(self.steps)) or self.steps[-1:] != (100,):
            raise ValueError("expected increasing steps that end at 100, such as [10, 50, 100]")
        return self

    def size(self, function: str) -> Size:
        return next((size for name, size in self.functions.items() if name == function), Size())
