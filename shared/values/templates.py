"""HTML templates that escape every value."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shared.values.links import web_link

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def templates(folder: Path) -> "Environment":
    """The templates in *folder*, with the test `is web_link`. A missing variable is an error, not a blank."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(folder)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests["web_link"] = lambda value: bool(web_link(value))
    return environment
