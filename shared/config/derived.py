"""Values derived from the fields of a Config, computed at first use."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.alerting.inhibition import Inhibition, InhibitRule
    from shared.alerting.routes import Node, Route
    from shared.config.digests import Digest, Digests


class Derived:
    if TYPE_CHECKING:  # the fields of the subclasses: Config and the compiled configuration
        digest: Digests
        route: Route
        inhibit_rules: tuple[InhibitRule, ...]

    @cached_property
    def digests(self) -> "dict[str, Digest]":
        from shared.config.digests import ONLY, Digest

        return {ONLY: self.digest} if isinstance(self.digest, Digest) else self.digest

    @cached_property
    def routes(self) -> "Node":
        """The compiled route tree."""
        from shared.alerting.routes import compile_routes

        return compile_routes(self.route, digest=next(iter(self.digests)))

    @cached_property
    def inhibition(self) -> "Inhibition":
        from shared.alerting.inhibition import Inhibition

        return Inhibition(self.inhibit_rules)
