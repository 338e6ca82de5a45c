"""The checks of the preflight in the cloud: permissions, and existing resources."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from opos.cloud import declared
from opos.cloud.cloud_run import is_trusting, running
from opos.cloud.declared import account, service
from opos.cloud.gcloud import CloudError
from opos.deploy.check import INFRA, Check, asked
from opos.deploy.target import Ground
from opos.deploy.tokens import identity_token
from shared.ports.topology import FUNCTIONS

PUBLIC, ANYONE = "allUsers", {"allUsers", "allAuthenticatedUsers"}
CPU_QUOTA = "CpuAllocPerProjectRegion"
Verdict = tuple[str, bool | None]


def looks(ground: Ground) -> list[Callable[[], Check]]:
    """The checks, which can run in parallel."""
    topics = sorted({topic for written in declared.PUBLISHES.values() for topic in written})
    return [
        *(partial(_identity, name, ground) for name in (declared.PUSHER, declared.DEPLOYER)),
        partial(_project, ground), partial(_apis, ground), partial(_quota, ground), partial(_store_permissions, ground),
        *(partial(_service, function, ground) for function in FUNCTIONS),
        *(partial(_topic_permissions, topic, ground) for topic in topics),
        *(partial(_secret, name, ground) for name in declared.all_secrets(ground.config)),
    ]  # fmt: skip


def _project(ground: Ground) -> Check:
    def judge(project: dict[str, Any]) -> Verdict:
        return project["projectId"], True

    return asked("project", ground.gcloud, judge, "projects", "describe", ground.target.project)


def _identity(name: str, ground: Ground) -> Check:
    """Whether you may get the token with which the smoke test calls functions that are not public."""
    try:
        identity_token(name, name, ground)
    except CloudError as fault:
        fix = f"You need {declared.IMPERSONATE_ROLE} on this account. {INFRA}"
        return Check(f"identity of {name}", ok=False, said=fault.brief, fix=fix)
    return Check(f"identity of {name}", ok=True, said="can be impersonated", fix="")


def _apis(ground: Ground) -> Check:
    def judge(services: list[dict[str, Any]]) -> Verdict:
        disabled = sorted(set(declared.APIS) - {api["config"]["name"] for api in services})
        return f"disabled: {', '.join(disabled)}" if disabled else "enabled", not disabled

    return asked("APIs", ground.gcloud, judge, "services", "list", "--enabled")


def _quota(ground: Ground) -> Check:
    """Compares the quota with the most instances that the functions may have, of one CPU each."""
    needed = sum(ground.deploy.size(function).max_instances for function in FUNCTIONS)

    def judge(quotas: list[dict[str, Any]]) -> Verdict:
        granted = _granted(quotas, ground.target.region)
        if granted is None:
            return "not reported by Google", None
        return f"up to {needed} CPUs needed, {granted:g} granted", needed <= granted

    check = asked("quota", ground.gcloud, judge, "beta", "quotas", "info", "list", "--service=run.googleapis.com")
    unasked = check.ok is False and "granted" not in check.said
    return replace(
        check, ok=None if unasked else check.ok, fix="Lower max_instances, or request a larger quota from Google."
    )


def _granted(quotas: list[dict[str, Any]], region: str) -> float | None:
    """The number of CPUs; the API counts thousandths of a CPU."""
    for quota in quotas:
        if quota.get("quotaId") == CPU_QUOTA:
            for info in quota.get("dimensionsInfos", []):
                if region in info.get("applicableLocations", [region]):
                    return int(info["details"]["value"]) / 1000
    return None


def _store_permissions(ground: Ground) -> Check:
    def judge(policy: dict[str, Any]) -> Verdict:
        wrong = []
        for function in FUNCTIONS:
            roles = _roles(policy, account(function, ground.target.project))
            wrong += [f"{function} lacks {declared.STORE_ROLE}"] if declared.STORE_ROLE not in roles else []
            wrong += [
                f"{function} has {role}, which it does not need" for role in sorted(roles - {declared.STORE_ROLE})
            ]
        return "; ".join(wrong) or "as declared", not wrong

    return asked(
        "permissions on the project", ground.gcloud, judge, "projects", "get-iam-policy", ground.target.project
    )


def _service(function: str, ground: Ground) -> Check:
    name, is_public = service(function), function in ground.deploy.public

    def judge(policy: dict[str, Any]) -> Verdict:
        callers = _members(policy, declared.INVOKE_ROLE)
        expected = {
            f"serviceAccount:{account(caller, ground.target.project)}" for caller in declared.CALLERS.get(function, ())
        }
        missing = {PUBLIC} - callers if is_public else expected - callers
        if missing == {PUBLIC}:
            return "nobody may call it yet: run `pulumi up` after the deploy", None
        if missing:
            return f"may not be called by {', '.join(sorted(missing))}", False
        if not is_public and callers & ANYONE:
            return "anyone may call it", False
        return "anyone may call it" if is_public else "callers as declared", True

    words = ("run", "services", "get-iam-policy", name, f"--region={ground.target.region}")
    check = asked(f"service {name}", ground.gcloud, judge, *words)
    return check if not check.ok or not is_public else _not_trusting(function, check, ground)


def _not_trusting(function: str, check: Check, ground: Ground) -> Check:
    """A revision from before *function* was public assumes that Cloud Run has authenticated its callers."""
    serving = running(function, ground.gcloud)
    if not any(is_trusting(revision, ground.gcloud) for revision in (serving.split if serving else ())):
        return check
    said = "anyone may call it, but its current revision assumes that Cloud Run admits only known callers"
    fix = f"Remove {PUBLIC} from its callers, deploy, then run `pulumi up`: docs/deploying.md, Settings."
    return Check(check.name, ok=False, said=said, fix=fix)


def _topic_permissions(topic: str, ground: Ground) -> Check:
    writers = [function for function, topics in declared.PUBLISHES.items() if topic in topics]
    return _allowed(
        f"topic {topic}", declared.PUBLISH_ROLE, writers, ground, "pubsub", "topics", "get-iam-policy", topic
    )


def _secret(name: str, ground: Ground) -> Check:
    enabled = asked(
        f"secret {name}", ground.gcloud, lambda version: (version["state"].lower(), version["state"] == "ENABLED"),
        "secrets", "versions", "describe", "latest", f"--secret={name}",
    )  # fmt: skip
    if not enabled.ok:
        project = ground.target.project
        fix = f"printf %s VALUE | gcloud secrets versions add {name} --data-file=- --project={project}"
        return Check(enabled.name, ok=False, said=enabled.said, fix=fix)
    readers = [function for function, names in declared.secrets(ground.config).items() if name in names]
    return _allowed(f"secret {name}", declared.SECRET_ROLE, readers, ground, "secrets", "get-iam-policy", name)


def _allowed(name: str, role: str, functions: Iterable[str], ground: Ground, *words: str) -> Check:
    """Whether exactly *functions* have *role*."""

    def judge(policy: dict[str, Any]) -> Verdict:
        ours = {f"serviceAccount:{account(function, ground.target.project)}": function for function in FUNCTIONS}
        granted = {ours[member] for member in _members(policy, role) & ours.keys()}
        wrong = [f"{function} lacks {role}" for function in sorted(set(functions) - granted)]
        wrong += [f"{function} has {role}, which it does not need" for function in sorted(granted - set(functions))]
        return "; ".join(wrong) or "permissions as declared", not wrong

    return asked(name, ground.gcloud, judge, *words)


def _members(policy: dict[str, Any], role: str) -> set[str]:
    return {
        member for binding in policy.get("bindings", []) if binding["role"] == role for member in binding["members"]
    }


def _roles(policy: dict[str, Any], email: str) -> set[str]:
    member = f"serviceAccount:{email}"
    return {binding["role"] for binding in policy.get("bindings", []) if member in binding["members"]}
