"""The checks of the intake: no source is rejected, and no secret has what an editor or a shell left in it.

Anyone may read these results, so they do not say why a webhook was rejected: `opos doctor` and the console do.
"""

from collections.abc import Sequence

from shared.config.secret_names import named_secrets
from shared.context import Context
from shared.errors import Unavailable
from shared.health.report import Result, compare
from shared.intake.rejections import rejected_sources, watched
from shared.security.secrets import flaw
from shared.services.intake.rejections import among
from shared.services.slo.indicators import Report, last_accepted


def rejected(reports: Sequence[Report], context: Context) -> list[Result]:
    """How many sources are rejected: within a day, and nothing of them was accepted since. They are in *reports*."""
    sources = rejected_sources(among(reports), last_accepted(reports), watched(context.config), context.now)
    output = f"{', '.join(sorted(sources))}; `opos doctor` shows why"
    failure = "webhooks-rejected"
    return [compare("webhooks:rejected", len(sources), "sources", threshold=1, failure=failure, output=output)]


def secrets_malformed(context: Context) -> list[Result]:
    """How many of the secrets that this process has are malformed."""
    names = dict.fromkeys(name for _, name in named_secrets(context.config))
    wrong = [f"{name} {fault}" for name in names if (fault := flaw(_value(name, context)))]
    failure = "secret-malformed"
    return [compare("secrets:malformed", len(wrong), "items", threshold=1, failure=failure, output=", ".join(wrong))]


def _value(name: str, context: Context) -> str:
    """Empty if this process does not have the secret: on Google Cloud, each function has only its own."""
    try:
        return context.secret(name)
    except Unavailable:
        return ""
