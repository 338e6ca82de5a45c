"""`opos`: the operator's command line. Each command is a file of its own, imported only when it is called."""

import importlib

import click

from shared.version import VERSION

_COMMANDS = {
    "init": "Ask five questions, and write opos.yaml, flags.yaml, the secrets and what to set up at senders.",
    "up": "Run the whole bundle on this machine.",
    "demo": "Run it with real signed webhooks and tell what happens.",
    "send": "Send a signed webhook to a running bundle.",
    "trace": "Show the whole way of one event.",
    "replay": "Handle an event, or all since a moment, again.",
    "export": "Write the event log as JSON lines.",
    "import": "Restore an exported event log, or take over an alertmanager.yml.",
    "route": "Explain where alerts go; try other routes on what has happened.",
    "alerts": "List what is open; acknowledge, snooze or resolve it.",
    "silence": "Silence alerts for a while, list and end silences.",
    "focus": "Keep what is not critical from interrupting for a while.",
    "digest": "Show the digests, and say why each item stands where it does.",
    "noise": "Say which rules interrupt for nothing, and what to change.",
    "review": "Look back at the week: what interrupted, what it cost, what to change.",
    "flags": "List and evaluate flags, say why, and name those that should be gone.",
    "verify": "Check opos.yaml, flags.yaml and the secrets.",
    "secrets": "Renew a secret without losing a webhook.",
    "doctor": "Run every check, and say what is wrong, why, and what to do first.",
    "retry": "Send again what a channel has refused.",
    "dismiss": "Take something off the list of what is wrong.",
    "slo": "Show each objective, what is left of its error budget, and how fast that burns.",
    "cost": "Say what a month on Google Cloud would cost.",
    "deploy": "Bring this checkout to the cloud, dark first, and back by itself when it is worse.",
    "rollback": "Let what ran before take the traffic again.",
    "deployments": "List what was deployed, by whom, and how it ended.",
    "console": "Print a fresh link to the console.",
}


_MODULES = {"import": "import_"}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"opos.commands.{_MODULES.get(name, name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def main() -> None:
    """The operations desk of a company of one.

    Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
    """
