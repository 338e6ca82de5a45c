"""What must hold for everything that is declared; each says what breaks it, so that none is an empty list."""

from collections import Counter
from collections.abc import Iterator

from infra.tests.recording import Bundle, Recorded
from opos.cloud.declared import PUSHER, account, audience, service
from shared.ports.topology import FUNCTIONS, SUBSCRIPTIONS

ANYONE = ("allUsers", "allAuthenticatedUsers")
PRIMITIVE = ("roles/owner", "roles/editor", "roles/viewer")
NEVER_DEAD = ("record-keeper", "sweeper-dead-letters")
"""Events wait until the operator's code works again; and a dead letter that nobody takes has nowhere to go."""
API_OF = {
    "artifactregistry": "artifactregistry", "billing": "billingbudgets", "cloudbuild": "cloudbuild",
    "cloudrunv2": "run", "cloudscheduler": "cloudscheduler", "firestore": "firestore", "logging": "logging",
    "monitoring": "monitoring", "projects": "iam", "pubsub": "pubsub", "secretmanager": "secretmanager",
    "serviceaccount": "iam",
}  # fmt: skip
"""The API of each of the provider's modules."""


def project(bundle: Bundle) -> str:
    (database,) = bundle.of("firestore/database:Database")
    return str(database.inputs["project"])


def careless_pushes(bundle: Bundle) -> list[str]:
    """Subscriptions that lack a caller's identity, patience, a way out for what fails, or a long life."""
    careful = {subscription.name: subscription for subscription in SUBSCRIPTIONS}
    subscriptions = bundle.of("pubsub/subscription:Subscription")
    assert {subscription.name for subscription in subscriptions} == set(careful)
    return [
        fault
        for subscription in subscriptions
        for fault in _push_faults(subscription, careful[subscription.name].function, project(bundle))
    ]


def _push_faults(subscription: Recorded, function: str, of: str) -> Iterator[str]:
    push, patience = subscription.inputs.get("pushConfig", {}), subscription.inputs.get("retryPolicy", {})
    if push.get("oidcToken") != {"serviceAccountEmail": account(PUSHER, of), "audience": audience(function)}:
        yield f"{subscription.name}: no token of {PUSHER}"
    if not push.get("pushEndpoint", "").startswith(f"https://{service(function)}-"):
        yield f"{subscription.name}: does not call {function}"
    if not push.get("pushEndpoint", "").endswith(f"/projects/{of}/topics/{subscription.inputs['topic']}"):
        yield f"{subscription.name}: the address does not say its topic"
    if not {"minimumBackoff", "maximumBackoff"} <= set(patience):
        yield f"{subscription.name}: no back-off"
    if subscription.inputs.get("expirationPolicy") != {"ttl": ""}:
        yield f"{subscription.name}: expires"
    if ("deadLetterPolicy" not in subscription.inputs) != (subscription.name in NEVER_DEAD):
        yield f"{subscription.name}: dead letters"


def shared_identities(bundle: Bundle) -> list[str]:
    """Functions that do not run as an account that is theirs alone."""
    services = {
        resource.name: resource.inputs["template"].get("serviceAccount")
        for resource in bundle.of("cloudrunv2/service:Service")
    }
    assert set(services) == set(FUNCTIONS)
    times = Counter(services.values())
    return [name for name, who in services.items() if times[who] > 1 or who != account(name, project(bundle))]


def open_doors(bundle: Bundle, public: tuple[str, ...]) -> list[str]:
    """Rights of everybody that are not to call a function that is to be public, and public functions that lack it."""
    expected = {("roles/run.invoker", service(function)) for function in public}
    grants = [resource for resource in bundle.resources if resource.inputs.get("member") in ANYONE]
    kept = {(resource.inputs["role"], resource.inputs.get("name")) for resource in grants}
    skipped = [
        resource.name
        for resource in bundle.of("cloudrunv2/service:Service")
        if resource.inputs.get("invokerIamDisabled")
    ]
    return [*map(str, kept ^ expected), *skipped]


def too_mighty(bundle: Bundle) -> list[str]:
    return [resource.name for resource in bundle.resources if resource.inputs.get("role") in PRIMITIVE]


def too_early(bundle: Bundle) -> list[str]:
    """What may be made before its API is on."""
    resources = (
        resource
        for resource in bundle.resources
        if resource.type.startswith("gcp:") and resource.type != "gcp:projects/service:Service"
    )
    return [
        resource.name for resource in resources if f"{_api(resource)}.googleapis.com" not in bundle.all_needs(resource)
    ]


def _api(resource: Recorded) -> str:
    if resource.type == "gcp:projects/serviceIdentity:ServiceIdentity":
        return resource.name
    return API_OF[resource.type.removeprefix("gcp:").partition("/")[0]]


def silent_alarms(bundle: Bundle) -> list[str]:
    """Alarms that reach no channel which is declared."""
    channels = {f"projects/{project(bundle)}/notificationChannels/{resource.name}" for resource in _channels(bundle)}
    alarms = {
        resource.name: resource.inputs.get("notificationChannels")
        for resource in bundle.of("monitoring/alertPolicy:AlertPolicy")
    }
    for resource in bundle.of("billing/budget:Budget"):
        alarms[resource.name] = resource.inputs["allUpdatesRule"].get("monitoringNotificationChannels")
    return [name for name, told in alarms.items() if not told or not set(told) <= channels]


def _channels(bundle: Bundle) -> list[Recorded]:
    channels = bundle.of("monitoring/notificationChannel:NotificationChannel")
    return [
        channel
        for channel in channels
        if channel.inputs["type"] == "email" and channel.inputs["labels"]["email_address"]
    ]
