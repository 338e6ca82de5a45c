"""What follows from the fields of a Config, made when it is first asked for."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.alerting.inhibition import Inhibition, InhibitRule
    from shared.alerting.routes import Node, Route
    from shared.config.digests import Digest, Digests


class Derived:
    if TYPE_CHECKING:  # the fields of who inherits: Config, and what is compiled of one
        digest: Digests
        route: Route
        inhibit_rules: tuple[InhibitRule, ...]

    @cached_property
    def digests(self) -> "dict[str, Digest]":
        from shared.config.digests import ONLY, Digest

        return {ONLY: self.digest} if isinstance(self.digest, Digest) else self.digest

    @cached_property
    def routes(self) -> "Node":
        """The route tree, ready to be asked."""
        from shared.alerting.routes import compile_routes

        return compile_routes(self.route, digest=next(iter(self.digests)))

    @cached_property
    def inhibition(self) -> "Inhibition":
        from shared.alerting.inhibition import Inhibition

        return Inhibition(self.inhibit_rules)
