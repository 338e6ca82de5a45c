"""The files of a release, and the build that makes one image from them for all functions.

Sources: Google Cloud's buildpacks, the build that `gcloud builds submit --pack` requests, and PEP 552.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opos.cloud.declared import REPOSITORY
from opos.cloud.image_digests import BUILDER, PACK, pinned, recorded
from shared.config.files import compiled_config
from shared.config.files import compiled_flags as compiled
from shared.config.files.loader import load_config, load_flags
from shared.config.model import Config
from shared.errors import OposError
from shared.flags import FlagSet

PACKAGES = ("functions", "shared")
KINDS = frozenset({".py", ".html", ".css", ".js", ".png", ".svg", ".atom"})
"""The suffixes of their files: code, the templates of pages and mails, and what pages load."""
REQUIREMENTS, CONFIG, FLAGS, COMPANY = "requirements.txt", "opos.yaml", "flags.yaml", "company"
BUILD_VARIABLES = {
    "GOOGLE_FUNCTION_SOURCE": "functions/webhook_intake/main.py",  # each service names its own when it starts
    "GOOGLE_FUNCTION_TARGET": "webhook_intake",
    "GOOGLE_PYTHON_VERSION": "3.13.x",
    # The buildpack compiles our code, then sets the date of each file to 1980. Python would discard compiled code that
    # refers to its source by date, at each cold start. With this variable, it refers to its source by content.
    "SOURCE_DATE_EPOCH": "315532801",
}
TIMEOUT = "1200s"


class NotPackaged(OposError):
    code = "not_packaged"


@dataclass(frozen=True, slots=True)
class Release:
    """The input of an image. `content` depends only on the files and the build, not on the machine or the time."""

    folder: Path
    files: tuple[str, ...]
    content: str
    digests: Mapping[str, str] = field(default_factory=dict)
    """Those of the images that build it."""

    @property
    def tag(self) -> str:
        return self.content[:16]


def stage(
    root: Path,
    folder: Path,
    environment: str,
    *,
    config: Path | None = None,
    flags: Path | None = None,
    company: Path | None = None,
) -> Release:
    """Copies the files that run in *environment* from the checkout at *root* into *folder*, which must be empty or new.

    *config*, *flags* and *company* replace opos.yaml, flags.yaml and `company/`, which may be absent. Raises
    ConfigError and NotPackaged.
    """
    sources = {CONFIG: config or root / CONFIG, FLAGS: flags or root / FLAGS}
    config_, flags_ = load_config(sources[CONFIG]), load_flags(sources[FLAGS], environment)
    _make(folder)
    own = _own(company or root / COMPANY)
    for name, source in {**_code(root), **own, **sources}.items():
        _copy(source, folder / name)
    write_compiled(config_, flags_, folder / CONFIG, folder / FLAGS)
    return _release(folder, recorded(root))


def write_compiled(config: Config, flags: FlagSet, config_file: Path, flags_file: Path) -> None:
    """Writes *config* and *flags* in compiled form next to their files, so that no start has to check them again."""
    compiled.place(flags_file).write_text(
        compiled.written(flags, config.flags.access(), flags_file, config_file), "utf-8"
    )
    compiled_config.place(config_file).write_bytes(compiled_config.written(config, config_file))


def image(release: Release, *, project: str, region: str) -> str:
    """The name of the image of *release*. If the image exists, it need not be built."""
    return f"{region}-docker.pkg.dev/{project}/{REPOSITORY}/{REPOSITORY}:{release.tag}"


def build_config(image: str, builder_account: str, digests: Mapping[str, str]) -> dict[str, Any]:
    """The configuration with which Cloud Build builds *image* from a staged folder, as *builder_account*.

    The images of the build are those of *digests*, or by their tags where it has none.
    """
    project = builder_account.partition("@")[2].partition(".")[0]
    return {
        "steps": [{"name": pinned(PACK, digests), "entrypoint": "pack", "args": ["build", image, *_options(digests)]}],
        "images": [image],
        "timeout": TIMEOUT,
        "serviceAccount": f"projects/{project}/serviceAccounts/{builder_account}",
        "options": {"logging": "CLOUD_LOGGING_ONLY"},
        "tags": [REPOSITORY],
    }


def _options(digests: Mapping[str, str]) -> list[str]:
    variables = [word for name, value in BUILD_VARIABLES.items() for word in ("--env", f"{name}={value}")]
    return ["--network", "cloudbuild", *variables, "--builder", pinned(BUILDER, digests)]


def _code(root: Path) -> dict[str, Path]:
    """Every file of the code by its name in the release. Raises NotPackaged."""
    expected = (REQUIREMENTS, *(f"{package}/__init__.py" for package in PACKAGES))
    if missing := [name for name in expected if not (root / name).is_file()]:
        hint = "Run this at the top of a checkout of opos."
        raise NotPackaged(f"expected {', '.join(missing)} in {root.absolute()}, found none", hint=hint)
    paths = [path for package in PACKAGES for path in _within(root / package)]
    return {path.relative_to(root).as_posix(): path for path in (root / REQUIREMENTS, *paths)}


def _own(company: Path) -> dict[str, Path]:
    """Every file of the operator's own code by its name in the release, except hidden and compiled ones."""
    paths = {path.relative_to(company): path for path in company.rglob("*") if path.is_file()}
    return {
        f"{COMPANY}/{name.as_posix()}": path for name, path in paths.items() if not any(map(_is_hidden, name.parts))
    }


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__pycache__"


def _within(package: Path) -> Iterator[Path]:
    return (path for path in package.rglob("*") if path.suffix in KINDS and path.is_file())


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if file := next(folder.iterdir(), None):
        raise NotPackaged(f"expected {folder} to be empty, found {file.name}", hint="Choose an empty folder.")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


def _release(folder: Path, digests: Mapping[str, str]) -> Release:
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    hashes = {name: hashlib.sha256(files[name].read_bytes()).hexdigest() for name in sorted(files)}
    whole = json.dumps([hashes, pinned(PACK, digests), _options(digests)]).encode()
    return Release(folder, tuple(hashes), hashlib.sha256(whole).hexdigest(), digests)
