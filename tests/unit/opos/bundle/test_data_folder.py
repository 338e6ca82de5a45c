"""What the commands learn of the bundle that runs on a data folder."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from opos.bundle.data_folder import address, lock, note_address, note_open_file, public_address

HERE, PUBLIC = "http://127.0.0.1:8080", "https://ops.example.com"


def test_a_running_bundle_has_its_address_at_each_moment_while_it_notes_its_file(tmp_path: Path) -> None:
    with lock(tmp_path), ThreadPoolExecutor(1) as pool:
        note_address(tmp_path, HERE, PUBLIC)
        noting = pool.submit(lambda: [note_open_file(tmp_path, (1, number)) for number in range(100)])
        seen = {address(tmp_path)}
        while not noting.done():
            seen.add(address(tmp_path))
        noting.result()
    assert seen == {HERE}


def test_the_next_bundle_does_not_have_the_address_of_the_last(tmp_path: Path) -> None:
    with lock(tmp_path):
        note_address(tmp_path, HERE, PUBLIC)
        assert (address(tmp_path), public_address(tmp_path)) == (HERE, PUBLIC)
    assert (address(tmp_path), public_address(tmp_path)) == (None, None)
    with lock(tmp_path):
        assert (address(tmp_path), public_address(tmp_path)) == (None, None)
