"""Secrets in Google's Secret Manager. A function reads the newest version when an instance of it starts.

Source: Cloud Run documentation, "Configure secrets for services"; `gcloud secrets versions --help`.
"""

from dataclasses import dataclass

from opos.cloud.cloud_run import running
from opos.cloud.gcloud import CloudError, Gcloud, Missing

_INTAKE = "webhook_intake"
_ENDED = ("DISABLED", "DESTROYED")


@dataclass(frozen=True, slots=True)
class Manager:
    gcloud: Gcloud
    target: str
    at_once: bool = True  # an instance may start at any time
    confirm: str = ""

    @property
    def restart(self) -> str:
        return f"opos deploy --target {self.target} --only {_INTAKE}"

    @property
    def reload(self) -> str:
        return self.restart

    def value(self, name: str) -> str | None:
        try:
            return self.gcloud.text("secrets", "versions", "access", "latest", f"--secret={name}") or None
        except Missing:
            return None
        except CloudError as fault:
            if any(state in fault.message for state in _ENDED):
                return None
            raise

    def put(self, name: str, value: str) -> str:
        try:
            self.gcloud.text("secrets", "versions", "add", name, "--data-file=-", given=value)
        except Missing:
            hint = f"Run `pulumi up` in infra/, which creates it and lets {_INTAKE} read it; then repeat this command."
            raise Missing(f"expected the secret {name} in {self.gcloud.project}, found none", hint=hint) from None
        return f"{name}: added a new version in {self.gcloud.project}"

    def copy(self, name: str, to: str) -> str:
        return self.put(to, str(self.value(name)))

    def forget(self, name: str) -> list[str]:
        versions = self.gcloud.json("secrets", "versions", "list", name) or []
        numbers = sorted(int(version["name"].rpartition("/")[2]) for version in versions)
        enabled = [version for version in versions if str(version.get("state")).upper() == "ENABLED"]
        old = sorted({int(version["name"].rpartition("/")[2]) for version in enabled} - set(numbers[-1:]))
        for number in old:
            self.gcloud.text("secrets", "versions", "disable", str(number), f"--secret={name}")
        return [f"{name}: disabled the versions {', '.join(map(str, old))}; destroy them in a week"] if old else []

    def is_known(self, name: str) -> bool:
        service = running(_INTAKE, self.gcloud)
        return service is None or all(name in self._read_by(revision) for revision in service.split)

    def where(self, name: str) -> str:
        return f"gcloud secrets versions access latest --secret={name} --project={self.gcloud.project}"

    def _read_by(self, revision: str) -> set[str]:
        described = self.gcloud.regional("run", "revisions", "describe", revision)
        return {entry["name"] for container in described["spec"]["containers"] for entry in container.get("env", [])}
