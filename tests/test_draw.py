"""Draw: the same bytes for the same bundle, and only what changed is drawn again."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.bundle import Bundle, Result
from experiments.files import write_atomic
from experiments.pool import ProcessPool
from experiments.presets import preset
from report import draw as module
from report import fresh
from report.draw import draw, figures
from report.fake import fake
from report.judgement import judge_all

SETTINGS = preset("smoke", ["seeds=3"])


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose figures are drawn by two processes."""
    run = tmp_path_factory.mktemp("run")
    bundle = fake(run, "nominal", SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "cores", lambda: 2)
        draw(run, bundle, judge_all(bundle))
    return run


@pytest.fixture
def run(drawn: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    for path in drawn.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(drawn)
            copy.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, copy)
    return tmp_path


@pytest.fixture
def redrawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the figures that are drawn from now on."""
    names: list[str] = []
    before: Callable[..., dict[str, object]] = module._draw

    def noted(folder: Path, due: list[str], *rest: object) -> dict[str, object]:
        names.extend(due)
        return before(folder, due, *rest)

    monkeypatch.setattr(module, "_draw", noted)
    return names


def again(run: Path, bundle: Bundle) -> None:
    draw(run, bundle, judge_all(bundle))


def contents(run: Path) -> dict[str, bytes]:
    return {str(p.relative_to(run)): p.read_bytes() for f in ("figures", "tables") for p in sorted((run / f).iterdir())}


def test_every_figure_and_table_is_a_file_with_an_alt_text(run: Path) -> None:
    bundle = Bundle.load(run / "bundle")
    content = draw(run, bundle, judge_all(bundle))
    shown = content.figures
    assert list(shown) == list(figures())
    for name, figure in shown.items():
        assert figure.path.parent == run / "figures"
        assert figure.path.stem == name
        assert figure.path.stat().st_size > 1000
        assert figure.alt
    assert {path.stem for path in (run / "tables").iterdir()} == set(content.tables)
    kinds = {name: figure.path.suffix for name, figure in shown.items()}
    assert kinds["reconstructions"] == kinds["heatmaps_1"] == kinds["receptive_fields"] == ".png"
    assert kinds["error_curves"] == kinds["corruptions"] == kinds["latent_maps"] == ".svg"


def test_the_same_bundle_gives_the_same_bytes_in_another_process(drawn: Path, tmp_path: Path) -> None:
    """Where one draws what several drew."""
    script = (
        "import sys; from pathlib import Path; from experiments.bundle import Bundle; from report import draw;"
        "from report.judgement import judge_all; b = Bundle.load(Path(sys.argv[1]) / 'bundle');"
        "draw.cores = lambda: 1; draw.draw(Path(sys.argv[2]), b, judge_all(b))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    root = Path(module.__file__).parent.parent
    subprocess.run([sys.executable, "-c", script, drawn, tmp_path], check=True, env=environment, cwd=root)
    one, other = contents(drawn), contents(tmp_path)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


def test_nothing_is_drawn_twice(run: Path, redrawn: list[str]) -> None:
    before, bundle = contents(run), Bundle.load(run / "bundle")
    again(run, bundle)
    title_page = {"title": "T", "author": "A", "course": "C", "logo": "data:,"}
    bundle.settings = bundle.settings.model_copy(update=title_page)
    again(run, bundle)
    assert redrawn == []
    assert contents(run) == before


def test_a_changed_value_redraws_what_shows_it(run: Path, redrawn: list[str]) -> None:
    bundle = Bundle.load(run / "bundle")
    bundle.values["dae/crossing"] = [0.03, 0.031, 0.032]
    again(run, bundle)
    assert redrawn == ["noise_quality"]


def test_a_changed_array_redraws_what_shows_it(run: Path, redrawn: list[str]) -> None:
    bundle = Bundle.load(run / "bundle")
    kept = dict(bundle._open("arrays/pca-0.npz"))
    kept["spectrum"] = kept["spectrum"] * np.float32(0.5)
    bundle.add(Result("pca", 0, arrays=kept))
    again(run, bundle)
    assert redrawn == ["spectrum"]


def test_a_changed_curve_redraws_what_shows_it(run: Path, redrawn: list[str]) -> None:
    bundle = Bundle.load(run / "bundle")
    bundle.curves["vae/kl"][0][0] = 17.0
    again(run, bundle)
    assert redrawn == ["vae_losses"]


def test_a_figure_that_is_no_more_is_deleted_and_a_picture_of_its_users_stays(
    run: Path, redrawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    index, other = run / "figures" / "index.json", run / "figures" / "samples.svg"
    write_atomic(index, index.read_bytes().replace(b"samples.png", b"samples.svg"))  # an earlier version drew it so
    other.write_text("of the other kind")
    own = run / "figures" / "sketch.svg"
    own.write_text("of its user's own")
    shown = {name: function for name, function in figures().items() if name != "spectrum"}
    monkeypatch.setattr(module, "figures", lambda: shown)
    again(run, Bundle.load(run / "bundle"))
    assert redrawn == ["samples"]
    assert own.exists()
    assert not other.exists()
    assert not (run / "figures" / "spectrum.svg").exists()


def test_changed_code_redraws_everything(
    run: Path, redrawn: list[str], few: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "_code", lambda: "changed")
    again(run, Bundle.load(run / "bundle"))
    assert redrawn == few


@pytest.mark.parametrize("damage", ["deleted", "overwritten"])
def test_a_lost_or_damaged_figure_is_drawn_again(run: Path, redrawn: list[str], damage: str) -> None:
    path = run / "figures" / "samples.png"
    good = path.read_bytes()
    path.unlink()
    if damage == "overwritten":
        path.write_bytes(good[: len(good) // 2])
    again(run, Bundle.load(run / "bundle"))
    assert redrawn == ["samples"]
    assert path.read_bytes() == good


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Only two figures, where all would take long."""
    shown = {name: function for name, function in figures().items() if name in ("samples", "vae_losses")}
    monkeypatch.setattr(module, "figures", lambda: shown)
    return list(shown)


