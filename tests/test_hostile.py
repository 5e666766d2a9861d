"""A bundle from a stranger, or from a dying disk: each case is refused in one line that names the file, at once, and
nothing is overwritten. `SECURITY.md` counts the cases of this file."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.bundle import Bundle, BundleError
from experiments.files import lock, sha256
from report.console import listening
from report.draw import draw
from tests.bundles import PROVENANCE, SETTINGS, edit, saved

SOON = 30.0  # seconds, on any machine: nothing hangs, and nothing large is read or unpacked
CHARACTERS = {
    "escape": "\x1b[31m", "nul": "\0", "bell": "\a", "newline": "\n", "delete": "\x7f", "csi": "\x9b",
    "override": "\u202e",
    "isolate": "\u2066", "mark": "\u200f", "separator": "\u2028", "surrogate": "\ud800", "no-character": "\uffff",
    "tag": "\U000e0041", "order": "\ufeff",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return saved(tmp_path / "bundle")


def refused(folder: Path, names: str, says: str = "", array: str = "") -> None:
    """The bundle, or reading one of its arrays, is refused soon, in one line that names the file; nothing changes."""
    before, started = contents(folder), time.monotonic()
    with pytest.raises(BundleError) as caught:
        Bundle.load(folder).array(array or "ae/examples")
    message = str(caught.value)
    assert time.monotonic() - started < SOON
    assert names in message
    assert says in message
    assert message.isprintable()
    assert len(message) < 600
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, str]:
    """Hashes of all plain files, and the size of large ones."""
    return {
        str(path): str(path.stat().st_size) if path.stat().st_size > 2**24 else sha256(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


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
    refused(folder, name)


def test_swapped_files(folder: Path) -> None:
    first, second = (folder / "arrays" / f"ae-{seed}.npz" for seed in (0, 1))
    first.rename(folder / "x")
    second.rename(first)
    (folder / "x").rename(second)
    refused(folder, "ae-0.npz", "SHA-256")


def test_a_bundle_json_of_another_run(folder: Path, tmp_path: Path) -> None:
    other = Bundle.load(saved(tmp_path / "other"))
    other._files["arrays/ae-1.npz"] = other._files["arrays/ae-0.npz"]
    (folder / "bundle.json").write_text(other.to_json())
    refused(folder, "ae-1.npz", "SHA-256")


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


# Names, texts and numbers of bundle.json, sealed by whoever wrote them


def planted(where: str, text: str) -> dict[str, object]:
    """Changes to bundle.json with a text in one of the places from where it would be printed."""
    settings, provenance = SETTINGS.model_dump(), PROVENANCE.model_dump()
    if where in ("title", "author"):
        return {"settings": settings | {where: text}}
    if where == "triplet":
        return {"settings": settings | {where: ["dog", text, "cat"]}}
    if where == "setting":
        return {"settings": settings | {text: 1}}
    if where == "versions":
        return {"provenance": provenance | {"versions": {text: "1", "torch": text}}}
    if where in ("classes", "notes"):
        return {"provenance": provenance | {where: [text, "b"]}}
    if where in provenance:
        return {"provenance": provenance | {where: text}}
    if where == "reason":
        return {"reasons": {"ae": text}}
    if where == "fact":
        return {"tasks": {"ae-0": {"device": text}}}
    if where == "file":
        return {"files": {f"arrays/{text}.npz": "0"}}
    if where == "task":
        return {"tasks": {text: {}}}
    if where == "table":
        return {text: {}}
    if where == "format":
        return {"format": text}
    return {where: {f"ae/{text}": [1.0]}}  # the key of a value, a curve or a reason


PLACES = (
    "title", "author", "triplet", "setting", "data", "classes", "fingerprint", "device", "commit", "measured",
    "versions", "notes", "reason", "fact", "file", "task", "table", "format", "values", "curves", "reasons",
)  # fmt: skip


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
def test_texts_that_a_terminal_or_a_page_would_obey(folder: Path, character: str) -> None:
    """In every place, and as the name of every table and key."""
    good = (folder / "bundle.json").read_bytes()
    for where in PLACES:
        (folder / "bundle.json").write_bytes(good)
        edit(folder, **planted(where, f"a{character}b"))
        refused(folder, "bundle.json")


@pytest.mark.parametrize(
    "name", ["ae/x", "ae/" + "x" * 10_000, "ae", "/", "__proto__", "ae/psnr[", "ae/psnr[noise=9]", ""]
)
@pytest.mark.parametrize("table", ["values", "curves"])
def test_names_that_are_not_planned(folder: Path, table: str, name: str) -> None:
    edit(folder, **{table: {name: [[1.0]] if table == "curves" else [1.0]}})
    refused(folder, "bundle.json", "is nothing that these settings measure")


@pytest.mark.parametrize(
    "name",
    [
        "../x.npz", "/etc/passwd", "arrays/../../x.npz", "arrays/ae-0.npz\0", "arrays/AE-0.npz", "arrays/ae-0.NPZ",
        "arrays/ae-٠.npz", "arrays\\ae-0.npz", "arrays/ae-00.npz", "arrays/ae-999.npz", "arrays/x-0.npz",
        "CON", "arrays/ae-2.npz", "arrays/pca-1.npz", "arrays/ae--1.npz", "file:///arrays/ae-0.npz", "arrays/ae-0.npz/",
        ".", "",
    ],
)  # fmt: skip
def test_names_of_files_that_no_bundle_has(folder: Path, name: str) -> None:
    edit(folder, files={name: "0" * 64})
    refused(folder, "bundle.json")


MANY = 50_000


@pytest.mark.parametrize(
    "changes",
    [
        {"values": {f"ae/{n}": [1] for n in range(MANY)}},
        {"values": {"ae/psnr": [1] * MANY}},
        {"curves": {"ae/loss": [[]] * MANY}},
        {"curves": {"ae/loss": [[1] * MANY]}},
        {"reasons": {f"ae{n}": "" for n in range(MANY)}},
        {"reasons": {"ae": "x" * MANY}},
        {"tasks": {f"ae-{n}": {} for n in range(MANY)}},
        {"tasks": {"ae-0": {f"{n}": "" for n in range(MANY)}}},
        {"tasks": {"ae-0": {"x" * MANY: ""}}},
        {"files": {f"arrays/ae-{n}.npz": "" for n in range(MANY)}},
        {"more": [0] * MANY},
        {"format": "9" * MANY},
    ],
    ids=range(12),
)
def test_more_than_any_run_writes(folder: Path, changes: dict[str, object]) -> None:
    edit(folder, **changes)
    refused(folder, "bundle.json")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seeds", 10**9), ("seeds", -1), ("seeds", "many"), ("map_images", 10**9), ("test_images", 10**30),
        ("mask_ratios", [0.5] * MANY), ("noise_levels", [0, 0.1] * MANY), ("shown_mask_ratios", []),
        ("bits", [1] * MANY),
        ("pca_dims", [10**9]), ("pca_dims", []), ("few_labels", [0]), ("few_labels", [1] * MANY), ("latent_dim", 10**9),
        ("epochs", 1e300), ("epochs", None), ("corruption_severities", [1] * MANY), ("title", "x" * MANY),
        ("title", ["x"]), ("triplet", ["a"] * MANY), ("preset", "x"), ("x" * MANY, 1), ("bits", [[[[]]]]),
        ("width", 10**400),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_settings_that_would_measure_without_end(folder: Path, name: str, value: object) -> None:
    edit(folder, settings=SETTINGS.model_dump() | {name: value})
    refused(folder, "bundle.json")


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e400", "-1e31", "1e30", '"1"', "true", "[1]", "{}", "9" * 5000, "0x1", "01"],
)
def test_numbers_that_are_none(folder: Path, number: str) -> None:
    path = folder / "bundle.json"
    edit(folder, values={"ae/psnr": [12345]})
    body = path.read_bytes().partition(b',\n "sha256"')[0].replace(b"12345", number.encode()) + b"\n}"
    path.write_bytes(body[:-2] + b',\n "sha256": "' + sha256(body).encode() + b'"\n}')
    refused(folder, "bundle.json")


@pytest.mark.parametrize("depth", [100, 900, 5000, 1_000_000])
@pytest.mark.parametrize("where", ["settings", "values", "reasons", "provenance"])
def test_objects_of_any_depth(folder: Path, where: str, depth: int) -> None:
    path = folder / "bundle.json"
    edit(folder, **{where: "HERE"})
    text = path.read_text().replace('"HERE"', '{"seeds":' + "[" * depth + "]" * depth + "}")
    path.write_text(text)
    refused(folder, "bundle.json")


def test_a_name_that_stands_twice(folder: Path) -> None:
    path = folder / "bundle.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 1,\n "format": 1'))
    refused(folder, "bundle.json", "twice")


# Links in a run's folder that lead out of it


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder of the reader's own."""
    made = tmp_path / "pictures"
    made.mkdir()
    for name in ("dog.png", "dog.svg", "taxes.csv", "notes.txt"):
        (made / name).write_text("mine")
    return made


