"""Whatever comes in: an answer or one line that says what is wrong, soon. Never a traceback of another kind.

Each property is tried on a few inputs here, always the same, and on many more, always new, in `make test-long`.
"""

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import strategies as st
from PIL import Image

from experiments import plan
from experiments.arrays import BundleError, read_npz
from experiments.bundle import Bundle
from experiments.files import sha256
from experiments.folder import read_folder
from experiments.images import DataError
from experiments.legible import line
from experiments.presets import PRESETS, preset
from experiments.reader import sealed
from experiments.settings import Settings
from report import made
from report.cli import main
from report.draw import draw
from report.fake import fake
from report.judgement import judge_all, to_json
from report.render import to_html
from report.status import stale
from tests.bundles import SETTINGS, example
from tests.fuzzing import EDITS, JSON, MUTATIONS, TEXTS, edited, mutated, one_line, tried

APART = {"build", "preview"}  # trains or fetches; waits for a browser


@cache
def written() -> tuple[dict[str, Any], dict[str, bytes]]:
    """A small valid bundle: the content of bundle.json, and its array files."""
    bundle = example()
    content = json.loads(bundle.to_json())
    del content["sha256"]
    return content, dict(bundle._files)


def lay(folder: Path, content: Any, files: dict[str, bytes]) -> Path:
    """A bundle's folder, sealed."""
    text = json.dumps(content, indent=1)
    (folder / "bundle" / "arrays").mkdir(parents=True)
    (folder / "bundle" / "bundle.json").write_text(sealed(text) if text.endswith("\n}") else text)
    for name, data in files.items():
        (folder / "bundle" / name).write_bytes(data)
    return folder / "bundle"


def used(folder: Path) -> None:
    """All that is read of a bundle without drawing."""
    bundle = Bundle.load(folder)
    for key in plan.arrays(bundle.settings):
        with one_line(KeyError):
            bundle.array(key)
    judgements = judge_all(bundle)
    json.loads(to_json(judgements))
    assert all(item.reason.isprintable() for item in judgements.values())
    bundle.save(folder.parent / "again")
    assert Bundle.load(folder.parent / "again").to_json() == bundle.to_json()


@tried(60, 3000, MUTATIONS)
def test_bundle_json(folder: Path, mutations: list[tuple[int, str, Any]]) -> None:
    """A valid bundle.json with a few things changed, and sealed again."""
    content, files = written()
    with one_line(BundleError):
        used(lay(folder, mutated(content, mutations), files))


@tried(40, 3000, JSON)
def test_any_json(folder: Path, content: Any) -> None:
    with one_line(BundleError):
        used(lay(folder, content, {}))


@tried(300, 30_000, EDITS)
def test_bytes_of_an_array_file(folder: Path, edits: list[tuple[int, str, bytes]]) -> None:
    """Also with the checksum that fits, as who sends a bundle can write it."""
    with one_line(BundleError):
        read_npz("arrays/ae-0.npz", edited(written()[1]["arrays/ae-0.npz"], edits), SETTINGS, 10)


