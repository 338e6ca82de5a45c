"""What the bundle needs on Google Cloud, as data: `infra/` creates it, and `opos deploy` compares.

Sources: Google Cloud's lists of IAM roles, and its documentation of Cloud Run, Pub/Sub push and Cloud Scheduler.
"""

from collections.abc import Mapping, Sequence

from shared.config.channels import SecretChannel, WebPushChannel
from shared.config.model import Config
from shared.events import Tick
from shared.ports.topology import FUNCTIONS, PUSHED, ROWS, Caller, FunctionName
from shared.runtime.settings import SIGNING_KEY

APIS = (
    "artifactregistry.googleapis.com", "billingbudgets.googleapis.com", "cloudbuild.googleapis.com",
    "cloudquotas.googleapis.com", "cloudresourcemanager.googleapis.com", "cloudscheduler.googleapis.com",
    "firestore.googleapis.com", "iam.googleapis.com", "iamcredentials.googleapis.com", "logging.googleapis.com",
    "monitoring.googleapis.com", "pubsub.googleapis.com", "run.googleapis.com", "secretmanager.googleapis.com",
)  # fmt: skip
REPOSITORY = "opos"
"""The repository of Artifact Registry. It holds one image, which all functions run."""
STORE_ROLE = "roles/datastore.user"
"""Each function has it on the project: Firestore offers no narrower role."""
SECRET_ROLE = "roles/secretmanager.secretAccessor"  # noqa: S105
PUBLISH_ROLE = "roles/pubsub.publisher"
SUBSCRIBE_ROLE = "roles/pubsub.subscriber"
INVOKE_ROLE = "roles/run.invoker"
ACT_AS_ROLE = "roles/iam.serviceAccountUser"
"""The deployer has it on each account that it starts a service or a build as."""
IMPERSONATE_ROLE = "roles/iam.serviceAccountTokenCreator"
"""Whoever runs smoke tests has it on the accounts that may call the functions. gcloud requests an access token of
these accounts, so the role for identity tokens alone is not enough.
"""
MINT_ROLE = "roles/iam.serviceAccountTokenCreator"
"""Pub/Sub itself has it on the account whose tokens it sends."""
APPROVE_ROLE = "roles/cloudbuild.builds.approver"
"""The operators have it where Cloud Build waits for their approval."""
PUBLISHES: Mapping[str, tuple[str, ...]] = {row.name: row.publishes for row in ROWS if row.publishes}
"""The topics that each function publishes to."""
TICKS = Tick.topic
TICK_CRON = "* * * * *"
PUSHER, DEPLOYER, BUILDER, TESTER = "opos-push", "opos-deploy", "opos-build", "opos-test"
"""Accounts that belong to no function: one delivers pushes, one deploys, one builds the image, one runs the tests."""
_ACCOUNTS: Mapping[Caller, str] = {"pubsub": PUSHER, "deployer": DEPLOYER}
CALLERS: Mapping[str, tuple[str, ...]] = {
    row.name: tuple(_ACCOUNTS[caller] for caller in row.called_by if caller in _ACCOUNTS)
    for row in ROWS if not row.public
}  # fmt: skip
"""The accounts of ours that may call each function that is not public."""
DEPLOYER_ROLES = (
    "roles/artifactregistry.reader",  # reads whether the image exists
    "roles/cloudbuild.builds.editor",  # starts the build
    "roles/cloudquotas.viewer",  # compares the quotas with the sizes
    "roles/datastore.user",  # the lease, the record, and the synthetic event
    "roles/iam.securityReviewer",  # compares the permissions with these
    "roles/logging.logWriter",  # its own log when it runs in Cloud Build
    "roles/logging.viewer",  # the logs of a revision that does not start
    "roles/run.developer",  # revisions and traffic
    "roles/secretmanager.viewer",  # reads whether the secrets exist, not their values
    "roles/serviceusage.serviceUsageConsumer",  # reads which APIs are enabled
    "roles/storage.admin",  # the bucket with the source for a build
)
TESTER_ROLES = ("roles/logging.logWriter",)
"""The tests run the code of all dependencies, so their account may do nothing else."""
BUILDER_ROLES = ("roles/artifactregistry.writer", "roles/logging.logWriter", "roles/storage.objectViewer")


def service(function: str) -> str:
    """The name of *function* on Cloud Run, which allows no underscores."""
    return function.replace("_", "-")


def account(name: str, project: str) -> str:
    """The e-mail address of the service account called *name*, which is a function or one of the accounts above."""
    return f"{account_id(name)}@{project}.iam.gserviceaccount.com"


def account_id(name: str) -> str:
    """The id of the account called *name*. Google requires at least 6 letters."""
    return name if name.startswith("opos-") else f"opos-{service(name)}"


def audience(function: str) -> str:
    """The audience of a token to call *function*: the same for all its revisions, whatever their addresses."""
    return PUSHER if function in PUSHED else account_id(function)


def secrets(config: Config) -> dict[str, tuple[str, ...]]:
    """The secrets that each function reads."""
    incoming = [secret for source in config.sources.values() for secret in source.secrets]
    incoming += [secret for heartbeat in config.heartbeats.values() for secret in heartbeat.secrets]
    channels = [channel.secret for channel in config.channels.values() if isinstance(channel, SecretChannel)]
    outgoing = [*channels, SIGNING_KEY]  # messages carry signed links
    devices = [channel.secret for channel in config.channels.values() if isinstance(channel, WebPushChannel)]
    identity = [issuer.secret for issuer in config.flags.identity if issuer.secret]
    read: Mapping[FunctionName, Sequence[str]] = {
        "webhook_intake": [*incoming, *([SIGNING_KEY] if config.heartbeats else [])],  # their addresses derive from it
        "alert_router": outgoing,
        "record_keeper": [],
        "digest_sender": outgoing,
        "sweeper": [*outgoing, *([config.checker.ping] if config.checker else [])],
        "health": channels,
        "flag_evaluator": identity,
        "console": [SIGNING_KEY, *devices],  # devices subscribe to the key
    }
    return {function: tuple(dict.fromkeys(read[function])) for function in FUNCTIONS}


def all_secrets(config: Config) -> tuple[str, ...]:
    return tuple(sorted({name for names in secrets(config).values() for name in names}))
