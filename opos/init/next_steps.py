"""What to do after `opos init`, as lines to paste."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from opos.bundle.data_folder import is_running
from opos.init.dotenv import Wanted
from opos.init.folder import Plan
from opos.init.prompt import paragraph
from opos.init.questions import Answers
from opos.init.sender_guide import Setup
from opos.senders.sample import samples
from opos.terminal.next_step import program
from opos.terminal.options import DEFAULTS
from shared.config.files.dotenv import NAME
from shared.config.sources import Source
from shared.security.secrets import read_secret

_LOAD = f". ./{NAME} && "
"""What comes before a command that needs the secrets."""
_DATA = Path(DEFAULTS["--data"])
_TUNNEL = "cloudflared tunnel --url http://localhost:8080"


def steps(answers: Answers, plan: Plan, missing: list[str]) -> list[str]:
    """The steps in short, each in one line."""
    opos = program()
    fill = [f"set {', '.join(missing)} in {NAME}"] if missing else []
    tunnel = (
        [] if answers.public_url else [f"make port 8080 public ({_TUNNEL}), then {opos} init --public-url https://..."]
    )
    cloud = ["docs/deploying.md shows what `opos deploy` needs on Google Cloud"] if answers.targets else []
    senders = ["follow senders.md to set up each sender"] if plan.setups else []
    up = f"{opos} up" + (" (first stop the bundle that runs here: Ctrl-C)" if is_running(_DATA) else "")
    return [*fill, f"{opos} verify", up, *tunnel, *senders, *cloud]


def text(
    answers: Answers, plan: Plan, missing: list[str], sources: Mapping[str, Source], env: Mapping[str, str]
) -> str:
    """The steps for a reader, numbered, with each command on a line of its own."""
    blocks = [*_blocks(answers, plan, missing, sources, env)]
    return "\n".join(f"{number}. {block}" for number, block in enumerate(blocks, start=1))


def setup_block(setup: Setup, *, missing: bool) -> str:
    """What to enter at the sender: where, the address, and the secret or where it goes."""
    secret = f"grep {setup.secret} {NAME}"
    if missing:
        secret = f"copy it from the sender into {NAME}, as {setup.secret}"
    elif not setup.generated:
        secret = f"is set: {setup.secret}"
    head = [f"Set up {setup.name}:", f"     address  {setup.address}", f"     secret   {secret}"]
    return "\n".join([*head, *paragraph(setup.where)])


def channel_block(secret: Wanted) -> str:
    """What to do at the receiver of a channel, and where its address is or goes."""
    where = f"grep {secret.name} {NAME}" if secret.value else f"goes into {NAME}, as {secret.name}"
    about = secret.note.removeprefix(f"{secret.channel}: ")
    return "\n".join([f"Set up {secret.channel}:", f"     address  {where}", *paragraph(about)])


def _blocks(
    answers: Answers, plan: Plan, missing: list[str], sources: Mapping[str, Source], env: Mapping[str, str]
) -> Iterator[str]:
    opos = program()
    early = [setup for setup in plan.setups if setup.secret in missing]
    tunnel = (
        f"Make port 8080 public, and tell opos the address:\n     {_TUNNEL}\n     {opos} init --public-url https://..."
    )
    if early and not answers.public_url:
        yield tunnel
    yield from (setup_block(setup, missing=True) for setup in early)
    yield from (channel_block(secret) for secret in plan.secrets if secret.channel)
    if missing:
        yield f"Enter what is missing: set {', '.join(missing)} in {NAME}"
    start = "stop opos with Ctrl-C in its terminal, and start it again" if is_running(_DATA) else "start opos"
    yield f"Check the files, {'' if is_running(_DATA) else 'and '}{start}:\n     {opos} verify\n     {opos} up"
    if sample := _sample(plan, sources, env):
        yield f"In a second terminal, try it:\n     {opos} send {sample}\n     {opos} alerts list"
    if plan.setups and not early and not answers.public_url:
        yield tunnel
    yield from (setup_block(setup, missing=False) for setup in plan.setups if setup not in early)
    if answers.targets:
        yield "docs/deploying.md shows what `opos deploy` needs on Google Cloud."


def _sample(plan: Plan, sources: Mapping[str, Source], env: Mapping[str, str]) -> str | None:
    """The arguments of `opos send` for a first sample, of a new sender whose secret is set."""
    ready = [setup.name for setup in plan.setups if read_secret(setup.secret, env) is not None]
    for name in ready:
        for sample in ("firing", "failure", *samples(name, sources[name])):
            if sample in samples(name, sources[name]):
                return f"{name} --sample {sample}"
    return None
