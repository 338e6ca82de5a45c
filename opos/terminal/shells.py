"""The shells in which opos completes what you type, and where each of them looks for completions of its user."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import click
from click.shell_completion import get_completion_class

Shell = Literal["bash", "zsh", "fish"]
SHELLS: tuple[Shell, ...] = get_args(Shell)
_VARIABLE = "_OPOS_COMPLETE"


def this_shell(environ: Mapping[str, str] = os.environ) -> Shell | None:
    """The login shell of the user; None if it is none of SHELLS."""
    name = Path(environ.get("SHELL", "")).name
    return next((shell for shell in SHELLS if shell == name), None)


def place_of(shell: Shell, environ: Mapping[str, str] = os.environ) -> Path:
    """The file from which *shell* loads the completion of opos for this user.

    Sources: bash-completion README, "FAQ" (user directories, with colons between them since 2.12); fish documentation,
    "Where to put completions"; XDG Base Directory Specification (a relative directory is ignored). zsh has no directory
    of the user; `~/.zfunc` is the one that its users name most.
    """
    home = Path(environ.get("HOME") or Path.home())
    data = _folder(environ.get("XDG_DATA_HOME", "")) or home / ".local/share"
    config = _folder(environ.get("XDG_CONFIG_HOME", "")) or home / ".config"
    bash = _folder(*environ.get("BASH_COMPLETION_USER_DIR", "").split(":")) or data / "bash-completion"
    places = {
        "bash": bash / "completions/opos",
        "zsh": home / ".zfunc/_opos",
        "fish": config / "fish/completions/opos.fish",
    }
    return places[shell]


def _folder(*names: str) -> Path | None:
    """The first of *names* that does not depend on the folder in which a shell happens to start."""
    return next((Path(name) for name in names if name.startswith("/")), None)


def script(shell: Shell, command: click.Command) -> str:
    """What *shell* has to run so that it asks opos for completions."""
    made = get_completion_class(shell)
    if made is None:
        raise LookupError(shell)
    return made(command, {}, "opos", _VARIABLE).source_template % made(command, {}, "opos", _VARIABLE).source_vars()


def next_step(shell: Shell, file: Path) -> str:
    """What the user does, once, so that *shell* loads *file*."""
    steps = {
        "bash": f"Open a new terminal. If nothing completes there, bash-completion is not installed: "
        f"add this line to ~/.bashrc:\n  source {file}",
        "zsh": f"Add these lines to ~/.zshrc, unless it has them, then open a new terminal:\n"
        f"  fpath+=({file.parent})\n  autoload -Uz compinit && compinit",
        "fish": "Open a new terminal.",
    }
    return steps[shell]
