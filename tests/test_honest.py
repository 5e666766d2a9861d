"""The page of every scenario follows from its bundle: nothing is found in it of all that is found in one with a lie."""

import re

import pytest

from report.aside import aside
from report.check import numbers, verdicts
from report.fake import SCENARIOS
from report.foreign import foreign
from report.render import TEMPLATES
from report.whole import whole
from tests.documents import content, document


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_page_of_a_scenario_has_no_fault(scenario: str) -> None:
    """One reading of it for all that a page is asked."""
    of, made = document(scenario), content(scenario)
    page = of.read
    found = numbers(page, of.bonds, of.stated)[1]
    assert found.faults == ()
    assert found.counted.endswith(", 0 neither")
    assert int(re.findall(r"(\d+) bound", found.counted)[0]) == len(page.numbers) == of.html.count("<data ") > 500
    assert verdicts(page, of.bonds, made.judgements).faults == ()
    assert aside(page, made, of.bonds, of.stated, TEMPLATES) == ()
    assert list(foreign(page, "", TEMPLATES)) == []
    assert list(whole(page, made, TEMPLATES)) == []


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_sources_that_are_cited_are_those_that_are_listed(scenario: str) -> None:
    html = document(scenario).html
    listed = re.findall(r'<li id="ref-([^"]+)">', html)
    assert len(listed) > 10
    assert set(listed) == set(re.findall(r'href="#ref-([^"]+)"', html))
    definitions = "".join(re.findall(r'<td data-fixed="definition">(.*?)</td>', html))
    assert "ref-luo2016" in definitions
    assert "et al." not in re.sub("<a .*?</a>", "", definitions)
