"""Templates: no typed measurement, no judgement outside a claim, and a sentence for every verdict of every claim."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from report import words
from report.claims import CLAIMS
from report.render import TEMPLATES, to_html
from report.stats import VERDICTS
from report.stats import Verdict as Answer
from tests.standins import forced, parts, text_of

PATHS = sorted(TEMPLATES.glob("*.html"))
BRANCHES = ("supported", "refuted", "no_difference", "inconclusive")
COMPARATIVE = re.compile(
    r"\b(better|best|worse|worst|more|most|less|least|fewer|higher|highest|lower|lowest|larger|largest|smaller|greater|"
    r"stronger|weaker|sharp\w*|blurr\w*|smooth\w*|faster|slower|closer|further|longer|shorter|robust\w*|outperform\w*|"
    r"improve\w*|degrad\w*|superior|inferior|beats?|wins?|exceeds?|suffers?|hurts?|surely|prefer\w*|noisier|deeper|"
    r"clearer|significant\w*)\b",
    re.IGNORECASE,
)
# Words that compare nothing measured here: phrase -> why it may stand.
ALLOWED = {
    "best linear autoencoder": "a theorem about PCA",
    "at most one document in twenty": "the error rate that the statistics are built for",
    "make every difference significant": "a remark on statistics",
    "to be preferred": "the assignment's question",
    "preferred model": "the assignment's answer, as a column of its table",
    "When to prefer the AE, when the DAE": "the assignment's question",
    "the assignment’s preference": "the assignment's answer",
    "the seven preferences": "the assignment's answers",
    "Robustness to real-world variability": "name of a condition in the assignment's table",
}


def parse(path: Path) -> nodes.Template:
    return Environment().parse(path.read_text())


def prose(node: nodes.Node, in_claim: bool = False) -> Iterator[tuple[str, bool]]:
    """Pieces of text with whether they stand in a branch of a claim; a placeholder for each printed expression."""
    if isinstance(node, nodes.If):
        branch = in_claim or (isinstance(node.test, nodes.Getattr) and node.test.attr in BRANCHES)
        for part in (*node.body, *node.elif_, *node.else_):
            yield from prose(part, branch)
    elif isinstance(node, nodes.TemplateData):
        yield node.data, in_claim
    elif isinstance(node, nodes.Call):
        fixed = isinstance(node.node, nodes.Getattr) and node.node.attr == "fixed"
        for part in () if fixed else node.args:
            yield from prose(part, in_claim)
        yield "…", in_claim
    elif isinstance(node, nodes.Const):
        if isinstance(node.value, str) and " " in node.value:
            yield node.value, in_claim
    elif isinstance(node, nodes.Dict):  # the references, and titles by verdict
        pass
    else:
        for child in node.iter_child_nodes():
            yield from prose(child, in_claim)


class Visible(HTMLParser):
    """Text outside of what is marked as fixed."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self._open, self._fixed = "", list[str](), 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("meta", "img", "br", "link"):
            return
        self._open.append(tag)
        if self._fixed or "data-fixed" in dict(attrs):
            self._fixed += 1

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            self._fixed = max(0, self._fixed - 1)
        self._fixed = max(0, self._fixed - 1)

    def handle_data(self, data: str) -> None:
        if not self._fixed:
            self.text += data


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_no_number_is_typed(path: Path) -> None:
    visible = Visible()
    visible.feed("".join(text for text, _ in prose(parse(path))))
    text = visible.text
    for name in words.NAMES:
        text = text.replace(name, "")
    assert re.findall(r".{0,30}\d.{0,30}", text) == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_no_judgement_outside_a_claim(path: Path) -> None:
    visible = Visible()
    visible.feed("".join(text for text, in_claim in prose(parse(path)) if not in_claim))
    text = visible.text
    for phrase in ALLOWED:
        text = re.sub(re.escape(phrase), "", text, flags=re.IGNORECASE)
    found = [text[max(0, hit.start() - 40) : hit.end() + 20] for hit in COMPARATIVE.finditer(text)]
    assert found == []


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


def test_every_claim_has_a_branch_for_every_verdict() -> None:
    for name, block in blocks():
        tests = [part.test for part in (block, *block.elif_)]
        assert [test.attr for test in tests if isinstance(test, nodes.Getattr)] == list(BRANCHES), name
        assert block.else_, name


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("scenario", ["nominal", "missing-model"])
def test_every_branch_renders(scenario: str, verdict: Answer) -> None:
    made = parts(scenario)
    for interval in (True, False) if verdict == "inconclusive" else (True,):
        judgements = forced(made.judgements, verdict, interval)
        html = to_html(made.bundle, judgements, made.figures, made.tables)
        text = text_of(html)
        assert html.count(f'class="verdict {verdict}"') >= len(CLAIMS)
        assert not re.findall(r".{0,40}(?:\bNone\b|undefined|\{\{|\(\)| ,| \.(?! )|\.\.|,,|: \.).{0,40}", text)


def test_branches_differ() -> None:
    made = parts()
    texts = {
        verdict: text_of(to_html(made.bundle, forced(made.judgements, verdict), made.figures, made.tables))
        for verdict in VERDICTS
    }
    assert len(set(texts.values())) == len(VERDICTS)
    assert "reconstructs better than PCA with as many numbers: its PSNR" in texts["supported"]
    assert "reconstructs better than PCA with as many numbers: its PSNR" not in texts["no_difference"]
