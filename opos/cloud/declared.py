"""What the bundle needs on Google Cloud, as data: `infra/` makes it, `opos deploy` checks that it is so.

Sources: Google Cloud's lists of IAM roles, and its documentation of Cloud Run, Pub/Sub push and Cloud Scheduler.
"""

from collections.abc import Mapping

from shared.config.channels import SecretChannel
from shared.config.model import Config
from shared.events import DigestDue, EventAccepted, ReviewDue, Tick
from shared.ports.topology import FUNCTIONS, PROBES, SUBSCRIPTIONS
from shared.runtime.settings import SIGNING_KEY

APIS = (
    "artifactregistry.googleapis.com", "billingbudgets.googleapis.com", "cloudbuild.googleapis.com",
    "cloudquotas.googleapis.com", "cloudresourcemanager.googleapis.com", "cloudscheduler.googleapis.com",
    "firestore.googleapis.com", "iam.googleapis.com", "iamcredentials.googleapis.com", "logging.googleapis.com",
    "monitoring.googleapis.com", "pubsub.googleapis.com", "run.googleapis.com", "secretmanager.googleapis.com",
)  # fmt: skip
REPOSITORY = "opos"
"""Of Artifact Registry: it holds one image, which all functions run."""
STORE_ROLE = "roles/datastore.user"
"""Of each function, on the project: Firestore has no narrower one."""
SECRET_ROLE = "roles/secretmanager.secretAccessor"  # noqa: S105
PUBLISH_ROLE = "roles/pubsub.publisher"
SUBSCRIBE_ROLE = "roles/pubsub.subscriber"
INVOKE_ROLE = "roles/run.invoker"
ACT_AS_ROLE = "roles/iam.serviceAccountUser"
"""Of the deployer, on each account that it starts something as."""
IMPERSONATE_ROLE = "roles/iam.serviceAccountTokenCreator"
"""Of who runs smoke tests, on the accounts that may call the functions: gcloud asks for an access token of theirs, so
the role for identity tokens alone is too small.
"""
MINT_ROLE = "roles/iam.serviceAccountTokenCreator"
"""Of Pub/Sub itself, on the account whose tokens it shows."""
APPROVE_ROLE = "roles/cloudbuild.builds.approver"
"""Of the operators, where Cloud Build waits for them."""
PUSHED = tuple(dict.fromkeys(one.function for one in SUBSCRIPTIONS))
"""The functions that Pub/Sub calls."""
PUBLISHES: Mapping[str, tuple[str, ...]] = {
    "webhook_intake": (EventAccepted.topic,),
    "alert_router": (DigestDue.topic,),
    "digest_sender": (DigestDue.topic,),
    "sweeper": (EventAccepted.topic, DigestDue.topic, ReviewDue.topic),
    "health": (PROBES,),
}
"""The topics that each function writes to."""
TICKS = Tick.topic
TICK_CRON = "* * * * *"
PUSHER, DEPLOYER, BUILDER = "opos-push", "opos-deploy", "opos-build"
"""Accounts that are no function's: who delivers pushes, who deploys, who builds the image."""
CALLERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(PUSHED, (PUSHER,)), "health": (DEPLOYER,), "console": (DEPLOYER,),
}  # fmt: skip
"""The accounts that may call each function that is not public; besides them the operators may call the console."""
DEPLOYER_ROLES = (
    "roles/artifactregistry.reader",  # has the image been built?
    "roles/cloudbuild.builds.editor",  # have it built
    "roles/cloudquotas.viewer",  # do the quotas suffice?
    "roles/datastore.user",  # the lease, the record, and what became of the synthetic event
    "roles/iam.securityReviewer",  # are the rights as declared?
    "roles/logging.logWriter",  # what it says when it runs in Cloud Build
    "roles/logging.viewer",  # why did a revision not start?
    "roles/run.developer",  # revisions and traffic
    "roles/secretmanager.viewer",  # do the secrets exist? Not what they hold
    "roles/serviceusage.serviceUsageConsumer",  # which APIs are on?
    "roles/storage.admin",  # the bucket that holds the source for a build
)
BUILDER_ROLES = ("roles/artifactregistry.writer", "roles/logging.logWriter", "roles/storage.objectViewer")


def service(function: str) -> str:
    """The name of *function* on Cloud Run, which knows no underscores."""
    return function.replace("_", "-")


def account(name: str, project: str) -> str:
    """The e-mail address of the service account called *name*: a function's, or one of those above."""
    return f"{account_id(name)}@{project}.iam.gserviceaccount.com"


def account_id(name: str) -> str:
    """At least 6 letters long, as Google wants it."""
    return name if name.startswith("opos-") else f"opos-{service(name)}"


def audience(function: str) -> str:
    """What a token to call *function* is for: the same for each of its revisions, whatever their addresses."""
    return PUSHER if function in PUSHED else account_id(function)


def secrets(config: Config) -> dict[str, tuple[str, ...]]:
    """Which secrets each function reads."""
    senders = [one.secrets for one in config.sources.values()] + [one.secrets for one in config.heartbeats.values()]
    arriving = [name for names in senders for name in names]
    channels = [one.secret for one in config.channels.values() if isinstance(one, SecretChannel)]
    leaving = [*channels, SIGNING_KEY]  # what leaves carries links that we sign
    proving = [one.secret for one in config.flags.identity if one.secret]
    read = {
        "webhook_intake": arriving,
        "alert_router": leaving,
        "digest_sender": leaving,
        "sweeper": [*leaving, *([config.checker.ping] if config.checker else [])],
        "health": channels,
        "flag_evaluator": proving,
        "console": [SIGNING_KEY],
    }
    return {function: tuple(dict.fromkeys(read[function])) for function in FUNCTIONS}


def all_secrets(config: Config) -> tuple[str, ...]:
    return tuple(sorted({name for names in secrets(config).values() for name in names}))
