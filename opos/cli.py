"""`opos`: the operator's command line. Each command is a module, imported only when it is called."""

import importlib

import click

from shared.version import VERSION

_COMMANDS = {
    "init": "Ask five questions and write opos.yaml, flags.yaml, the secrets and the setup steps for each sender.",
    "up": "Run the whole bundle on this machine.",
    "demo": "Run a bundle with real signed webhooks and show what happens.",
    "send": "Send a signed webhook to a running bundle.",
    "events": "List the latest events; print new ones as they come.",
    "search": "Search alerts, events, flags, messages and all else for words, filters or an id.",
    "event": "Show an event with its headers and its payload.",
    "forward": "Forward the webhooks of a source to an app on your machine.",
    "trace": "Show everything that followed from an event.",
    "replay": "Process an event, or all events since a time, again.",
    "backup": "Copy the data of the bundle to a verified file, also while it runs.",
    "restore": "Put a backup in the place of the data of a bundle that does not run.",
    "export": "Write the event log as JSON lines.",
    "import": "Restore an exported event log, or convert an alertmanager.yml.",
    "route": "Explain where alerts go; try other routes on past events.",
    "alerts": "List open alerts; acknowledge, snooze or resolve them.",
    "silence": "Silence alerts for a while; list and end silences.",
    "heartbeat": "List the heartbeats; show their last pings and the address that a job pings.",
    "focus": "Let only critical alerts notify you for a while.",
    "channels": "Send a test notification and show what the receiver answers.",
    "digest": "Show the digests and explain the rank of each item.",
    "noise": "Show which rules interrupt you for nothing, and what to change.",
    "review": "Review the last seven days: interruptions, their cost, and what to change.",
    "flags": "List, evaluate and explain flags; find the stale ones.",
    "verify": "Check opos.yaml, flags.yaml and the secrets.",
    "secrets": "Rotate a secret without losing a webhook.",
    "doctor": "Run every check and explain each failure: its cause, its effect and the fix.",
    "retry": "Send undelivered notifications and digests again.",
    "dismiss": "Remove an item from the list of problems.",
    "slo": "Show each objective, its remaining error budget and its burn rate.",
    "cost": "Estimate the cost of a month on Google Cloud.",
    "deploy": "Deploy this checkout to Google Cloud step by step, with automatic rollback.",
    "rollback": "Roll back to the previous release.",
    "deployments": "List deployments: what was deployed, by whom, and how it ended.",
    "console": "Print a new link to the console.",
}
_ELSEWHERE = {"import": "import_:command", "dismiss": "retry:dismiss"}
"""The module and the attribute of the commands that are not the `command` of the module of their name."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in _COMMANDS:
            return None
        module, _, attribute = _ELSEWHERE.get(name, f"{name}:command").partition(":")
        command: click.Command = getattr(importlib.import_module(f"opos.commands.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def main() -> None:
    """Alerts, digests and feature flags for a company of one.

    Exit codes: 0 success, 1 failure, 2 wrong usage or configuration.
    """
