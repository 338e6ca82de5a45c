"""HTML templates that escape every value, and show no character that `shared.values.text` removes."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.values.links import web_link
from shared.values.text import readable_lines

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def templates(folder: Path) -> "Environment":
    """The templates in *folder*, with the test `is web_link`. A missing variable is an error, not a blank."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(folder)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    environment.tests["web_link"] = lambda value: bool(web_link(value))
    return environment


def _shown(value: Any) -> Any:
    """*value* as a template shows it. Markup, which another template made, stays as it is."""
    return readable_lines(value) if type(value) is str else value
