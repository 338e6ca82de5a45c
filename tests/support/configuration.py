"""A configuration from the text of an opos.yaml."""

from shared.config.files.loader import config_in
from shared.config.files.located_yaml import parse_yaml
from shared.config.model import Config


def parse_config(text: str) -> Config:
    """The configuration in *text*. Raises ConfigError."""
    return config_in(parse_yaml(text, "opos.yaml"))
