"""A service account for each function, and for the pushes, the deploys and the builds."""

from collections.abc import Mapping

import pulumi_gcp as gcp

from infra.target import Cloud
from opos.cloud.declared import BUILDER, DEPLOYER, PUSHER, TESTER, account_id
from shared.ports.topology import FUNCTIONS

PURPOSES: Mapping[str, str] = {
    **{function: f"Runs the function {function}." for function in FUNCTIONS},
    PUSHER: "Pub/Sub calls the functions with tokens of this account.",
    DEPLOYER: "Deploys revisions, moves the traffic and runs smoke tests.",
    BUILDER: "Builds the image.",
    TESTER: "Runs the tests, and may only write logs.",
}


def make_accounts(cloud: Cloud) -> Mapping[str, gcp.serviceaccount.Account]:
    return {
        name: gcp.serviceaccount.Account(
            name,
            project=cloud.project,
            account_id=account_id(name),
            display_name=account_id(name),
            description=purpose,
            opts=cloud.needing("iam"),
        )
        for name, purpose in PURPOSES.items()
    }
