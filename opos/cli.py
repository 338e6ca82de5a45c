"""`opos`: the operator's command line. Each command is a module, imported only when it is called."""

import importlib
from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

from opos.terminal.groups import Suggesting, did_you_mean
from shared.version import VERSION

_COMMANDS = {
    "init": "Ask a few questions and write opos.yaml, flags.yaml, the secrets and the setup steps; add a sender.",
    "up": "Run the whole bundle on this machine.",
    "demo": "Run a bundle with real signed webhooks and show what happens.",
    "send": "Send a signed webhook to a running bundle.",
    "status": "Show what needs you now, and what can wait.",
    "events": "List the latest events; print new ones as they come.",
    "search": "Search alerts, events, flags, messages and all else for words, filters or an id.",
    "event": "Show an event with its headers and its payload.",
    "show": "Find out what an id is, and show it in short.",
    "forward": "Forward the webhooks of a source to an app on your machine.",
    "records": "List, show, change and undo the records of your company.",
    "workflows": "Check, list and begin the workflows of your company.",
    "trace": "Show everything that followed from an event.",
    "replay": "Process an event, or all events since a time, again.",
    "backup": "Copy the data of the bundle to a verified file, also while it runs.",
    "restore": "Put a backup in the place of the data of a bundle that does not run.",
    "export": "Write the event log as JSON lines.",
    "import": "Restore an exported event log, or convert an alertmanager.yml.",
    "route": "Explain where alerts go; try other routes on past events.",
    "alerts": "List open alerts; acknowledge, snooze or resolve them; add notes.",
    "asks": "List what waits for your answer; show an ask; answer it.",
    "incident": "Export the story of an alert for a post-mortem: who was notified, who acted, what else happened.",
    "silence": "Silence alerts for a while; list and end silences.",
    "heartbeat": "List the heartbeats; show their last pings and the address that a job pings.",
    "focus": "Let only critical alerts notify you for a while.",
    "channels": "Send a test notification and show what the receiver answers.",
    "digest": "Show the digests and explain the rank of each item.",
    "noise": "Show which rules interrupt you for nothing, and what to change.",
    "review": "Review the last seven days: interruptions, their cost, and what to change.",
    "flags": "List, evaluate and explain flags; find the stale ones.",
    "verify": "Check opos.yaml, flags.yaml, the secrets and company/.",
    "secrets": "Rotate a secret without losing a webhook.",
    "doctor": "Run every check and explain each failure: its cause, its effect and the fix.",
    "retry": "Send undelivered notifications and digests again.",
    "dismiss": "Remove an item from the list of problems.",
    "statuspage": "Declare public incidents and maintenance windows on your status page.",
    "slo": "Show each objective, its remaining error budget and its burn rate.",
    "completion": "Complete commands, options and ids in your shell.",
    "cost": "Estimate the cost of a month on Google Cloud.",
    "deploy": "Deploy this checkout to Google Cloud step by step, with automatic rollback.",
    "rollback": "Roll back to the previous release.",
    "deployments": "List deployments: what was deployed, by whom, and how it ended.",
    "console": "Print a new link to the console.",
}
_ELSEWHERE = {"import": "import_:command", "dismiss": "retry:dismiss"}
"""The module and the attribute of the commands that are not the `command` of the module of their name."""


class _Lazy(Suggesting):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def load(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in _COMMANDS:
            return None
        module, _, attribute = _ELSEWHERE.get(name, f"{name}:command").partition(":")
        command: click.Command = getattr(importlib.import_module(f"opos.commands.{module}"), attribute)
        return command

    def suggestion(self, ctx: click.Context, word: str) -> str:
        """The commands that look like *word*, or those of groups that have its name: `ack` is `alerts ack`."""
        groups = ((name, self.get_command(ctx, name)) for name in _COMMANDS)
        below = [
            f"{name} {word}" for name, group in groups if isinstance(group, click.Group) and word in group.commands
        ]
        return f" Did you mean {' or '.join(below)}?" if below else did_you_mean(word, _COMMANDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin with *incomplete*, none of which is imported for that."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(name, help=text) for name, text in _COMMANDS.items() if name.startswith(incomplete)]

    def rows(self, ctx: click.Context) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        yield from _COMMANDS.items()


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def main() -> None:
    """Alerts, digests and feature flags for a company of one.

    Exit codes: 0 success, 1 failure, 2 wrong usage or configuration.
    """
