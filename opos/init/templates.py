"""opos.yaml, flags.yaml and senders.md as text, from the answers."""

import re
from collections.abc import Iterator

import yaml

from opos.init.page_channel import channels
from opos.init.questions import SMOKE, Answers
from opos.senders.catalogue import known, path, sender

SMOKE_SECRET = "OPOS_SMOKE_SECRET"  # noqa: S105  (its name)
_HEAD = """\
# Everything an operator decides. Checked by `opos verify`, at start and in CI. Secrets are named here, never written:
# each is read from the environment (NAME, or the file that NAME_FILE names).
owner: {email}
timezone: {timezone}
"""
_OWN_APP = """\
  {name}:   # your own app, signing with a library of Standard Webhooks
    scheme: standard-webhooks
    secrets: [{secret}]
    alert:
      {{when: data.severity, title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}}
    event: {{title: data.title}}
"""
_SMOKE = f"""\
  {SMOKE}:   # how `opos deploy` tries a new revision, from the webhook to the console
    scheme: standard-webhooks
    secrets: [{SMOKE_SECRET}]
    alert: {{title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}}
"""
_REST = """\
digest: {{channel: {digest}, window: 5m, size: 5}}   # where the rest goes
# focus: {{blocks: [{{name: deep work, days: mon-fri, from: "09:00", to: "12:00"}}]}}
# heartbeats: {{backup: {{every: 1d, grace: 1h}}}}   # a job that calls /webhooks/ping/backup; missed, it is an alert
"""
_DEPLOY = """
deploy:                                     # `opos deploy --target ...`
  targets:
{targets}
  smoke: {smoke}
  steps: [10, 50, 100]                      # percent of the traffic, each watched for `bake`
  bake: 2m
"""
FLAGS = """\
# Feature flags of the product's frontend. `rollout` is a share of users in percent; the same user always gets the same
# answer. Ask with: curl 'localhost:8080/flags/new_checkout?targetingKey=u1'
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
    """The text of senders.md: what belongs where on each sender's side."""
    parts = [_instruction(name) for name in answers.senders]
    host = "`your-host` is where this bundle is reached: a tunnel or a proxy with TLS in front of `opos up`"
    cloud = "; deployed, what `gcloud run services describe webhook-intake --format='value(status.url)'` says"
    head = f"# On your senders' side\n\n{host}{cloud if answers.targets else ''}. The secrets are in `.env`.\n"
    return "\n".join([head, *parts])


def _sources(answers: Answers) -> Iterator[str]:
    names = answers.senders
    yield "\nsources:\n" if names or answers.targets else "\nsources: {}\n"
    width = max((len(name) for name in names), default=0) + 1
    for name in names:
        found = sender(name)
        line = f"  {name + ':':<{width}} {{scheme: {found.scheme}, secrets: [{found.secret}]}}\n"
        yield line if name in known() else _OWN_APP.format(name=_quoted(name), secret=found.secret)
    if answers.targets:
        yield _SMOKE


def _channels(answers: Answers) -> Iterator[str]:
    yield "\nchannels:\n  desk: {console: true}                     # the console page and the terminal\n"
    yield from (f"  {channel.line}\n" for channel in channels(answers))


def _route(answers: Answers) -> Iterator[str]:
    critical = next((channel.name for channel in channels(answers)), "desk")
    where = "# where what is critical goes, at once; docs/alerting.md says what else"
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
    found = sender(name)
    made = "chosen for you" if found.made_by == "you" else "made by the sender: copy it into `.env`"
    lines = [
        f"## {name}",
        f"- Address: `https://your-host{path(name, found.scheme)}`",
        f"- Secret: `{found.secret}`, {made}",
        f"- Where: {found.where}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """*text* as YAML takes it for text: quoted where it would be taken for something else."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9@._+-]*", text) and yaml.safe_load(text) == text
    return text if plain else "'" + text.replace("'", "''") + "'"
