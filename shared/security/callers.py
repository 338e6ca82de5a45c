"""Who may call a deployed function: Pub/Sub and Scheduler by their service account, operators by their identity.

Sources: Cloud Pub/Sub documentation, "Authentication for push subscriptions"; Identity-Aware Proxy documentation,
"Securing your app with signed headers".
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.errors import Unauthorized
from shared.ports import Identities
from shared.telemetry.logger import log as _log
from shared.values.authorization import compact_token, identity_token

AUDIENCE, ACCOUNTS = "OPOS_PUSH_AUDIENCE", "OPOS_PUSH_ACCOUNT"
CONSOLE_AUDIENCE, IAP_AUDIENCE = "OPOS_CONSOLE_AUDIENCE", "OPOS_IAP_AUDIENCE"
CHECKED = "OPOS_CALLERS_CHECKED"
"""Set if Cloud Run admits only callers that IAM allows; it then passes their tokens on without the signature."""
OPERATORS = "OPOS_OPERATORS"
"""Operators besides those in opos.yaml: the account that deploys, so that its smoke test can use the console."""
IAP_HEADER = "x-goog-iap-jwt-assertion"


@dataclass(frozen=True)
class Callers:
    """Authenticates callers by their tokens. *google* and *iap* create the issuers at first use."""

    deployed: bool
    environment: Mapping[str, str] = field(repr=False)
    google: Callable[[], Identities]
    iap: Callable[[], Identities]

    def require_push(self, headers: Mapping[str, str], now: datetime) -> None:
        """Raises Unauthorized unless the caller is one of our service accounts. On a local backend, everyone may call.

        Without the settings that name the accounts, nobody may call.
        """
        if not self.deployed:
            return
        audience, accounts = self.environment.get(AUDIENCE), self.environment.get(ACCOUNTS, "").lower()
        if not audience or not accounts:
            _log.error("push_settings_missing", expected=[AUDIENCE, ACCOUNTS])
            raise Unauthorized("The request does not carry a valid identity token.")
        caller = self.google().email(_required(identity_token(headers)), audience=audience, now=now)
        if caller not in {account.strip() for account in accounts.split(",")} - {""}:
            _log.warning("push_refused", reason="another account")
            raise Unauthorized("The request does not carry a valid identity token.")

    def operator(self, headers: Mapping[str, str], operators: Collection[str], now: datetime) -> str:
        """The address of the caller, one of *operators*, from IAP or a Google identity token; empty for another."""
        try:
            caller = self._identity(headers, now)
        except Unauthorized:
            return ""
        return caller if caller in {operator.lower() for operator in operators} else ""

    def _identity(self, headers: Mapping[str, str], now: datetime) -> str:
        if IAP_HEADER in headers and (audience := self.environment.get(IAP_AUDIENCE)):
            return self.iap().email(_required(compact_token(headers[IAP_HEADER])), audience=audience, now=now)
        if audience := self.environment.get(CONSOLE_AUDIENCE):
            return self.google().email(_required(identity_token(headers)), audience=audience, now=now)
        raise Unauthorized("The request does not carry a valid identity token.")


def _required(token: str) -> str:
    if not token:
        raise Unauthorized("The request does not carry a valid identity token.")
    return token
