"""A function as a service of Cloud Run: what runs, a new revision in the dark, and which revision takes how much.

Source: Cloud Run documentation, "Rollbacks, gradual rollouts, and traffic migration"; the Knative serving API, v1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opos.cloud.declared import service
from opos.cloud.gcloud import Gcloud, Missing
from shared.security.callers import CHECKED

TAG = "next"
"""Of the newest revision: an address of its own, whatever traffic it takes."""
Split = Mapping[str, int]
"""Percent of the traffic by revision."""


@dataclass(frozen=True, slots=True)
class Running:
    """A service as it is."""

    url: str
    tagged: str | None
    """The address of the revision that has TAG, which is called `newest`."""
    newest: str | None
    split: Split
    asked: Split
    """What was asked for, and may not have come about yet."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision to be: the function, and what it is run with."""

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
    """None where there is no such service."""
    try:
        found = gcloud.regional("run", "services", "describe", service(function))
    except Missing:
        return None
    status = found.get("status", {})
    traffic, latest = status.get("traffic", []), status.get("latestReadyRevisionName", "")
    tagged: Mapping[str, Any] = next((one for one in traffic if one.get("tag") == TAG), {})
    return Running(
        url=status.get("url", ""),
        tagged=tagged.get("url"),
        newest=tagged.get("revisionName"),
        split=_split(traffic, latest),
        asked=_split(found["spec"].get("traffic", []), latest),
    )


def made_of(revision: str, gcloud: Gcloud) -> dict[str, str]:
    """What *revision* is run with, by the words of `Revision`; environment and secrets as `env NAME`."""
    found = gcloud.regional("run", "revisions", "describe", revision)
    spec, notes = found["spec"], found["metadata"].get("annotations", {})
    container = spec["containers"][0]
    return {
        "image": container["image"],
        "account": spec.get("serviceAccountName", ""),
        "memory": container.get("resources", {}).get("limits", {}).get("memory", ""),
        "concurrency": str(spec.get("containerConcurrency", "")),
        "min_instances": notes.get("autoscaling.knative.dev/minScale", "0"),
        "max_instances": notes.get("autoscaling.knative.dev/maxScale", ""),
        **{f"env {one['name']}": _value(one) for one in container.get("env", [])},
    }


def is_trusting(revision: str, gcloud: Gcloud) -> bool:
    """Whether *revision* believes tokens without a signature, which Cloud Run has checked: it must not be public."""
    return f"env {CHECKED}" in made_of(revision, gcloud)


def wanted(revision: Revision) -> dict[str, str]:
    """As `made_of`, of a revision to be."""
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
    """Whether there is such a revision, and it is ready."""
    try:
        found = gcloud.regional("run", "revisions", "describe", revision)
    except Missing:
        return False
    return any(one["type"] == "Ready" and one["status"] == "True" for one in found["status"].get("conditions", []))


def deploy_dark(revision: Revision, gcloud: Gcloud) -> None:
    """Make *revision*, which takes no traffic and has TAG."""
    gcloud.regional("run", "deploy", service(revision.function), *_flags(revision))


def direct(function: str, split: Split, gcloud: Gcloud, *, drop_tag: bool = False) -> None:
    """Let the revisions take their share of the traffic, and no other any. *drop_tag*: a revision that never started
    and has TAG would stand in the way.
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
    found: dict[str, int] = {}
    for one in traffic:
        if percent := one.get("percent", 0):
            revision = one.get("revisionName") or latest
            found[revision] = found.get(revision, 0) + percent
    return found
