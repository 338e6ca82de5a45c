"""What some tests need beyond Python: skipped with one line where it is missing, and required in CI.

A need also puts its tests into a tier, so that no test has to say so twice.
"""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from opos.bundle.emulators import missing
from tests.support.project import ROOT

OCTOKIT = ROOT / ".cache/octokit/package/api.github.com/index.json"
NPM, FRONTEND = ROOT / "tests/npm", ROOT / "examples/frontend"

TIERS: dict[str, str] = {}
"""The tier of the tests that need something, by the reason for which they are skipped where it is missing."""


def _needs(name: str, *, there: bool, how: str, tier: str = "") -> pytest.MarkDecorator:
    if "OPOS_CI" in os.environ:
        assert there, f"{name} must be there in CI: {how}"
    reason = f"needs {name}: {how}"
    if tier:
        TIERS[reason] = tier
    return pytest.mark.skipif(not there, reason=reason)


def _is_newer(made: Path, *sources: Path) -> bool:
    """Whether *made* is there, and not from before a change: it would have the old one tested."""
    return made.exists() and made.stat().st_mtime >= max(source.stat().st_mtime for source in sources)


alertmanager = _needs(
    "Debian's prometheus-alertmanager",
    there=shutil.which("prometheus-alertmanager") is not None,
    how="apt install prometheus-alertmanager",
    tier="counterparts",
)
prometheus = _needs(
    "Debian's prometheus", there=shutil.which("promtool") is not None, how="apt install prometheus", tier="counterparts"
)
browser = _needs(
    "Chromium and playwright",
    there=shutil.which("chromium") is not None and find_spec("playwright") is not None,
    how="apt install chromium",
    tier="counterparts",
)
gcloud = _needs(
    "the Google Cloud CLI", there=shutil.which("gcloud") is not None, how="apt install google-cloud-cli", tier="slow"
)
emulators = _needs(
    "Google's emulators",
    there=not missing(),
    how="gcloud components install beta cloud-firestore-emulator pubsub-emulator, and Java",
    tier="emulators",
)
zones = _needs(
    "the system's zone files", there=Path("/usr/share/zoneinfo/Europe/Berlin").exists(), how="apt install tzdata"
)
octokit = _needs("GitHub's example payloads", there=OCTOKIT.exists(), how="tests/conformance/fetch_octokit.sh")
npm = _needs(
    "Node and OpenFeature's packages",
    there=shutil.which("node") is not None
    and _is_newer(NPM / "node_modules/.package-lock.json", NPM / "package-lock.json"),
    how="npm ci --prefix tests/npm",
    tier="counterparts",
)
frontend = _needs(
    "the page of examples/frontend as it is now",
    there=_is_newer(
        FRONTEND / "dist/index.html", *FRONTEND.glob("*.json"), *FRONTEND.glob("*.html"), *FRONTEND.glob("src/*")
    ),
    how="npm ci and npm run build, each with --prefix examples/frontend",
    tier="counterparts",
)
