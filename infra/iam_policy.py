"""The permissions that infra/ grants, as data derived from the declarations. `iam_bindings` grants them."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from opos.cloud.declared import (
    ACT_AS_ROLE,
    APPROVE_ROLE,
    BUILDER,
    BUILDER_ROLES,
    CALLERS,
    DEPLOYER,
    DEPLOYER_ROLES,
    IMPERSONATE_ROLE,
    INVOKE_ROLE,
    MINT_ROLE,
    PUBLISH_ROLE,
    PUBLISHES,
    PUSHER,
    SECRET_ROLE,
    STORE_ROLE,
    SUBSCRIBE_ROLE,
    TESTER,
    TESTER_ROLES,
    TICKS,
    secrets,
)  # fmt: skip
from shared.config.deploy import Deploy
from shared.config.model import Config
from shared.events import DeadLetter
from shared.ports.topology import FUNCTIONS, SUBSCRIPTIONS, called_by

Kind = Literal["project", "topic", "subscription", "secret", "service", "account"]
AGENTS = ("pubsub", "cloudscheduler", "monitoring")
"""The APIs that act under an identity of their own, called a service agent, and need permissions in the project."""
PROJECT = ""
ANYONE = "allUsers"


class Right(NamedTuple):
    """A permission: a role on a resource. `who` is an account of ours, an agent, or a member as IAM writes it."""

    who: str
    role: str
    kind: Kind
    on: str


def rights(config: Config, deploy: Deploy, *, approving: bool) -> tuple[Right, ...]:
    """All permissions. `approving`: builds wait until an operator approves them."""
    granted = [*_functions(config), *_calls(), *_deployer(config, deploy), *_agents(), *_public(deploy)]
    granted += [right for who in _operators(config) for right in _operator(who, approving=approving)]
    granted += [Right(BUILDER, role, "project", PROJECT) for role in BUILDER_ROLES]
    granted += [Right(TESTER, role, "project", PROJECT) for role in TESTER_ROLES]
    return tuple(dict.fromkeys(granted))


def _functions(config: Config) -> Iterator[Right]:
    reads: Mapping[str, tuple[str, ...]] = secrets(config)
    for function in FUNCTIONS:
        yield Right(function, STORE_ROLE, "project", PROJECT)
        yield from (Right(function, PUBLISH_ROLE, "topic", topic) for topic in PUBLISHES.get(function, ()))
        yield from (Right(function, SECRET_ROLE, "secret", secret) for secret in reads[function])


def _calls() -> Iterator[Right]:
    for function, callers in CALLERS.items():
        yield from (Right(caller, INVOKE_ROLE, "service", function) for caller in callers)


def _deployer(config: Config, deploy: Deploy) -> Iterator[Right]:
    yield from (Right(DEPLOYER, role, "project", PROJECT) for role in DEPLOYER_ROLES)
    yield from (Right(DEPLOYER, ACT_AS_ROLE, "account", name) for name in (*FUNCTIONS, BUILDER))
    yield from (Right(DEPLOYER, IMPERSONATE_ROLE, "account", name) for name in (PUSHER, DEPLOYER))
    smoke = config.sources[deploy.smoke].secrets
    yield from (Right(DEPLOYER, SECRET_ROLE, "secret", secret) for secret in smoke)


def _operators(config: Config) -> tuple[str, ...]:
    return tuple(f"user:{address}" for address in (config.owner, *config.operators))


def _operator(who: str, *, approving: bool) -> Iterator[Right]:
    yield from (Right(who, INVOKE_ROLE, "service", function) for function in called_by("operators"))
    yield from (Right(who, IMPERSONATE_ROLE, "account", name) for name in (PUSHER, DEPLOYER))
    if approving:
        yield Right(who, APPROVE_ROLE, "project", PROJECT)


def _public(deploy: Deploy) -> Iterator[Right]:
    yield from (Right(ANYONE, INVOKE_ROLE, "service", function) for function in deploy.public)


def _agents() -> Iterator[Right]:
    yield Right("pubsub", MINT_ROLE, "account", PUSHER)
    yield Right("pubsub", PUBLISH_ROLE, "topic", DeadLetter.topic)
    for subscription in SUBSCRIPTIONS:
        if subscription.dead_letters:
            yield Right("pubsub", SUBSCRIBE_ROLE, "subscription", subscription.name)
    yield Right("cloudscheduler", PUBLISH_ROLE, "topic", TICKS)
    yield from (Right("monitoring", INVOKE_ROLE, "service", function) for function in called_by("monitoring"))
