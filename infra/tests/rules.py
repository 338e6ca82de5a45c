"""What must hold for everything that is declared; each says what breaks it, so that none is an empty list."""

from collections import Counter
from collections.abc import Iterator

from infra.tests.recording import Bundle, Recorded
from opos.cloud.declared import PUSHER, account, audience, service
from shared.ports.topology import FUNCTIONS, SUBSCRIPTIONS

ANYONE = ("allUsers", "allAuthenticatedUsers")
PRIMITIVE = ("roles/owner", "roles/editor", "roles/viewer")
NOBODY_ELSE_DEAD = "sweeper-dead-letters"
"""A dead letter that nobody takes has nowhere to go."""
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
    careful = {one.name: one for one in SUBSCRIPTIONS}
    found = bundle.of("pubsub/subscription:Subscription")
    assert {one.name for one in found} == set(careful)
    return [fault for one in found for fault in _push_faults(one, careful[one.name].function, project(bundle))]


def _push_faults(one: Recorded, function: str, of: str) -> Iterator[str]:
    push, patience = one.inputs.get("pushConfig", {}), one.inputs.get("retryPolicy", {})
    if push.get("oidcToken") != {"serviceAccountEmail": account(PUSHER, of), "audience": audience(function)}:
        yield f"{one.name}: no token of {PUSHER}"
    if not push.get("pushEndpoint", "").startswith(f"https://{service(function)}-"):
        yield f"{one.name}: does not call {function}"
    if not push.get("pushEndpoint", "").endswith(f"/projects/{of}/topics/{one.inputs['topic']}"):
        yield f"{one.name}: the address does not say its topic"
    if not {"minimumBackoff", "maximumBackoff"} <= set(patience):
        yield f"{one.name}: no back-off"
    if one.inputs.get("expirationPolicy") != {"ttl": ""}:
        yield f"{one.name}: expires"
    if ("deadLetterPolicy" not in one.inputs) != (one.name == NOBODY_ELSE_DEAD):
        yield f"{one.name}: dead letters"


def shared_identities(bundle: Bundle) -> list[str]:
    """Functions that do not run as an account that is theirs alone."""
    services = {
        one.name: one.inputs["template"].get("serviceAccount") for one in bundle.of("cloudrunv2/service:Service")
    }
    assert set(services) == set(FUNCTIONS)
    times = Counter(services.values())
    return [name for name, who in services.items() if times[who] > 1 or who != account(name, project(bundle))]


def open_doors(bundle: Bundle, public: tuple[str, ...]) -> list[str]:
    """Rights of everybody that are not to call a function that is to be public, and public functions that lack it."""
    expected = {("roles/run.invoker", service(function)) for function in public}
    found = [one for one in bundle.resources if one.inputs.get("member") in ANYONE]
    kept = {(one.inputs["role"], one.inputs.get("name")) for one in found}
    skipped = [one.name for one in bundle.of("cloudrunv2/service:Service") if one.inputs.get("invokerIamDisabled")]
    return [*map(str, kept ^ expected), *skipped]


def too_mighty(bundle: Bundle) -> list[str]:
    return [one.name for one in bundle.resources if one.inputs.get("role") in PRIMITIVE]


def too_early(bundle: Bundle) -> list[str]:
    """What may be made before its API is on."""
    found = (
        one for one in bundle.resources if one.type.startswith("gcp:") and one.type != "gcp:projects/service:Service"
    )
    return [one.name for one in found if f"{_api(one)}.googleapis.com" not in bundle.all_needs(one)]


def _api(one: Recorded) -> str:
    if one.type == "gcp:projects/serviceIdentity:ServiceIdentity":
        return one.name
    return API_OF[one.type.removeprefix("gcp:").partition("/")[0]]


def silent_alarms(bundle: Bundle) -> list[str]:
    """Alarms that reach no channel which is declared."""
    channels = {f"projects/{project(bundle)}/notificationChannels/{one.name}" for one in _channels(bundle)}
    alarms = {
        one.name: one.inputs.get("notificationChannels") for one in bundle.of("monitoring/alertPolicy:AlertPolicy")
    }
    for one in bundle.of("billing/budget:Budget"):
        alarms[one.name] = one.inputs["allUpdatesRule"].get("monitoringNotificationChannels")
    return [name for name, told in alarms.items() if not told or not set(told) <= channels]


def _channels(bundle: Bundle) -> list[Recorded]:
    found = bundle.of("monitoring/notificationChannel:NotificationChannel")
    return [one for one in found if one.inputs["type"] == "email" and one.inputs["labels"]["email_address"]]
