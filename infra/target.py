"""The target in opos.yaml that a stack belongs to, and the options that its resources share."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_gcp as gcp

from shared.config.deploy import Deploy, Target, TargetName
from shared.config.files.loader import load_config
from shared.config.model import Config
from shared.errors import OposError

OPOS_YAML = Path(__file__).parents[1] / "opos.yaml"
HOW = "see docs/infrastructure.md, Set up"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The target of opos.yaml that the stack belongs to."""

    name: TargetName
    config: Config
    deploy: Deploy
    target: Target


@dataclass(frozen=True, slots=True)
class Cloud:
    """The project of a target, with its enabled APIs."""

    chosen: Chosen
    provider: gcp.Provider
    apis: Mapping[str, gcp.projects.Service]

    @property
    def project(self) -> str:
        return self.chosen.target.project

    @property
    def region(self) -> str:
        return self.chosen.target.region

    def needing(self, api: str, *, protect: bool = False, ignoring: tuple[str, ...] = ()) -> pulumi.ResourceOptions:
        """The options of a resource that needs *api* enabled first. `protect`: Pulumi refuses to destroy it."""
        return pulumi.ResourceOptions(
            provider=self.provider,
            depends_on=[self.apis[f"{api}.googleapis.com"]],
            protect=protect,
            ignore_changes=list(ignoring),
        )


def choose(stack: str) -> Chosen:
    """The target with the name of the stack, in the file that OPOS_CONFIG names. Raises pulumi.RunError."""
    path = Path(os.environ.get("OPOS_CONFIG", OPOS_YAML))
    try:
        config = load_config(path)
    except OposError as fault:
        raise pulumi.RunError("\n".join(filter(None, (str(fault), fault.hint)))) from fault
    if config.deploy is None:
        raise pulumi.RunError(f"expected a `deploy:` section with targets in {path}, found none; {HOW}")
    for name, target in config.deploy.targets.items():
        if name == stack:
            return Chosen(name, config, config.deploy, target)
    names = ", ".join(config.deploy.targets)
    raise pulumi.RunError(f"expected a stack named as a target of {path} ({names}), found {stack}; {HOW}")
