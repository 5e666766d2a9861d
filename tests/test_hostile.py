"""A bundle from a dying disk, or from who swapped its files: each case is refused in one line that names the file, and
nothing is overwritten. `SECURITY.md` counts the cases of this file."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.bundle import Bundle
from tests.bundles import saved
from tests.hostility import refused


# What lies in the place of a file
def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def listener(path: Path) -> None:
    path.unlink()
    before = Path.cwd()
    os.chdir(path.parent)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(before)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def missing(path: Path) -> None:
    path.unlink()


def endless(path: Path) -> None:
    os.truncate(path, 2**40)  # a terabyte without a block on the disk


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthened(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n{}")


def other(path: Path) -> None:
    path.write_bytes(os.urandom(1000))


def zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


DAMAGES = (
    link, dangling, device, pipe, listener, directory, missing, endless, empty, truncated, shortened, lengthened, other,
    zeros,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["bundle.json", "arrays/ae-0.npz", "arrays/ae-1.npz"])
def test_a_file_that_is_damaged_or_none(folder: Path, name: str, damage: Callable[[Path], None]) -> None:
    damage(folder / name)
    refused(folder, "holds no bundle" if (name, damage) == ("bundle.json", missing) else name)


def test_swapped_files(folder: Path) -> None:
    first, second = (folder / "arrays" / f"ae-{seed}.npz" for seed in (0, 1))
    first.rename(folder / "x")
    second.rename(first)
    (folder / "x").rename(second)
    refused(folder, "ae-0.npz", "is not the one that was measured")


def test_a_bundle_json_of_another_run(folder: Path, tmp_path: Path) -> None:
    other = Bundle.load(saved(tmp_path / "other"))
    other._files["arrays/ae-1.npz"] = other._files["arrays/ae-0.npz"]
    (folder / "bundle.json").write_text(other.to_json())
    refused(folder, "ae-1.npz", "is not the one that was measured")


def test_a_link_in_place_of_the_arrays(folder: Path) -> None:
    (folder / "arrays").rename(folder / "real")
    (folder / "arrays").symlink_to("real")
    refused(folder, "arrays", "a link")


@pytest.mark.parametrize("name", ["bundle.json", "arrays/ae-0.npz"])
def test_every_flipped_bit_is_found(folder: Path, name: str) -> None:
    path = folder / name
    good = path.read_bytes()
    for position in range(0, len(good), max(1, len(good) // 60)):
        for bit in (0, 5):
            path.write_bytes(good[:position] + bytes([good[position] ^ 1 << bit]) + good[position + 1 :])
            refused(folder, name)
