"""What tests of the page share: a fake bundle, its judgements, and stand-ins for the templates' figures and tables."""

import atexit
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from jinja2 import Environment, nodes
from PIL import Image

from report.document import Content, Num, RenderedFigure, Table, Text, Verdict
from report.fake import fake
from report.judgement import Judgement, judge_all
from report.stats import Interval
from report.stats import Verdict as Answer
from report.templates import TEMPLATES


@cache
def parts(scenario: str = "nominal") -> Content:
    folder = Path(mkdtemp(prefix="aereport-test-"))
    atexit.register(rmtree, folder)
    bundle = fake(folder, scenario)
    (folder / "figures").mkdir()
    picture = folder / "figures" / "picture.png"
    Image.new("RGB", (320, 160), "#004c8c").save(picture)
    heatmaps = [f"heatmaps_{i}" for i in range(1, len(bundle.settings.shown_mask_ratios) + 1)]
    figures = {
        name: RenderedFigure(picture, f"Alt of {name}.", ["data/examples"]) for name in called("figure") + heatmaps
    }
    table = Table(
        ["Model", "PSNR / dB", "SSIM", "Verdict"],
        [
            [Text("AE"), Num("ae/psnr", bold=True), Num("ae/ssim"), Verdict("dae_more_robust")],
            [Text("VAE"), Num("vae/psnr"), Num("vae/ssim"), Verdict("vae_blurrier")],
        ],
    )
    return Content(bundle, judge_all(bundle), figures, dict.fromkeys(called("table"), table))


def called(word: str) -> list[str]:
    """Names with which the templates call `figure` or `table`."""
    found = []
    for path in sorted(TEMPLATES.glob("*.html")):
        for call in Environment().parse(path.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == word and isinstance(call.args[0], nodes.Const):
                found.append(call.args[0].value)
    return found


def forced(judgements: dict[str, Judgement], verdict: Answer, interval: bool = True) -> dict[str, Judgement]:
    """Every judgement with the same verdict."""
    effect = {"supported": 3.0, "refuted": -3.0, "no_difference": 0.1, "inconclusive": 1.0}.get(verdict)
    return {
        name: replace(
            item, verdict=verdict, effect=effect and effect * item.margin,
            interval=Interval(effect * item.margin - item.margin / 2, effect * item.margin + item.margin / 2)
            if effect and interval else None,
            basis="seeds" if effect and interval else "", reason="" if interval and effect else "a reason",
        )
        for name, item in judgements.items()
    }  # fmt: skip


def text_of(html: str) -> str:
    """What a reader sees, without the claims table and the lists of sentences."""
    body = re.sub(r"(?s)<(script|style|title|svg)\b.*?</\1>", "", html)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", re.sub(r"</(p|li|dd|dt|h\d|td|th|tr|figcaption)>", "\n", body)))
