"""The revisions of a deployment: the settings that each function runs with."""

from collections.abc import Iterable, Mapping

from opos.cloud import declared
from opos.cloud.cloud_run import Revision
from opos.deploy.target import Ground
from shared.deployments import Deployment
from shared.security.callers import ACCOUNTS, AUDIENCE, CHECKED, CONSOLE_AUDIENCE, OPERATORS

WORKSPACE = "/workspace"
"""The folder in which the buildpack puts the source."""


def revisions(deployment: Deployment, console: str, ground: Ground) -> dict[str, Revision]:
    """By function. *console* is the address of the console, to which the links in messages lead."""
    secrets = declared.secrets(ground.config)
    environment = _environment(console, ground)
    return {
        function: _revision(function, deployment, {**environment, **_own(function, ground)}, secrets[function], ground)
        for function in deployment.after
    }


def names(functions: Iterable[str], number: int, release: str) -> dict[str, str]:
    """The name of each function's revision: the same when a later call continues this deployment."""
    return {function: f"{declared.service(function)}-d{number}-{release[:7]}" for function in functions}


def _revision(
    function: str, deployment: Deployment, environment: Mapping[str, str], secrets: tuple[str, ...], ground: Ground
) -> Revision:
    size = ground.deploy.size(function)
    labels = {"opos-deployment": str(deployment.number), "commit": deployment.commit or "none"}
    return Revision(
        function=function, name=deployment.after[function], image=deployment.image,
        account=declared.account(function, ground.target.project), audience=declared.audience(function),
        environment=environment, secrets=secrets, labels=labels, memory=size.memory, concurrency=size.concurrency,
        min_instances=size.min_instances, max_instances=size.max_instances,
    )  # fmt: skip


def _environment(console: str, ground: Ground) -> dict[str, str]:
    project = ground.target.project
    return {
        "GOOGLE_CLOUD_PROJECT": project, "OPOS_STORE": "firestore", "OPOS_BUS": "pubsub",
        "OPOS_ENVIRONMENT": ground.name, "OPOS_PUBLIC_URL": ground.config.public_url or console,
        ACCOUNTS: declared.account(declared.PUSHER, project), AUDIENCE: declared.PUSHER,
        CONSOLE_AUDIENCE: declared.audience("console"),
        OPERATORS: declared.account(declared.DEPLOYER, project),
        "PYTHONPATH": WORKSPACE,
    }  # fmt: skip


def _own(function: str, ground: Ground) -> dict[str, str]:
    """Which of the image's functions a service runs, and whether Cloud Run authenticates its callers."""
    checked = {} if function in ground.deploy.public else {CHECKED: "cloud-run"}
    return {"FUNCTION_TARGET": function, "FUNCTION_SOURCE": f"functions/{function}/main.py", **checked}
