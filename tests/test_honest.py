"""The page of every scenario follows from its bundle: nothing is found in it of all that is found in one with a lie."""

import re
from dataclasses import replace

import pytest

from report.checks import complete, elements, screen
from report.checks.allowed import Allowed
from report.checks.bound import Bindings
from report.checks.document import numbers, verdicts
from report.checks.printed import read
from report.fake import SCENARIOS
from report.render import to_html
from report.templates import TEMPLATES
from tests.documents import content, document


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_page_of_a_scenario_has_no_fault(scenario: str) -> None:
    """One reading of it for all that a page is asked."""
    of, made = document(scenario), content(scenario)
    page = of.read
    found = numbers(page, of.bindings, of.allowed)[1]
    assert found.faults == ()
    assert found.counted.endswith(", 0 neither")
    assert int(re.findall(r"(\d+) bound", found.counted)[0]) == len(page.numbers) == of.html.count("<data ") > 500
    assert verdicts(page, of.bindings, made.judgements).faults == ()
    assert screen.faults(page, made, of.bindings, of.allowed, TEMPLATES) == ()
    assert list(elements.faults(page, "", TEMPLATES)) == []
    assert list(complete.faults(page, made, TEMPLATES)) == []


def test_a_number_in_the_reason_why_there_is_no_interval_is_on_a_list() -> None:
    made = content()
    why = "its 2 classes came out alike, which may be chance"
    undecided = replace(made.judgements["prefer_anomaly"], verdict="inconclusive", interval=None, reason=why)
    made = replace(made, judgements={**made.judgements, "prefer_anomaly": undecided})
    html = to_html(made)
    assert html.count(why) >= 2  # in the text and in the list of all claims
    assert numbers(read(html), Bindings(made.bundle, made.judgements), Allowed(made, TEMPLATES))[1].faults == ()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_sources_that_are_cited_are_those_that_are_listed(scenario: str) -> None:
    html = document(scenario).html
    listed = re.findall(r'<li id="ref-([^"]+)">', html)
    assert len(listed) > 10
    assert set(listed) == set(re.findall(r'href="#ref-([^"]+)"', html))
    definitions = "".join(re.findall(r'<td data-fixed="definition">(.*?)</td>', html))
    assert "ref-luo2016" in definitions
    assert "et al." not in re.sub("<a .*?</a>", "", definitions)
