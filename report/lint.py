"""A lint for templates: no typed number that could be a measurement, no judgement outside of a claim.

A number is printed by `num`, `claim`, `run` or `table`, or stands in `fixed` with one of the REASONS. A comparative
word, or one that counts (“twice”, “percent”), stands in a branch of a claim (`{% if c.supported %}` … `{% endif %}`) or
in a phrase of ALLOWED. In branches where nothing is known to hold it has to be denied or asked (“not better”,
“whether …”): after `{% else %}`, if a claim is undecided, and if it is refuted, unless `c.contrary` holds.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from report import words
from report.checks.tokens import DIGIT
from report.stats import VERDICTS
from report.templates import TEMPLATES, copied, pages
from report.unused import unused
from report.visible import BREAK, Visible

CLAIM, OPEN = "claim", "open"  # branches in which something is known to hold; all others of a claim
DECIDED = ("supported", "no_difference", "contrary")  # not "refuted": the contrary of a refuted sentence may not hold
DENIED = re.compile(
    r"\b(?:not|no|never|neither|nor|cannot|whether|which|how)\b.*?(?=\bbut\b|[.;:!?]|$)", re.IGNORECASE | re.DOTALL
)
COMPARATIVE = re.compile(
    r"\b(better|best|worse|worst|more|most|less|least|fewer|higher|highest|lower|lowest|larger|largest|smaller|smallest|"
    r"greater|greatest|stronger|strongest|weaker|weakest|sharp\w*|blurr\w*|smooth\w*|faster|fastest|slower|slowest|"
    r"closer|further|longer|shorter|robust\w*|outperform\w*|improve\w*|degrad\w*|superior|inferior|beats?|wins?|"
    r"exceeds?|suffers?|hurts?|surely|prefer\w*|noisier|noisiest|cleaner|deeper|clearer|clearly|significant\w*|"
    r"rougher|finer|crisp\w*|bigger|richer|surer|easier|harder|poor(?:er|est|ly)?|ahead|surpass\w*|dominat\w*|"
    r"fails?|succeeds?|accurate\w*|reliabl\w*|excellent\w*|always|consistently|twice|thrice|double[ds]?|tripl\w+|"
    r"halve[ds]?|half (?:as|the)|by (?:half|(?:an?|\w+) (?:third|quarter|fifth|tenth)s?)|\w+fold|"
    r"\w+ times (?:as|the|that|its|their)|percent|(?:thir|for|fif|six|seven|eigh|nine)ty|dozens?|hundreds?|thousands?|"
    r"millions?)\b",
    re.IGNORECASE,
)
# Phrases that do not compare measurements: phrase -> why it may stand.
ALLOWED = {
    "best linear autoencoder": "a theorem about PCA",
    "at most one document in twenty": "the error rate that the statistics are built for",
    "the smallest effect of interest": "definition of a margin",
    "such as “worse”": "an example of a verdict's words",
    "“not better”": "an example of a verdict's words",
    "to be preferred": "the assignment's question",
    "preferred model": "the assignment's answer, as a column of its table",
    "When to prefer the AE and when the DAE": "the assignment's question",
    "the assignment’s preference": "the assignment's answer",
    "the seven preferences": "the assignment's answers",
    "its largest class probability": "what a judge is sure of",
    "largest bend or fall": "what an effect measures",
    "cells with more texture": "which cells are meant",
    "smallest to the largest measured mask ratio in the training range": "a range",
    "more than slightly": "what is not slight",
    "it always contains both effects": "how an interval of two seeds is made",
    "a roughness in percent": "a unit",
    "in percent of the original’s": "a unit",
    "ahead of every other that it is compared with": "definition of a bold number",
    "twice as many as the one before": "the shape of the backbone",
    "clipped at twice their running norm": "how gradients are clipped",
    "off by many times their whole range": "what a loss would allow",
    "Robustness to real-world variability": "name of a condition in the assignment's table",
}
# Reasons why digits may stand unbound: the value of `data-fixed`, or the second argument of `fixed`.
REASONS = {
    "chosen at a slider": "what the reader chose; the script writes it",
    "counted by the explorer": "among the images that it shows; the script writes it",
    "definition": "a constant of a definition",
    "number of a figure": "counted by the document",
    "number of a table": "counted by the document",
    "provenance": "a name, date or checksum that the bundle holds as text",
    "reason": "why something is missing, as the bundle has it",
    "reference": "a literature reference",
    "reported by the assignment": "quoted, and said to be",
    "sentence of a claim": "what a claim asserts, in words",
    "stated, not measured here": "quoted in a table, or its condition",
    "year of a source": "names a literature reference",
}
AROUND = 30  # letters that are shown on either side of a digit, and before a word
LINE = re.compile(rf"[\n{BREAK}]")


def lint(templates: Path) -> list[str]:
    """A line for each fault: file, line, and what stands there; unchanged copies of our templates are skipped."""
    mine = [path for path in pages(templates) if templates == TEMPLATES or not copied(path)]
    return [*unused(templates), *(finding for path in mine for finding in lint_file(path))]


def lint_file(path: Path) -> list[str]:
    """The findings in one template; one that cannot be parsed is a finding, too."""
    try:
        template = Environment().parse(path.read_text(encoding="utf-8-sig"))
        found = [
            *((line, f"a reason that is not on the list: {text!r}") for line, text in reasons(template)),
            *((line, f"a typed number: {text}") for line, text in typed(template)),
            *((line, f"a judgement outside of a claim: {text}") for line, text in judged(template)),
            *compared(template),
        ]
    except (TemplateSyntaxError, UnicodeDecodeError, OSError, AssertionError) as error:  # the last by HTMLParser
        return [f"{path.name}, line {getattr(error, 'lineno', 1)}: {error}"]
    return [f"{path.name}, line {line}: {text}" for line, text in sorted(found)]


def typed(template: nodes.Template) -> Iterator[tuple[int, str]]:
    """Lines and surroundings of digits that are neither printed by a function nor fixed."""
    text = visible(template, outside_claims=False)
    for name in words.NAMES:
        text = text.replace(name, "·" * len(name))
    shown = 0
    for hit in DIGIT.finditer(text):
        if hit.start() >= shown:
            before, after = LINE.split(text[shown : hit.start()])[-1], LINE.split(text[hit.end() :], maxsplit=1)[0]
            shown = hit.end() + len(after[:AROUND])
            yield _line(text, hit), f"… {f'{before[-AROUND:]}{hit[0]}{after[:AROUND]}'.strip()} …"


def judged(template: nodes.Template) -> Iterator[tuple[int, str]]:
    """Lines and surroundings of comparative words outside of the branches of claims."""
    text = visible(template, outside_claims=True)
    for phrase in ALLOWED:
        text = re.sub(re.escape(phrase), lambda hit: "·" * len(hit[0]), text, flags=re.IGNORECASE)
    for hit in COMPARATIVE.finditer(text):
        before, after = text[max(0, hit.start() - AROUND) : hit.start()], text[hit.end() : hit.end() + 20]
        around = f"{before.split(BREAK)[-1]}{hit[0]}{after.split(BREAK)[0]}"
        yield _line(text, hit), f"{hit[0]!r} in … {' '.join(around.split())} …"


def compared(template: nodes.Template) -> Iterator[tuple[int, str]]:
    """Lines on which a number is compared; as what is compared is its HTML, that would not even go by its value."""
    for comparison in template.find_all(nodes.Compare):
        if any(
            isinstance(call.node, nodes.Name) and call.node.name == "num" for call in comparison.find_all(nodes.Call)
        ):
            yield comparison.lineno, "a number is compared: only a claim knows its noise"


def _line(text: str, hit: re.Match[str]) -> int:
    return 1 + text.count("\n", 0, hit.start())


def reasons(template: nodes.Template) -> Iterator[tuple[int, str]]:
    """Lines and reasons of fixed texts with an unknown reason."""
    for data in template.find_all(nodes.TemplateData):
        for hit in re.finditer(r'data-fixed=["\']([^"\'{]+)["\']', data.data):
            if hit[1] not in REASONS:
                yield data.lineno + data.data.count("\n", 0, hit.start()), hit[1]
    for call in template.find_all(nodes.Call):
        if _fixes(call) and len(call.args) > 1:
            reason = call.args[1]
            if not isinstance(reason, nodes.Const) or reason.value not in REASONS:
                yield call.lineno, str(getattr(reason, "value", "an expression"))


def visible(template: nodes.Template, outside_claims: bool) -> str:
    """What a reader sees, on the lines of the template, without tags and fixed texts."""
    source = ""
    for line, text, branch in prose(template):
        if outside_claims and branch == OPEN:
            text = DENIED.sub(lambda hit: COMPARATIVE.sub("·", hit[0]), text)
        if not (outside_claims and branch == CLAIM):
            source += "\n" * (line - 1 - source.count("\n")) + text
    reader = Visible()
    reader.feed(source)
    reader.close()
    return reader.text


def prose(node: nodes.Node, branch: str = "") -> Iterator[tuple[int, str, str]]:
    """Line, text, and kind of branch around it; with a placeholder for each printed expression."""
    if isinstance(node, (nodes.If, nodes.CondExpr)):
        yield from _branches(node, branch)
    elif isinstance(node, nodes.TemplateData):
        yield node.lineno, node.data, branch
    elif isinstance(node, nodes.Output):
        for part in node.nodes:
            yield from _printed(part, branch)
    elif isinstance(node, nodes.Call):
        for argument in () if _fixes(node) else (*node.args, *node.kwargs):
            yield from prose(argument, branch)
        yield node.lineno, "…", branch
    elif isinstance(node, nodes.Const):
        if isinstance(node.value, str) and " " in node.value:  # a phrase; single words are names of keys and claims
            yield node.lineno, f" {node.value} ", branch
    elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name) and node.target.name == "sources":
        pass  # the references, which are printed as fixed
    else:
        for child in node.iter_child_nodes():
            yield from prose(child, branch)


def _printed(node: nodes.Expr, branch: str) -> Iterator[tuple[int, str, str]]:
    """What an expression prints: {{ 3.5 }}, or either side of {{ "a" if b else "c" }}."""
    if isinstance(node, nodes.Const):
        yield node.lineno, f" {node.value} ", branch
    elif isinstance(node, nodes.CondExpr):
        held, rest = _ways(node.test, branch)
        yield from _printed(node.expr1, held)
        yield from _printed(node.expr2, rest) if node.expr2 else ()
    elif isinstance(node, nodes.Concat):
        for part in node.nodes:
            yield from _printed(part, branch)
    elif isinstance(node, nodes.Filter) and node.node is not None:
        yield from _printed(node.node, branch)
        for argument in (*node.args, *node.kwargs):
            yield from prose(argument, branch)
    else:
        yield from prose(node, branch)


def _ways(test: nodes.Node, around: str) -> tuple[str, str]:
    """The kinds of branch if a condition holds, and if not."""
    asked = set(_asked(test))
    rest = (around or OPEN) if asked else around
    return (CLAIM if True in asked else rest), rest


def _branches(node: nodes.If | nodes.CondExpr, around: str) -> Iterator[tuple[int, str, str]]:
    held, rest = _ways(node.test, around)
    if isinstance(node, nodes.CondExpr):
        yield from prose(node.expr1, held)
        yield from prose(node.expr2, rest) if node.expr2 else ()
    else:
        for part in node.body:
            yield from prose(part, held)
        for part in (*node.elif_, *node.else_):
            yield from prose(part, rest)


def _asked(test: nodes.Node, denied: bool = False) -> Iterator[bool]:
    """For each verdict that a condition asks for, whether something is known to hold then."""
    if isinstance(test, nodes.Getattr) and test.attr in (*VERDICTS, "contrary"):
        yield not denied and test.attr in DECIDED
    for child in test.iter_child_nodes():
        yield from _asked(child, denied ^ isinstance(test, nodes.Not))


def _fixes(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Getattr) and call.node.attr == "fixed"
