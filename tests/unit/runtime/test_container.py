"""The composition root."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from shared.config.model import Config
from shared.errors import OposError, Unavailable
from shared.ports.topology import FUNCTIONS
from shared.process.lazy_property import once
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from tests.support.fakes import CONFIG, FakeClock
from tests.support.project import ROOT


def runtime(**environment: str) -> Runtime:
    return Runtime(Settings.from_environment({"OPOS_CONFIG": str(ROOT / "opos.yaml"), **environment}))


def test_a_deployed_function_refuses_sqlite_unless_told_otherwise(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/opos.db"
    with pytest.raises(OposError, match="found SQLite in a deployed function"):
        _ = runtime(K_SERVICE="webhook_intake", OPOS_STORE=url).store
    assert runtime(K_SERVICE="webhook_intake", OPOS_STORE=url, OPOS_ALLOW_SQLITE="1").store


@pytest.mark.parametrize(
    "environment", [{"OPOS_STORE": "mysql://x"}, {"OPOS_STORE": "sqlite:///"}, {"OPOS_BUS": "kafka"}]
)
def test_a_setting_that_cannot_be_is_named_with_what_was_expected(environment: dict[str, str]) -> None:
    with pytest.raises(OposError, match=r"expected .*, found"):
        _ = runtime(**environment).bus


def test_firestore_without_pubsub_is_told_which_setting_is_missing() -> None:
    with pytest.raises(OposError, match="OPOS_BUS: expected pubsub"):
        _ = runtime(OPOS_STORE="firestore").bus
    with pytest.raises(Unavailable) as fault:
        _ = runtime(OPOS_STORE="firestore", OPOS_BUS="pubsub").links
    assert "OPOS_SIGNING_KEY_FILE" in str(fault.value.hint)


def test_a_missing_secret_is_named_and_its_remedy_too() -> None:
    with pytest.raises(Unavailable) as fault:
        runtime().secret("GITHUB_WEBHOOK_SECRET")
    assert "GITHUB_WEBHOOK_SECRET_FILE" in str(fault.value.hint)


def test_the_local_signing_key_is_made_once_and_is_for_the_owner_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/opos.db"
    keys = {runtime(OPOS_STORE=url).links.key for _ in range(3)}
    assert len(keys) == 1
    assert (tmp_path / "signing.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]


def test_a_deployed_function_makes_no_signing_key_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        _ = runtime(K_SERVICE="console", OPOS_STORE=f"sqlite:///{tmp_path}/opos.db", OPOS_ALLOW_SQLITE="1").links


def test_invocations_share_the_ports_of_their_process_and_no_time_or_trace(tmp_path: Path) -> None:
    ours = Runtime(Settings.from_environment({"OPOS_STORE": f"sqlite:///{tmp_path}/opos.db"}), clock=FakeClock())
    first, second = ours.context("a" * 32), ours.context()
    assert first.store is second.store is ours.store
    assert first.indicators is second.indicators is ours.indicators
    assert first.trace == "a" * 32 != second.trace
    ours.clock.advance(minutes=1)
    assert ours.context().now - first.now == timedelta(minutes=1)
    assert first.elapsed_seconds > second.elapsed_seconds > 0
    assert {"now", "trace"}.isdisjoint(ours.__dict__)


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ({"console": True}, "ConsoleLine"),
        ({"apprise": "URL"}, "AppriseService"),
        ({"ntfy": "URL"}, "NtfyTopic"),
        ({"slack": "URL"}, "SlackWebhook"),
        ({"email": "URL", "to": "me@example.com"}, "SmtpMail"),
    ],
)
def test_each_kind_of_channel_is_made_and_made_once(declared: dict[str, object], kind: str) -> None:
    ours = runtime(URL="smtp://mail.example.com:25")
    ours.__dict__["config"] = Config.model_validate({**CONFIG, "channels": {"desk": declared, "inbox": declared}})
    assert type(ours.channel("desk")).__name__ == kind
    assert ours.channel("desk") is ours.channel("desk")


def test_what_is_made_once_is_made_once_however_many_threads_ask() -> None:
    made: list[int] = []

    class Slow:
        @once
        def value(self) -> object:
            made.append(1)
            time.sleep(0.01)
            return object()

    slow, barrier = Slow(), threading.Barrier(8)

    def ask(_: int) -> object:
        barrier.wait()
        return slow.value

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1
    assert made == [1]


HEAVY = (
    "apprise",
    "sqlite3",
    "yaml",
    "cryptography",
    "mmh3",
    "cbor2",
    "jmespath",
    "google.cloud.firestore",
    "grpc",
    "jwt",
    "company",
    "shared.runtime.company",
    "email_validator",
)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_loading_a_function_connects_to_nothing_and_imports_nothing_heavy(function: str, tmp_path: Path) -> None:
    script = (
        f"import sys, functions_framework; functions_framework.create_app({function!r}, {str(ROOT / 'functions' / function / 'main.py')!r});"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []
