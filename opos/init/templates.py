"""The text of opos.yaml, flags.yaml and senders.md, from the answers."""

import re
from collections.abc import Iterator

import yaml

from opos.init.page_channel import channels
from opos.init.questions import SMOKE, Answers
from opos.senders.catalogue import known, path, sender

SMOKE_SECRET = "OPOS_SMOKE_SECRET"  # noqa: S105  (its name)
_HEAD = """\
# Your configuration. `opos verify` checks it, and so do `opos up` and CI. It names secrets, but never contains them:
# opos reads each secret from .env beside this file, the environment variable NAME, or the file that NAME_FILE names.
owner: {email}
timezone: {timezone}
"""
_OWN_APP = """\
  {name}:   # your own app, which signs with a Standard Webhooks library
    scheme: standard-webhooks
    secrets: [{secret}]
    alert:
      {{when: data.severity, title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}}
    event: {{title: data.title}}
"""
_SMOKE = f"""\
  {SMOKE}:   # the smoke test of `opos deploy`
    scheme: standard-webhooks
    secrets: [{SMOKE_SECRET}]
    alert: {{title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}}
"""
_REST = """\
digest: {{channel: {digest}, window: 5m, size: 5}}   # everything else goes into a digest
# focus: {{blocks: [{{name: deep work, days: mon-fri, from: "09:00", to: "12:00"}}]}}
# heartbeats: {{backup: {{every: 1d, grace: 1h}}}}   # `opos heartbeat url backup` prints what the job pings
"""
_DEPLOY = """
deploy:                                     # `opos deploy --target ...`
  targets:
{targets}
  smoke: {smoke}
  steps: [10, 50, 100]                      # percent of the traffic; opos watches each step for `bake`
  bake: 2m
"""
FLAGS = """\
# Feature flags of your product. `rollout` is the percentage of users; the same user always gets the same value.
# Try it: curl 'localhost:8080/flags/new_checkout?targetingKey=u1'
flags:
  new_checkout: {enabled: true, rollout: 25}
  dark_mode: {enabled: false}
"""


def config(answers: Answers) -> str:
    """The text of opos.yaml."""
    head = _HEAD.format(email=_quoted(answers.email), timezone=answers.timezone)
    deploy = [_deploy(answers)] if answers.targets else []
    return "".join([head, *_sources(answers), *_channels(answers), *_route(answers), *deploy])


def instructions(answers: Answers) -> str:
    """The text of senders.md: the setup steps for each sender."""
    parts = [_instruction(name) for name in answers.senders]
    host = (
        "Replace `your-host` with the public host of this bundle: a tunnel, or a proxy with TLS in front of `opos up`."
    )
    cloud = " After a deploy, `gcloud run services describe webhook-intake --format='value(status.url)'` prints it."
    head = f"# Set up your senders\n\n{host}{cloud if answers.targets else ''} The secrets are in `.env`.\n"
    return "\n".join([head, *parts])


def _sources(answers: Answers) -> Iterator[str]:
    names = answers.senders
    yield "\nsources:\n" if names or answers.targets else "\nsources: {}\n"
    width = max((len(name) for name in names), default=0) + 1
    for name in names:
        shape = sender(name)
        line = f"  {name + ':':<{width}} {{scheme: {shape.scheme}, secrets: [{shape.secret}]}}\n"
        yield line if name in known() else _OWN_APP.format(name=_quoted(name), secret=shape.secret)
    if answers.targets:
        yield _SMOKE


def _channels(answers: Answers) -> Iterator[str]:
    yield "\nchannels:\n  desk: {console: true}                     # the console and the terminal\n"
    yield from (f"  {channel.line}\n" for channel in channels(answers))


def _route(answers: Answers) -> Iterator[str]:
    critical = next((channel.name for channel in channels(answers)), "desk")
    where = "# critical alerts notify you here immediately; docs/alerting.md has more"
    if answers.targets:
        yield f"\nroute:\n  channel: {critical}   {where}\n"
        yield f"  routes: [{{matchers: [source={SMOKE}], channel: desk}}]\n"
    else:
        yield f"\nroute:  {{channel: {critical}}}   {where}\n"
    yield _REST.format(digest="inbox" if critical == "inbox" else "desk")


def _deploy(answers: Answers) -> str:
    targets = [
        f"    {target}: {{project: {_quoted(project)}, region: {answers.region}}}"
        for target, project in answers.targets.items()
    ]
    return _DEPLOY.format(targets="\n".join(targets), smoke=SMOKE)


def _instruction(name: str) -> str:
    shape = sender(name)
    origin = "generated for you in `.env`" if shape.made_by == "you" else "the sender generates it: copy it into `.env`"
    lines = [
        f"## {name}",
        f"- Address: `https://your-host{path(name, shape.scheme)}`",
        f"- Secret: `{shape.secret}`, {origin}",
        f"- Where: {shape.where}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """*text* as a YAML string, in quotes if YAML would read it as something else."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9@._+-]*", text) and yaml.safe_load(text) == text
    return text if plain else "'" + text.replace("'", "''") + "'"
