"""The shorthand of flags.yaml, and what it means as a flagd definition."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from shared.flags.definition import Definition
from shared.values.scalars import Day

WHOLE = 100_000
"""The weights of a rollout: a thousandth of a percent each."""
TIMESTAMP = {"var": "$flagd.timestamp"}
Percent = Annotated[float, Field(ge=0, le=100)]
Rule = Any


def _moment(value: Any) -> Any:
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a moment such as 2027-01-31 or 2027-01-31T08:00+01:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


Moment = Annotated[datetime, BeforeValidator(_moment), Strict(strict=False)]


class Override(BaseModel):
    """What differs in one environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    enabled: bool | None = None
    rollout: Percent | None = None


class Flag(BaseModel):
    """A flag that is on or off. `rollout` is in percent, down to a thousandth of one.

    `steps` are rollouts from a moment on; `from` and `until` are when it is on at all; without a zone a moment is in
    UTC. `requires` are flags that must be on too. `requires_auth` means off for who has not proved who they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, defer_build=True)

    enabled: bool
    rollout: Percent = 100
    steps: dict[Moment, Percent] = Field(default_factory=dict)
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None
    requires: tuple[str, ...] = Field(default=(), strict=False)
    requires_auth: bool = False
    environments: dict[str, Override] = Field(default_factory=dict)
    description: str = ""
    owner: str = ""
    expires: Annotated[Day | None, Strict(strict=False)] = None
    """The day on which it should be gone; only the weekly review speaks of it."""

    @model_validator(mode="after")
    def _one_rollout(self) -> Self:
        if self.steps and "rollout" in self.model_fields_set:
            raise ValueError("expected either rollout or steps")
        if self.from_ and self.until and self.from_ >= self.until:
            raise ValueError("expected from to lie before until")
        return self


def lowered(flag: Flag, environment: str = "") -> Definition:
    """*flag* as flagd defines flags, for one environment: variants `on` and `off`, and a rule where one is needed.

    `{"flag": name}`, the variant of another flag for the same context, is an operation of ours: flagd knows no flags
    that require others.
    """
    override = flag.environments.get(environment, Override())
    enabled = flag.enabled if override.enabled is None else override.enabled
    rule = _rule(flag, override) if enabled else "off"
    default, targeting = (rule, None) if isinstance(rule, str) else ("off", rule)
    values = {"on": True, "off": False}
    return Definition("ENABLED", values, default, targeting, _metadata(flag))


def _rule(flag: Flag, override: Override) -> Rule:
    """Each condition around what lies within: the first that does not hold is off."""
    rule = _rollout(flag.rollout if override.rollout is None else override.rollout)
    if flag.steps and override.rollout is None:
        rule = _steps(flag.steps)
    for name in reversed(flag.requires):
        rule = _if({"==": [{"flag": name}, "on"]}, rule)
    if flag.requires_auth:
        rule = _if({"!!": [{"var": "user"}]}, rule)
    if flag.until:
        rule = _if({"<": [TIMESTAMP, _seconds(flag.until)]}, rule)
    return _if({">=": [TIMESTAMP, _seconds(flag.from_)]}, rule) if flag.from_ else rule


def _rollout(percent: float) -> Rule:
    weight = round(percent / 100 * WHOLE)
    if weight in {0, WHOLE}:
        return "on" if weight else "off"
    return {"fractional": [["on", weight], ["off", WHOLE - weight]]}


def _steps(steps: dict[datetime, float]) -> Rule:
    """The last step that has begun counts; before the first it is off."""
    branches: list[Rule] = []
    for begins, percent in sorted(steps.items(), reverse=True):
        branches += [{">=": [TIMESTAMP, _seconds(begins)]}, _rollout(percent)]
    return {"if": [*branches, "off"]}


def _if(condition: Rule, rule: Rule) -> Rule:
    return "off" if rule == "off" else {"if": [condition, rule, "off"]}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _metadata(flag: Flag) -> dict[str, Any]:
    said = {"description": flag.description, "owner": flag.owner, "expires": flag.expires and flag.expires.isoformat()}
    return {name: value for name, value in said.items() if value}
