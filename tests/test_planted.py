"""Names, texts and numbers of bundle.json, sealed by whoever wrote them; `SECURITY.md` counts these cases."""

from pathlib import Path

import pytest

from experiments.bundle import Bundle
from experiments.files import sha256
from tests.bundles import SETTINGS, edit
from tests.hostility import planted, refused

CHARACTERS = {
    "escape": "\x1b[31m", "nul": "\0", "bell": "\a", "newline": "\n", "delete": "\x7f", "csi": "\x9b",
    "override": "\u202e",
    "isolate": "\u2066", "mark": "\u200f", "separator": "\u2028", "surrogate": "\ud800", "no-character": "\uffff",
    "tag": "\U000e0041", "order": "\ufeff",
}  # fmt: skip
TEXTS = (
    "title", "author", "triplet", "data", "classes", "fingerprint", "device", "commit", "versions", "notes", "reason",
    "fact",
)  # fmt: skip
NAMES = ("setting", "measured", "file", "task", "table", "format", "values", "curves", "reasons")


@pytest.mark.parametrize("where", TEXTS)
def test_a_harmless_text_is_read(folder: Path, where: str) -> None:
    edit(folder, **planted(where, "a b"))
    assert "a b" in Bundle.load(folder).to_json()


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
def test_texts_that_a_terminal_or_a_page_would_obey(folder: Path, character: str) -> None:
    """In every place; and where any text is refused that is no known name, the message does not repeat it."""
    good = (folder / "bundle.json").read_bytes()
    for where in (*TEXTS, *NAMES):
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
    path.write_text(path.read_text().replace('"format": 3', '"format": 3,\n "format": 3'))
    refused(folder, "bundle.json", "twice")
