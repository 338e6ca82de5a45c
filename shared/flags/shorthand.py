"""The shorthand of flags.yaml, and the definition that it stands for."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from shared.flags.definition import Definition
from shared.values.dates import Day

WHOLE = 100_000
"""The sum of the weights of a rollout: each is a thousandth of a percent."""
TIMESTAMP = {"var": "$flagd.timestamp"}
Percent = Annotated[float, Field(ge=0, le=100)]
Rule = Any


def _moment(value: Any) -> Any:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a time such as 2027-01-31 or 2027-01-31T08:00+01:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, BeforeValidator(_moment), Strict(strict=False)]


ROLLOUT = ("rollout", "rolloutPercentage")
"""The names of the field, in flags.yaml and in the first version of its format."""
_ROLLOUT = AliasChoices(*ROLLOUT)


class Override(BaseModel):
    """The fields that differ in one environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    enabled: bool | None = None
    rollout: Annotated[Percent | None, Field(validation_alias=_ROLLOUT)] = None


class Flag(BaseModel):
    """A flag that is on or off. `rollout` is in percent, with up to three decimal places.

    `steps` are rollouts that begin at a time. The flag is off before `from`, and from `until` on. A time without a zone
    is in UTC. `requires` are other flags that must be on for the same caller. With `requires_auth` the flag is off
    unless the caller presents a valid token from a configured issuer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, defer_build=True)

    enabled: bool
    rollout: Annotated[Percent, Field(validation_alias=_ROLLOUT)] = 100
    steps: dict[Moment, Percent] = Field(default_factory=dict)
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None
    requires: tuple[str, ...] = Field(default=(), strict=False)
    requires_auth: Annotated[bool, Field(validation_alias=AliasChoices("requires_auth", "requiresAuth"))] = False
    environments: dict[str, Override] = Field(default_factory=dict)
    description: str = ""
    owner: str = ""
    expires: Annotated[Day | None, Strict(strict=False)] = None
    """The day on which the flag should be removed: the weekly review and `opos flags stale` list it."""

    @model_validator(mode="after")
    def _one_rollout(self) -> Self:
        if self.steps and "rollout" in self.model_fields_set:
            raise ValueError("expected either rollout or steps")
        if self.from_ and self.until and self.from_ >= self.until:
            raise ValueError("expected from to be before until")
        return self


def lowered(flag: Flag, environment: str = "") -> Definition:
    """The definition of *flag* in *environment*, with the variants `on` and `off`, and with a rule if it needs one.

    The operation `{"flag": name}` returns the variant of another flag for the same context. It is our own: in flagd a
    flag cannot require another.
    """
    override = flag.environments.get(environment, Override())
    enabled = flag.enabled if override.enabled is None else override.enabled
    rule = _rule(flag, override) if enabled else "off"
    default, targeting = (rule, None) if isinstance(rule, str) else ("off", rule)
    values = {"on": True, "off": False}
    return Definition("ENABLED", values, default, targeting, _metadata(flag))


def _rule(flag: Flag, override: Override) -> Rule:
    """One condition inside another: the flag is off as soon as one is false."""
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
    """The latest step that has begun applies; before the first step the flag is off."""
    branches: list[Rule] = []
    for begins, percent in sorted(steps.items(), reverse=True):
        branches += [{">=": [TIMESTAMP, _seconds(begins)]}, _rollout(percent)]
    return {"if": [*branches, "off"]}


def _if(condition: Rule, rule: Rule) -> Rule:
    return "off" if rule == "off" else {"if": [condition, rule, "off"]}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _metadata(flag: Flag) -> dict[str, Any]:
    expires = flag.expires.isoformat() if flag.expires else ""
    metadata = {"description": flag.description, "owner": flag.owner, "expires": expires}
    return {name: value for name, value in metadata.items() if value}