ELSEWHERE = {"file": "../../x.png", "sha256": "", "inputs": "", "alt": "", "keys": []}


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"format": 1}',
        b'{"format": 9, "figures": {}}',
        b'{"format": 1, "figures": {"samples": {}}}',
        json.dumps({"format": 1, "figures": {"samples": ELSEWHERE}}).encode(),
    ],
)
def test_an_index_that_cannot_be_read_is_no_index(run: Path, redrawn: list[str], few: list[str], index: bytes) -> None:
    path = run / "figures" / "index.json"
    path.unlink()
    path.write_bytes(index)
    again(run, Bundle.load(run / "bundle"))
    assert redrawn == few
    assert list(json.loads(path.read_bytes())["figures"]) == few


def test_scatters_are_pixels_within_a_small_drawing(drawn: Path) -> None:
    svg = (drawn / "figures" / "latent_maps.svg").read_bytes()
    assert svg.count(b"data:image/png;base64,") == 8  # a panel each, whatever the number of points
    assert b"<text" not in svg  # glyphs are paths: the same everywhere
    assert b"<dc:date>" not in svg


def test_grids_are_opaque_and_know_their_size_on_paper(drawn: Path) -> None:
    with Image.open(drawn / "figures" / "reconstructions.png") as image:
        assert image.mode == "RGB"
        assert image.width / image.info["dpi"][0] * 2.54 == pytest.approx(16, abs=0.05)


def test_figures_are_drawn_here_where_a_process_dies(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FEW", 1)
    monkeypatch.setattr(module, "cores", lambda: 2)
    submit, sent = ProcessPool.submit, list[list[str]]()
    monkeypatch.setattr(
        ProcessPool, "submit", lambda self, _, __, names, ___: (sent.append(names), submit(self, os._exit, 9))[1]
    )
    drawn = module._draw(tmp_path, ["samples", "vae_losses"], Bundle.load(run / "bundle"))
    assert (list(drawn), sent) == (["samples", "vae_losses"], [["samples"], ["vae_losses"]])


def test_a_run_that_is_up_to_date_needs_no_matplotlib(run: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from experiments.bundle import Bundle; from report import steps\n"
        f"run = Path({str(run)!r}); bundle = Bundle.load(run / 'bundle')\n"
        "steps.document(run, steps.figures(run, bundle, print), print, ['html'])\n"
        "assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_between_points_a_map_is_as_white_as_the_page(drawn: Path) -> None:
    """A grey of one level would be printed as a box of faint dots."""
    rasters = re.findall(r"image/png;base64,([^\"]+)", (drawn / "figures" / "latent_maps.svg").read_text())
    assert rasters
    for raster in rasters:
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(raster))).convert("L"))
        assert np.mean(shown == 255) > 0.5
        assert not np.any((shown > 250) & (shown < 255))
