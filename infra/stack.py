"""The whole stack, in the order of its dependencies."""

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from infra.accounts import make_accounts
from infra.apis import enter, make_agents
from infra.budget import make_budget
from infra.build_trigger import is_approved, make_triggers
from infra.cloud_run import make_services
from infra.iam_bindings import Made, grant
from infra.iam_policy import rights
from infra.images import make_repository
from infra.log_metrics import count_lines
from infra.messaging import make_topics, subscribe
from infra.monitoring import make_channel, watch
from infra.schedule import make_tick
from infra.secret_manager import make_secrets
from infra.store import make_store
from infra.target import Cloud, choose
from opos.cloud.declared import PUSHER, TICKS


def declare() -> None:
    """Declares all resources of the target that has the name of the stack. Raises pulumi.RunError."""
    cloud = enter(choose(pulumi.get_stack()))
    make_store(cloud)
    make_repository(cloud)
    made = _make(cloud)
    make_tick(made.topics[TICKS], cloud)
    repository = pulumi.Config("opos").get("repository")
    make_triggers(repository, made.accounts, cloud)
    approving = bool(repository) and is_approved(cloud.chosen.name)
    for right in rights(cloud.chosen.config, cloud.chosen.deploy, approving=approving):
        grant(right, cloud, made)
    _watch(made.services["health"], cloud)
    _export(made.services, made.accounts)


def _make(cloud: Cloud) -> Made:
    accounts, topics = make_accounts(cloud), make_topics(cloud)
    services = make_services(accounts, cloud)
    return Made(
        accounts=accounts,
        agents=make_agents(cloud),
        topics=topics,
        subscriptions=subscribe(topics, services, accounts[PUSHER], cloud),
        secrets=make_secrets(cloud),
        services=services,
    )


def _watch(health: gcp.cloudrunv2.Service, cloud: Cloud) -> None:
    channel = make_channel(cloud)
    watch(health, channel, cloud)
    count_lines(cloud)
    make_budget(channel, cloud)


def _export(services: Mapping[str, gcp.cloudrunv2.Service], accounts: Mapping[str, gcp.serviceaccount.Account]) -> None:
    pulumi.export("urls", {function: service.uri for function, service in services.items()})
    pulumi.export("accounts", {name: account.email for name, account in accounts.items()})