@pytest.mark.parametrize("name", ["figures", "tables"])
def test_drawing_does_not_follow_a_link(tmp_path: Path, folder: Path, victim: Path, name: str) -> None:
    (tmp_path / name).symlink_to(victim)
    before = contents(victim)
    with pytest.raises(ValueError, match=f"{name}: is a link"):
        draw(tmp_path, Bundle.load(folder), {})
    assert contents(victim) == before


@pytest.mark.parametrize("name", ["bundle", "bundle/arrays"])
def test_saving_does_not_follow_a_link(tmp_path: Path, folder: Path, victim: Path, name: str) -> None:
    run = tmp_path / "run"
    (run / name).parent.mkdir(parents=True)
    (run / name).symlink_to(victim)
    before = contents(victim)
    with pytest.raises(ValueError, match="is a link"):
        Bundle.load(folder).save(run / "bundle")
    assert contents(victim) == before


@pytest.mark.parametrize("name", [".lock", "build.log"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_no_lock_and_no_log_through_a_link(tmp_path: Path, victim: Path, name: str, kind: str) -> None:
    make: dict[str, Callable[[Path], Any]] = {
        "link": lambda path: path.symlink_to(victim / "notes.txt"),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
    }
    make[kind](tmp_path / name)
    opened = lock(tmp_path) if name == ".lock" else listening(tmp_path)
    with pytest.raises(OSError, match=r"not a plain file|Is a directory"), opened:
        pass
    assert (victim / "notes.txt").read_text() == "mine"


def test_a_file_is_written_in_place_of_a_link_not_through_it(tmp_path: Path, folder: Path, victim: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "bundle.json").symlink_to(victim / "notes.txt")
    Bundle.load(folder).save(run)
    assert (victim / "notes.txt").read_text() == "mine"
    assert not (run / "bundle.json").is_symlink()
