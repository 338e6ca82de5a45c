"""The status page: its title, and the components of your service that it shows."""

from typing import Annotated, Literal

from pydantic import Field

from shared.alerting.matchers import Matchers
from shared.config.types import Address, Name
from shared.values.section import Section

Text = Annotated[str, Field(min_length=1, max_length=100)]


class Condition(Section):
    """A component is in `state` while an open alert matches all `matchers`."""

    state: Literal["degraded", "down"]
    matchers: Annotated[Matchers, Field(min_length=1)]


class Component(Section):
    """A part of your service, under the name that your customers know. Without `when`, only public incidents and
    maintenance windows change its state.
    """

    name: Text
    description: Annotated[str, Field(max_length=200)] = ""
    when: tuple[Condition, ...] = ()


class StatusPage(Section):
    """The public page at /status, with its components in the order of the file."""

    title: Text
    url: Address | None = None
    """The address in front of /status, if it is not public_url: the feed links to it."""
    components: Annotated[dict[Name, Component], Field(max_length=50)] = Field(default_factory=dict)
