"""What gcloud says when it will not: its own words, which the tests look up in the real one, and those of the APIs."""


class Refused(Exception):
    """*text* is what follows `ERROR: (gcloud.the.command) `."""

    def __init__(self, text: str, status: int = 1, *, command: str = "") -> None:
        super().__init__(text)
        self.text, self.status, self.command = text, status, command


NO_ACCOUNT = """You do not currently have an active account selected.
Please run:

  $ gcloud auth login

to obtain new credentials.

If you have already logged in with a different account, run:

  $ gcloud config set account ACCOUNT

to select an already authenticated account to use."""
NO_PROJECT = """The required property [project] is not currently set.
It can be set on a per-command basis by re-running your command with the [--project] flag.

You may set it for your current workspace by running:

  $ gcloud config set project VALUE

or it can be set temporarily by the environment variable [CLOUDSDK_CORE_PROJECT]"""
NO_REGION = "You must specify a region. Either use the `--region` flag or set the run/region property."
NO_SERVICE = "Cannot find service [{}]"
NO_REVISION = "Cannot find revision [{}]"
SERVICE_GONE = "Service [{}] could not be found."
NO_IMAGE = """Image not found.

A valid container image can be referenced by tag or digest, has the format of
  LOCATION-docker.DOMAIN/PROJECT-ID/REPOSITORY-ID/IMAGE:tag
  LOCATION-docker.DOMAIN/PROJECT-ID/REPOSITORY-ID/IMAGE@sha256:digest
"""
DARK_AND_NEW = "--no-traffic not supported when creating a new service."
NO_TRAFFIC_CHANGE = "No traffic configuration change requested."
TOO_MUCH = "Over 100% of traffic is specified."
TOO_LITTLE = "Every target with traffic is updated but 100% of traffic has not been specified."
NOT_A_NUMBER = "Traffic percentage value {} is not an integer."
NOT_A_PERCENT = "Traffic percentage value {} is not between 0 and 100."
NO_FILE = "Unable to read file [{0}]: [Errno 2] No such file or directory: '{0}'"
BUILD_ENDED = 'build {} completed with status "{}"'
SEARCH = "To search the help text of gcloud commands, run:\n  gcloud help -- SEARCH_TERMS"
CONFLICT = "Resource in projects [{}] is the subject of a conflict: {}"

# From here on the words of Google's servers: seen in issues of google-github-actions/deploy-cloudrun (182, 465),
# of sourcegraph (59045), of terraform-provider-google (14569) and of terraform-docs-samples (269), all on GitHub.
DENIED = "PERMISSION_DENIED: Permission '{}' denied on resource '{}' (or resource may not exist)."
API_OFF = (
    "PERMISSION_DENIED: {0} has not been used in project {1} before or it is disabled. Enable it by visiting "
    "https://console.developers.google.com/apis/api/{0}/overview?project={1} then retry. If you enabled this API "
    "recently, wait a few minutes for the action to propagate to our systems and retry."
)
NOT_READY = "Revision '{}' is not ready and cannot serve traffic. {}"
NOT_STARTED = (
    "The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment "
    "variable within the allocated timeout. This can happen when the container port is misconfigured or if the timeout "
    "is too short. The health check timeout can be extended. Logs for this revision might contain more information."
)
IMAGE_GONE = "Image '{}' not found."
SECRET_DENIED = (
    "spec.template.spec.containers[0].env[{}].value_from.secret_key_ref.name: Permission denied on secret: {} for "
    "Revision service account {}."
)
SECRET_GONE = "spec.template.spec.containers[0].env[{}].value_from.secret_key_ref.name: Secret {} was not found"
REVISION_TAKEN = "ALREADY_EXISTS: Revision named '{}' with different configuration already exists."
REVISION_GONE = (
    "Revision '{}' does not exist or is deleted. Update all traffic to route to currently available revisions."
)
NO_VERSION = "NOT_FOUND: Secret [{}] not found or has no versions."
NO_SECRET = "NOT_FOUND: Secret [{}] not found."
SECRET_TAKEN = "Secret [{}] already exists."
VERSION_OFF = "FAILED_PRECONDITION: Secret Version [{}] is in {} state."
NOT_FOUND = "NOT_FOUND: Resource '{}' of kind '{}' does not exist."
UNAVAILABLE = "UNAVAILABLE: The service is currently unavailable."
