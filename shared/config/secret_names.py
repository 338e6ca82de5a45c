"""The secrets that a configuration names."""

from collections.abc import Iterator

from shared.config.channels import SecretChannel
from shared.config.model import Config

Where = tuple[str | int, ...]


def named_secrets(config: Config) -> Iterator[tuple[Where, str]]:
    """Each place in opos.yaml that names a secret, with the name."""
    for name, source in config.sources.items():
        yield from ((("sources", name, "secrets", n), secret) for n, secret in enumerate(source.secrets))
    for name, heartbeat in config.heartbeats.items():
        yield from ((("heartbeats", name, "secrets", n), secret) for n, secret in enumerate(heartbeat.secrets))
    for name, channel in config.channels.items():
        if isinstance(channel, SecretChannel):
            yield ("channels", name, channel.kind), channel.secret
    for number, issuer in enumerate(config.flags.identity):
        if issuer.secret:
            yield ("flags", "identity", number, "secret"), issuer.secret
    if config.checker:
        yield ("checker", "ping"), config.checker.ping
