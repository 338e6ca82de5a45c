"""Grants permissions as IAM members: each grants a role on a resource to a member, and leaves other grants alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.iam_policy import Right
from infra.target import Cloud


@dataclass(frozen=True, slots=True)
class Made:
    """The members and the resources of permissions, each under the name that its declaration uses."""

    accounts: Mapping[str, gcp.serviceaccount.Account]
    agents: Mapping[str, gcp.projects.ServiceIdentity]
    topics: Mapping[str, gcp.pubsub.Topic]
    subscriptions: Mapping[str, gcp.pubsub.Subscription]
    secrets: Mapping[str, gcp.secretmanager.Secret]
    services: Mapping[str, gcp.cloudrunv2.Service]

    def member(self, who: str) -> pulumi.Input[str]:
        if who in self.accounts:
            return self.accounts[who].member
        return self.agents[who].member if who in self.agents else who


def grant(right: Right, cloud: Cloud, made: Made) -> pulumi.Resource:
    role, project, member = right.role, cloud.project, made.member(right.who)
    name = "/".join(filter(None, (right.who, role.removeprefix("roles/"), right.kind, right.on)))
    opts = cloud.needing("iam")
    match right.kind:
        case "project":
            return gcp.projects.IAMMember(name, project=project, role=role, member=member, opts=opts)
        case "topic":
            topic = made.topics[right.on].name
            return gcp.pubsub.TopicIAMMember(name, project=project, topic=topic, role=role, member=member, opts=opts)
        case "subscription":
            subscription = made.subscriptions[right.on].name
            return gcp.pubsub.SubscriptionIAMMember(
                name, project=project, subscription=subscription, role=role, member=member, opts=opts
            )
        case "secret":
            secret = made.secrets[right.on].secret_id
            return gcp.secretmanager.SecretIamMember(
                name, project=project, secret_id=secret, role=role, member=member, opts=opts
            )
        case "service":
            service = made.services[right.on].name
            return gcp.cloudrunv2.ServiceIamMember(
                name, project=project, location=cloud.region, name=service, role=role, member=member, opts=opts
            )
        case "account":
            account = made.accounts[right.on].name
            return gcp.serviceaccount.IAMMember(name, service_account_id=account, role=role, member=member, opts=opts)
