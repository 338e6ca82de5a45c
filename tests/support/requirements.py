"""What some tests need beyond Python: skipped with one line where it is missing, and required in CI."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from opos.bundle.emulators import missing
from tests.support.project import ROOT

OCTOKIT = ROOT / ".cache/octokit/package/api.github.com/index.json"
NPM, FRONTEND = ROOT / "tests/npm", ROOT / "examples/frontend"


def _needs(name: str, *, found: bool, how: str) -> pytest.MarkDecorator:
    if "OPOS_CI" in os.environ:
        assert found, f"{name} must be there in CI: {how}"
    return pytest.mark.skipif(not found, reason=f"needs {name}: {how}")


def _is_newer(made: Path, *sources: Path) -> bool:
    """Whether *made* is there, and not from before a change: it would have the old one tested."""
    return made.exists() and made.stat().st_mtime >= max(source.stat().st_mtime for source in sources)


alertmanager = _needs(
    "Debian's prometheus-alertmanager",
    found=shutil.which("prometheus-alertmanager") is not None,
    how="apt install prometheus-alertmanager",
)
prometheus = _needs("Debian's prometheus", found=shutil.which("promtool") is not None, how="apt install prometheus")
browser = _needs(
    "Chromium and playwright",
    found=shutil.which("chromium") is not None and find_spec("playwright") is not None,
    how="apt install chromium",
)
gcloud = _needs("the Google Cloud CLI", found=shutil.which("gcloud") is not None, how="apt install google-cloud-cli")
emulators = _needs(
    "Google's emulators",
    found=not missing(),
    how="gcloud components install beta cloud-firestore-emulator pubsub-emulator, and Java",
)
zones = _needs(
    "the system's zone files", found=Path("/usr/share/zoneinfo/Europe/Berlin").exists(), how="apt install tzdata"
)
octokit = _needs("GitHub's example payloads", found=OCTOKIT.exists(), how="tests/conformance/fetch_octokit.sh")
npm = _needs(
    "Node and OpenFeature's packages",
    found=shutil.which("node") is not None
    and _is_newer(NPM / "node_modules/.package-lock.json", NPM / "package-lock.json"),
    how="npm ci --prefix tests/npm",
)
frontend = _needs(
    "the page of examples/frontend as it is now",
    found=_is_newer(
        FRONTEND / "dist/index.html", *FRONTEND.glob("*.json"), *FRONTEND.glob("*.html"), *FRONTEND.glob("src/*")
    ),
    how="npm ci and npm run build, each with --prefix examples/frontend",
)