@tried(200, 10_000, EDITS)
def test_bytes_of_a_member(folder: Path, edits: list[tuple[int, str, bytes]]) -> None:
    """The zip is whole, the array in it is not."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written()[1]["arrays/ae-0.npz"])) as good, zipfile.ZipFile(buffer, "w") as bad:
        for name in good.namelist():
            head, body = (content := good.read(name))[:128], content[128:]
            bad.writestr(name, edited(head, edits) + body)
    with one_line(BundleError):
        read_npz("arrays/ae-0.npz", buffer.getvalue(), SETTINGS, 10)


KEYS = st.sampled_from([*Settings.model_fields, "", "x", "seeds ", "SEEDS"]) | TEXTS
VALUES = (
    JSON.map(lambda value: json.dumps(value)) | TEXTS | st.sampled_from(["[" * 5000, "9" * 5000, "NaN", "1e999", "[]"])
)


@tried(
    200, 20_000, st.sampled_from([*PRESETS, "", "\x1b"]),
    st.lists(st.tuples(KEYS, VALUES).map("=".join) | TEXTS, max_size=3),
)  # fmt: skip
def test_settings(folder: Path, name: str, overrides: list[str]) -> None:
    """`--preset` and `--set`. What is taken is planned at once, and comes back from JSON."""
    with one_line(ValueError):
        try:
            found = preset(name, overrides)
        except ValueError as error:
            raise ValueError(str(error)) from None  # pydantic's own kind has more lines
        assert len(plan.keys(found)) < 5000
        assert len(plan.arrays(found)) < 2000
        assert Settings.model_validate_json(found.model_dump_json()) == found


@cache
def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (33, 40, 3), np.uint8)).save(buffer, kind)
    return buffer.getvalue()


PICTURES = st.tuples(st.sampled_from(["png", "jpeg", "gif", "webp", "tiff", "bmp", "ppm"]), EDITS | st.just([]))
TREES = st.dictionaries(
    st.tuples(
        st.sampled_from(["train", "test", "train", "valid", "."]),
        st.sampled_from(["cat", "dog", "=cat", "c\x1bt", "\u202ecat", ".", ".cat", "x" * 200]),
        st.sampled_from(["1.png", "2.jpg", ".hidden", "a\nb.gif", "notes.txt", "train"]),
    ),
    PICTURES,
    max_size=6,
)


@tried(60, 3000, TREES)
def test_data_folders(folder: Path, tree: dict[tuple[str, str, str], tuple[str, Any]]) -> None:
    """Folders of pictures of which some are broken, and some are in the wrong place."""
    for (part, name, file), (kind, edits) in tree.items():
        path = folder / part / name / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(edited(picture(kind), edits))
        except OSError:  # a folder and a file of one name
            continue
    with one_line(DataError):
        images = read_folder(folder, lambda line: None)
        assert images.train_images.shape[1:] == (3, 32, 32)


WORDS = st.sampled_from(
    ["run", "empty", "file", "missing", "--json", "-h", "--", "-", "html", "pdf,html", "0"]
) | TEXTS.filter(lambda text: "/" not in text and ".." not in text and "\0" not in text and "\ud800" not in text)


@tried(
    40, 3000, st.sampled_from(sorted(set(main.commands) - APART)), st.lists(WORDS, max_size=4), st.booleans(), MUTATIONS
)
def test_the_command_line(
    folder: Path, command: str, words: list[str], named: bool, mutations: list[tuple[int, str, Any]]
) -> None:
    """Any command on any words, in a folder with a run whose bundle was tampered with."""
    content, files = written()
    lay(folder / "run", mutated(content, mutations), files)
    (folder / "empty").mkdir()
    (folder / "file").write_text("x")
    options = [
        name for option in main.commands[command].params if isinstance(option, click.Option) for name in option.opts
    ]
    given = [command, *(["run"] if named else []), *words, *options[: len(words) % 3]]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        outcome = CliRunner().invoke(main, given)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), (given, outcome.exc_info)
    assert outcome.exit_code in (0, 1, 2, 3), given
    assert "Traceback" not in outcome.output


@tried(40, 2000, JSON, MUTATIONS)
def test_notes_beside_the_bundle(folder: Path, junk: Any, mutations: list[tuple[int, str, Any]]) -> None:
    """figures/index.json and made.json of any content are taken for none, or for that of other files."""
    content, files = written()
    lay(folder, content, files)
    (folder / "report.html").write_text("x")
    before = stale(folder)
    entry: dict[str, Any] = {"file": "loss.svg", "inputs": "0", "alt": "x", "keys": ["ae/psnr"], "templates": "x"}
    entry["sha256"] = sha256(b"x")
    notes = {"figures": {"loss": entry}, "files": {"report.html": entry}}
    (folder / "figures").mkdir()
    for name, number in (("figures/index.json", 1), ("made.json", made.FORMAT)):
        note = junk if len(mutations) == 1 else mutated({"format": number, **notes}, mutations)
        (folder / name).write_text(json.dumps(note))
    found = stale(folder)
    if figure := found.pop("figures/loss", ""):
        assert figure == "its file is missing, or not as it was drawn"
        found["figures/index.json"] = before["figures/index.json"]
    if found["report.html"] == made.CHANGED:
        found["report.html"] = before["report.html"]
    assert found == before


SAID = st.none() | st.floats(-9e29, 9e29) | st.sampled_from([0.0, 1e-300, -1e-300, 9e29, -9e29, 1.0])


@tried(
    0, 50, st.integers(0, 2**32), st.lists(SAID, min_size=1, max_size=6), st.lists(st.text(max_size=40), max_size=30),
    shrink=False,
)  # fmt: skip
def test_whatever_loads_is_drawn_and_rendered(
    folder: Path, seed: int, said: list[float | None], names: list[str]
) -> None:
    """Any numbers, missing ones, odd classes and reasons."""
    random = Random(seed)
    bundle = fake(folder, random.choice(["nominal", "nan", "missing-model", "extremes"]), preset("smoke", ["seeds=3"]))
    for key in list(bundle.values):
        if random.random() < 0.5:
            bundle.values[key] = [random.choice(said) for _ in bundle.values[key]][: random.randint(0, 3)]
        elif random.random() < 0.3:
            del bundle.values[key]
    for key, runs in bundle.curves.items():
        bundle.curves[key] = [[random.choice(said) for _ in run][: random.randint(0, 20)] for run in runs]
    for name in list(bundle._files):
        if random.random() < 0.2:
            del bundle._files[name]
    legible = [*dict.fromkeys(line(name) for name in names)]
    bundle.provenance = bundle.provenance.model_copy(update={"classes": [*legible, *(f"class {n}" for n in range(10))]})
    bundle.reasons["ae"] = " ".join(legible)
    bundle.save(folder / "odd")
    bundle = Bundle.load(folder / "odd")
    judgements = judge_all(bundle)
    assert to_html(draw(folder, bundle, judgements))
