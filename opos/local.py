"""The settings of a bundle on this machine, from the options that all commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from shared.runtime import Runtime, Settings

_OPTIONS = (
    click.option("--data", default=".opos", show_default=True, type=click.Path(path_type=Path), help="Data folder."),
    click.option("--config", "config_file", default="opos.yaml", show_default=True, type=click.Path(path_type=Path)),
    click.option("--flags", "flags_file", default="flags.yaml", show_default=True, type=click.Path(path_type=Path)),
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def local_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def environment(data: Path, config_file: Path, flags_file: Path, **more: str) -> dict[str, str]:
    """The process environment under which every function sees this bundle."""
    return {
        **os.environ,
        "OPOS_STORE": f"sqlite:///{data / 'opos.db'}",
        "OPOS_BUS": "local",
        "OPOS_CONFIG": str(config_file),
        "OPOS_FLAGS": str(flags_file),
        **more,
    }


def local_runtime(data: Path, config_file: Path, flags_file: Path) -> Runtime:
    return Runtime(Settings.from_environment(environment(data, config_file, flags_file)))
