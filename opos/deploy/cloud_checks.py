"""What has to be so in the cloud: who may do what, and what there is."""

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
    """They can be asked at once."""
    topics = sorted({topic for written in declared.PUBLISHES.values() for topic in written})
    return [
        *(partial(_identity, name, ground) for name in (declared.PUSHER, declared.DEPLOYER)),
        partial(_project, ground), partial(_apis, ground), partial(_quota, ground), partial(_store_rights, ground),
        *(partial(_service, function, ground) for function in FUNCTIONS),
        *(partial(_topic_rights, topic, ground) for topic in topics),
        *(partial(_secret, name, ground) for name in declared.all_secrets(ground.config)),
    ]  # fmt: skip


def _project(ground: Ground) -> Check:
    def judge(found: dict[str, Any]) -> Verdict:
        return found["projectId"], True

    return asked("project", ground.gcloud, judge, "projects", "describe", ground.target.project)


def _identity(name: str, ground: Ground) -> Check:
    """Whether one can call the functions that are not public, as the trial of new revisions does."""
    try:
        identity_token(name, name, ground)
    except CloudError as fault:
        fix = f"You need {declared.IMPERSONATE_ROLE} on it. {INFRA}"
        return Check(f"identity of {name}", ok=False, said=fault.brief, fix=fix)
    return Check(f"identity of {name}", ok=True, said="can be shown", fix="")


def _apis(ground: Ground) -> Check:
    def judge(found: list[dict[str, Any]]) -> Verdict:
        off = sorted(set(declared.APIS) - {one["config"]["name"] for one in found})
        return f"off: {', '.join(off)}" if off else "on", not off

    return asked("APIs", ground.gcloud, judge, "services", "list", "--enabled")


def _quota(ground: Ground) -> Check:
    """What Cloud Run grants, against all instances that the functions may have at once, of one CPU each."""
    needed = sum(ground.deploy.size(function).max_instances for function in FUNCTIONS)

    def judge(found: list[dict[str, Any]]) -> Verdict:
        granted = _granted(found, ground.target.region)
        if granted is None:
            return "not told by Google", None
        return f"{needed} CPUs at most, {granted:g} granted", needed <= granted

    check = asked("quota", ground.gcloud, judge, "beta", "quotas", "info", "list", "--service=run.googleapis.com")
    unasked = check.ok is False and "granted" not in check.said
    return replace(check, ok=None if unasked else check.ok, fix="Lower max_instances, or ask Google for more.")


def _granted(found: list[dict[str, Any]], region: str) -> float | None:
    """In CPUs; the API counts thousandths."""
    for quota in found:
        if quota.get("quotaId") == CPU_QUOTA:
            for one in quota.get("dimensionsInfos", []):
                if region in one.get("applicableLocations", [region]):
                    return int(one["details"]["value"]) / 1000
    return None


def _store_rights(ground: Ground) -> Check:
    def judge(policy: dict[str, Any]) -> Verdict:
        wrong = []
        for function in FUNCTIONS:
            roles = _roles(policy, account(function, ground.target.project))
            wrong += [f"{function} lacks {declared.STORE_ROLE}"] if declared.STORE_ROLE not in roles else []
            wrong += [f"{function} has {role} to spare" for role in sorted(roles - {declared.STORE_ROLE})]
        return "; ".join(wrong) or "as declared", not wrong

    return asked("rights on the project", ground.gcloud, judge, "projects", "get-iam-policy", ground.target.project)


def _service(function: str, ground: Ground) -> Check:
    name, is_public = service(function), function in ground.deploy.public

    def judge(policy: dict[str, Any]) -> Verdict:
        callers = _members(policy, declared.INVOKE_ROLE)
        expected = {
            f"serviceAccount:{account(one, ground.target.project)}" for one in declared.CALLERS.get(function, ())
        }
        missing = {PUBLIC} - callers if is_public else expected - callers
        if missing == {PUBLIC}:
            return "nobody may call it yet: `pulumi up` once the deploy has ended", None
        if missing:
            return f"may not be called by {', '.join(sorted(missing))}", False
        if not is_public and callers & ANYONE:
            return "anyone may call it", False
        return "may be called by anyone" if is_public else "may be called by whom it must", True

    words = ("run", "services", "get-iam-policy", name, f"--region={ground.target.region}")
    found = asked(f"service {name}", ground.gcloud, judge, *words)
    return found if not found.ok or not is_public else _not_trusting(function, found, ground)


def _not_trusting(function: str, found: Check, ground: Ground) -> Check:
    """What runs may be from before *function* was public, and believe that Cloud Run has checked who calls."""
    serving = running(function, ground.gcloud)
    if not any(is_trusting(revision, ground.gcloud) for revision in (serving.split if serving else ())):
        return found
    said = "anyone may call it, and what runs there believes that Cloud Run lets in only whom it knows"
    fix = f"Take {PUBLIC} away from it until a deploy has ended, then `pulumi up`: docs/deploying.md, Settings."
    return Check(found.name, ok=False, said=said, fix=fix)


def _topic_rights(topic: str, ground: Ground) -> Check:
    writers = [function for function, topics in declared.PUBLISHES.items() if topic in topics]
    return _allowed(
        f"topic {topic}", declared.PUBLISH_ROLE, writers, ground, "pubsub", "topics", "get-iam-policy", topic
    )


def _secret(name: str, ground: Ground) -> Check:
    enabled = asked(
        f"secret {name}", ground.gcloud, lambda found: (found["state"].lower(), found["state"] == "ENABLED"),
        "secrets", "versions", "describe", "latest", f"--secret={name}",
    )  # fmt: skip
    if not enabled.ok:
        project = ground.target.project
        fix = f"printf %s VALUE | gcloud secrets versions add {name} --data-file=- --project={project}"
        return Check(enabled.name, ok=False, said=enabled.said, fix=fix)
    readers = [function for function, names in declared.secrets(ground.config).items() if name in names]
    return _allowed(f"secret {name}", declared.SECRET_ROLE, readers, ground, "secrets", "get-iam-policy", name)


def _allowed(name: str, role: str, functions: Iterable[str], ground: Ground, *words: str) -> Check:
    """Whether just *functions* have *role*."""

    def judge(policy: dict[str, Any]) -> Verdict:
        ours = {f"serviceAccount:{account(one, ground.target.project)}": one for one in FUNCTIONS}
        found = {ours[member] for member in _members(policy, role) & ours.keys()}
        lacking, spare = sorted(set(functions) - found), sorted(found - set(functions))
        wrong = [f"{one} lacks {role}" for one in lacking] + [f"{one} has {role} to spare" for one in spare]
        return "; ".join(wrong) or "rights as declared", not wrong

    return asked(name, ground.gcloud, judge, *words)


def _members(policy: dict[str, Any], role: str) -> set[str]:
    return {member for one in policy.get("bindings", []) if one["role"] == role for member in one["members"]}


def _roles(policy: dict[str, Any], email: str) -> set[str]:
    return {one["role"] for one in policy.get("bindings", []) if f"serviceAccount:{email}" in one["members"]}
