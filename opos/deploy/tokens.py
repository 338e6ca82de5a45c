"""Tokens that authenticate the caller of a function that is not public."""

from opos.cloud import declared
from opos.deploy.target import Ground


def identity_token(account: str, audience: str, ground: Ground) -> str:
    """An identity token of the service account called *account*. Raises CloudError."""
    email = declared.account(account, ground.target.project)
    return ground.gcloud.text(
        "auth", "print-identity-token", "--include-email", f"--audiences={audience}",
        f"--impersonate-service-account={email}",
    ).strip()  # fmt: skip
