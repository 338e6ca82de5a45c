"""A function as a service of Cloud Run: its running revisions, new revisions without traffic, and the traffic split.

Source: Cloud Run documentation, "Rollbacks, gradual rollouts, and traffic migration"; the Knative serving API, v1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opos.cloud.declared import service
from opos.cloud.gcloud import Gcloud, Missing
from shared.security.callers import CHECKED

TAG = "next"
"""The tag of the newest revision. It gives the revision an address of its own, whatever its traffic."""
Split = Mapping[str, int]
"""Percent of the traffic, by revision."""


@dataclass(frozen=True, slots=True)
class Running:
    """The current state of a service."""

    url: str
    tagged: str | None
    """The address of the revision with TAG, which is `newest`."""
    newest: str | None
    split: Split
    asked: Split
    """The requested split, which may not have taken effect yet."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision to create: its function, and the settings that it runs with."""

    function: str
    name: str
    image: str
    account: str
    audience: str
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    labels: Mapping[str, str]
    memory: str
    concurrency: int
    min_instances: int
    max_instances: int


def running(function: str, gcloud: Gcloud) -> Running | None:
    """The state of the service of *function*, or None if it does not exist."""
    try:
        described = gcloud.regional("run", "services", "describe", service(function))
    except Missing:
        return None
    status = described.get("status", {})
    traffic, latest = status.get("traffic", []), status.get("latestReadyRevisionName", "")
    tagged: Mapping[str, Any] = next((target for target in traffic if target.get("tag") == TAG), {})
    return Running(
        url=status.get("url", ""),
        tagged=tagged.get("url"),
        newest=tagged.get("revisionName"),
        split=_split(traffic, latest),
        asked=_split(described["spec"].get("traffic", []), latest),
    )


def made_of(revision: str, gcloud: Gcloud) -> dict[str, str]:
    """The settings of *revision*, named as in `Revision`; environment and secrets as `env NAME`."""
    described = gcloud.regional("run", "revisions", "describe", revision)
    spec, notes = described["spec"], described["metadata"].get("annotations", {})
    container = spec["containers"][0]
    return {
        "image": container["image"],
        "account": spec.get("serviceAccountName", ""),
        "memory": container.get("resources", {}).get("limits", {}).get("memory", ""),
        "concurrency": str(spec.get("containerConcurrency", "")),
        "min_instances": notes.get("autoscaling.knative.dev/minScale", "0"),
        "max_instances": notes.get("autoscaling.knative.dev/maxScale", ""),
        **{f"env {entry['name']}": _value(entry) for entry in container.get("env", [])},
    }


def is_trusting(revision: str, gcloud: Gcloud) -> bool:
    """Whether *revision* relies on Cloud Run to verify tokens. Such a revision must not be public."""
    return f"env {CHECKED}" in made_of(revision, gcloud)


def wanted(revision: Revision) -> dict[str, str]:
    """As `made_of`, for a revision to create."""
    return {
        "image": revision.image,
        "account": revision.account,
        "memory": revision.memory,
        "concurrency": str(revision.concurrency),
        "min_instances": str(revision.min_instances),
        "max_instances": str(revision.max_instances),
        **{f"env {name}": value for name, value in revision.environment.items()},
        **{f"env {name}": _secret(name) for name in revision.secrets},
    }


def exists(revision: str, gcloud: Gcloud) -> bool:
    """Whether *revision* exists and is ready."""
    try:
        described = gcloud.regional("run", "revisions", "describe", revision)
    except Missing:
        return False
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in described["status"].get("conditions", [])
    )


def deploy_without_traffic(revision: Revision, gcloud: Gcloud) -> None:
    """Creates *revision*, without traffic and with TAG."""
    gcloud.regional("run", "deploy", service(revision.function), *_flags(revision))


def direct(function: str, split: Split, gcloud: Gcloud, *, drop_tag: bool = False) -> None:
    """Splits the traffic between the revisions of *split*. *drop_tag* removes TAG, because Cloud Run rejects the call
    while a revision that never started has it.
    """
    shares = ",".join(f"{revision}={percent}" for revision, percent in split.items() if percent)
    flags = [f"--to-revisions={shares}", *([f"--remove-tags={TAG}"] if drop_tag else [])]
    gcloud.regional("run", "services", "update-traffic", service(function), *flags)


def _flags(revision: Revision) -> list[str]:
    environment = "|".join(f"{name}={value}" for name, value in sorted(revision.environment.items()))
    secrets = ",".join(f"{name}={name}:latest" for name in revision.secrets)
    return [
        f"--image={revision.image}", "--no-traffic", f"--tag={TAG}",
        f"--revision-suffix={revision.name.removeprefix(service(revision.function) + '-')}",
        f"--service-account={revision.account}", f"--set-custom-audiences={revision.audience}",
        f"--set-env-vars=^|^{environment}", f"--set-secrets={secrets}" if secrets else "--clear-secrets",
        f"--memory={revision.memory}", f"--concurrency={revision.concurrency}", "--cpu-boost", "--timeout=60",
        f"--min-instances={revision.min_instances}", f"--max-instances={revision.max_instances}",
        "--labels=" + ",".join(f"{name}={value}" for name, value in revision.labels.items()),
    ]  # fmt: skip


def _value(entry: Mapping[str, Any]) -> str:
    reference = entry.get("valueFrom", {}).get("secretKeyRef")
    return _secret(reference["name"]) if reference else str(entry.get("value", ""))


def _secret(name: str) -> str:
    return f"the secret {name}"


def _split(traffic: list[dict[str, Any]], latest: str) -> Split:
    split: dict[str, int] = {}
    for target in traffic:
        if percent := target.get("percent", 0):
            revision = target.get("revisionName") or latest
            split[revision] = split.get(revision, 0) + percent
    return split
