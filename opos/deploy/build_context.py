"""The files of a release, in a temporary folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opos.cloud.packaging import Release, stage
from opos.deploy.target import Ground


@contextmanager
def staged(ground: Ground) -> Iterator[Release]:
    """The content of an image of this checkout. Raises ConfigError, NotPackaged."""
    place = ground.place
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        files = {"config": place.config_file, "flags": place.flags_file, "company": place.company}
        yield stage(ground.root, source, ground.name, **files)
