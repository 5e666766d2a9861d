"""Templates: a sentence for every verdict of every claim. What they may say outside of claims is in test_lint.py."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from experiments import plan
from experiments.machine import ROOT
from experiments.metrics import MODEL_TITLES
from experiments.settings import Settings
from report.claims import CLAIMS, PARTS
from report.render import to_html
from report.stats import VERDICTS
from report.stats import Verdict as Answer
from report.templates import TEMPLATES
from report.words import listing
from tests.standins import forced, parts, text_of

PATHS = sorted(TEMPLATES.glob("*.html"))
DECIDED = ("supported", "refuted", "no_difference")


def parse(path: Path) -> nodes.Template:
    return Environment().parse(path.read_text())


def blocks() -> Iterator[tuple[str, nodes.If]]:
    """Each claim that a template asks for by name, with the branches that follow."""
    for path in PATHS:
        template = parse(path)
        for parent in (template, *template.find_all((nodes.For, nodes.If, nodes.CallBlock))):
            body = getattr(parent, "body", [])
            for place, node in enumerate(body):
                if name := claimed(node):
                    yield name, next(part for part in body[place:] if isinstance(part, nodes.If))


def claimed(node: nodes.Node) -> str | None:
    """The id in `{% set c = claim("id") %}`."""
    call = node.node if isinstance(node, nodes.Assign) else None
    if isinstance(call, nodes.Call) and isinstance(call.node, nodes.Name) and call.node.name == "claim":
        return call.args[0].value if isinstance(call.args[0], nodes.Const) else None
    return None


def test_every_claim_has_its_sentences_once() -> None:
    names = [name for name, _ in blocks()]
    assert sorted(names) == sorted(CLAIMS)


@pytest.mark.parametrize(("page", "part"), [("part1", "Part I"), ("part2", "Part II"), ("part3", "Part III")])
def test_the_head_of_a_part_lists_and_counts_every_claim_that_its_text_judges(page: str, part: str) -> None:
    text = (TEMPLATES / f"{page}.html").read_text()
    judged = re.findall(r'{% set c = claim\("(\w+)"\) %}', text)
    head = text[: text.index("{% set c =")]
    assert sorted(re.findall(r'"(\w+)"', "".join(re.findall(r"(?:came_out|set rows = )\S.*", head)))) == sorted(judged)
    assert set(judged) == set(PARTS[part])
    assert f'came_out("{part}", ' in head


def test_behind_the_sentences_of_each_claim_its_verdict_leads_to_it(html: str) -> None:
    """Once in the text; lists and tables repeat it."""
    text = re.sub(r"(?s)<(table|ul)\b.*?</\1>", "", html)
    assert sorted(re.findall(r'<a class="verdict \w+" href="#claim-(\w+)"', text)) == sorted(CLAIMS)


def test_every_claim_has_a_branch_for_every_verdict_that_decides_and_one_for_the_others() -> None:
    for name, block in blocks():
        tests = [part.test for part in (block, *block.elif_)]
        assert [test.attr for test in tests if isinstance(test, nodes.Getattr)] == list(DECIDED), name
        calls = [call.node for output in block.else_ for call in output.find_all(nodes.Call)]
        assert "unanswered" in [call.attr for call in calls if isinstance(call, nodes.Getattr)], name


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("scenario", ["nominal", "missing-model"])
def test_every_branch_renders(scenario: str, verdict: Answer) -> None:
    made = parts(scenario)
    for interval in (True, False) if verdict == "inconclusive" else (True,):
        judgements = forced(made.judgements, verdict, interval)
        html = to_html(replace(made, judgements=judgements))
        text = text_of(html)
        assert html.count(f'class="verdict {verdict}"') >= len(CLAIMS)
        assert not re.findall(r".{0,40}(?:\bNone\b|undefined|\{\{|\(\)| ,| \.(?! )|\.\.|,,|: \.).{0,40}", text)


def test_branches_differ() -> None:
    made = parts()
    texts = {
        verdict: text_of(to_html(replace(made, judgements=forced(made.judgements, verdict)))) for verdict in VERDICTS
    }
    assert len(set(texts.values())) == len(VERDICTS)
    assert "reconstructs better than PCA of the same dimension: its PSNR" in texts["supported"]
    assert "reconstructs better than PCA of the same dimension: its PSNR" not in texts["no_difference"]


def test_the_models_whose_probes_see_noise_are_named(html: str) -> None:
    keys = plan.keys(Settings())
    names = [MODEL_TITLES[model] for model in plan.ALL if f"{model}/probe_accuracy[noise=0.1]" in keys]
    assert f"For {listing(names)}, a probe is trained on latents of clean images" in text_of(html)


def test_equal_numbers_are_promised_of_a_cpu_alone(html: str) -> None:
    """On a GPU torch may add in any order, as nothing asks it for deterministic algorithms."""
    code = "".join(path.read_text() for path in (ROOT / "experiments").glob("*.py"))
    assert not re.search(r"use_deterministic_algorithms|cudnn\.deterministic", code)
    assert "the same numbers on the same kind of CPU, except for those that depend on the clock; a GPU" in text_of(html)


def test_only_intervals_over_seeds_are_said_to_hold_for_these_test_images(html: str) -> None:
    """With one or two seeds they are over test images, and so not conditional on them."""
    assert re.findall(r"(\w+(?: over seeds)?) are conditional on this document’s test images", text_of(html)) == [
        "Intervals over seeds"
    ]


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.css")), ids=lambda path: path.name)
def test_underlines_are_such_that_safari_draws_them(path: Path) -> None:
    """It drops a short form that says more than where the line is."""
    assert re.findall(r"text-decoration:(?!\s*[a-z-]+\s*[;}])[^;}]*", path.read_text()) == []
