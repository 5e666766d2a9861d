"""Numbers that cannot lie: what a page prints follows from its bundle, and whatever does not is found and named."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.presets import preset
from report.checks.allowed import Allowed
from report.checks.bound import Bindings
from report.checks.document import numbers, verdicts
from report.checks.printed import read
from report.checks.result import binding_name
from report.claims import CLAIMS
from report.fake import fake
from report.judgement import judge_all
from report.render import to_html
from report.templates import TEMPLATES
from report.verdicts import ClaimWords
from tests.documents import document, number, snippet
from tests.standins import parts

ASKED = sum(claim.asked for claim in CLAIMS.values())


def test_what_stands_behind_a_link_in_a_source_is_said_there(tmp_path: Path) -> None:
    (tmp_path / "own.html").write_text("A. Author: Title. arXiv:2210.02984, 2022.")
    made = parts()
    allowed = Allowed(made, tmp_path)
    assert allowed.says(", 2022.")
    assert allowed.says("2022.")
    assert not allowed.says("984, 2022.")  # part of another number
    assert not allowed.says(", 202")


@pytest.mark.parametrize("title", ["7", "7 dB", "Report 7.7"])
def test_a_number_in_the_title_excuses_no_other(title: str) -> None:
    made = parts()
    made.bundle.settings, before = made.bundle.settings.model_copy(update={"title": title}), made.bundle.settings
    try:
        allowed = Allowed(made, TEMPLATES)
    finally:
        made.bundle.settings = before
    for said in ("It is 77.7 dB", "0.7", "17", "7.1"):
        faults = numbers(read(f"<h1>{title}</h1><p>{said}"), document().bindings, allowed)[1].faults
        assert faults == (f"report.html, its beginning: printed '{said}': it is neither bound nor allowed unbound",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (r">(\d)", r">7\1", r"#here: ae/psnr: printed '7\d+\..* dB' for \d+\.\d+, expected '\d+\.\d+ dB' for \d"),
        (r"(\d) ?\u00a0?dB<", r"\1 points<", "ae/psnr: printed .* points' for"),
        (r'value="(\d)', r'value="7\1', r"ae/psnr: printed .* for 7\d+\.\d+, expected"),
        (r'value="[^"]+"', 'value="nan"', "ae/psnr: printed .* for nan, expected"),
        (r'value="[^"]+"', 'value="much"', "but its value is 'much'"),
        (r'(title=")(\d)', r"\g<1>7\2", "its pop-up is not what the bundle says"),
        (r'data-key="ae/psnr"', 'data-key="dae/psnr"', "dae/psnr: printed"),
        (r'data-key="ae/psnr"', 'data-key="ae/psnrr"', "but no run of these settings measures the key 'ae/psnrr'"),
        (r'data-key="ae/psnr"', 'data-claim="nobody"', "but there is no claim 'nobody'"),
        (r'data-key="ae/psnr"', 'data-claim="vae_smooth" data-part="x"', "but the claim has no x to print"),
        (r'data-key="ae/psnr"', 'data-run="nobody"', "but the run has no 'nobody'"),
        (r'data-key="ae/psnr"', "", "but it is bound to no key, claim or setting"),
    ],
)
def test_a_bound_number_that_was_changed_is_named(old: str, new: str, message: str) -> None:
    assert snippet(number()).faults == ()
    changed = re.sub(old, new, number(), count=1)
    assert changed != number()
    (fault,) = snippet(changed).faults
    assert re.search(message, fault)


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("It is 3.5.", "printed 'It is 3.5.': it is neither bound nor allowed unbound"),
        ("It loses ½ dB", "printed 'It loses ½ dB': it is neither bound"),
        ("the ②nd", "printed 'the ②nd': it is neither bound"),
        ("Ⅻ of them", "printed 'Ⅻ of them': it is neither bound"),
        ('<i data-run="device" data-fixed="provenance">half½</i>', "the bundle does not say so"),
        ("CIFAR-10 and CIFAR-11", "printed 'CIFAR-10 and CIFAR-11': it is neither bound"),
        ("<code>x_7</code>", "printed 'x_7': it is neither bound"),
        ("<svg><text>7.1</text></svg>", "printed '7.1': it is neither bound"),
        ("<noscript>7.2</noscript>", "printed '7.2': it is neither bound"),
        ('<i data-fixed="luck">7</i>', "its reason 'luck' is not on the list: "),
        ('<i data-fixed="definition">12345</i>', "no template, definition, table or reason says so"),
        ('<i data-fixed="reported by the assignment">8.95 dB</i>', "no template, definition, table or reason"),
        ('<i data-fixed="reported by the assignment">8.9</i>', "no template, definition, table or reason"),
        ('<i data-fixed="reported by the assignment">94 dB</i>', "no template, definition, table or reason"),
        ('<i data-run="device" data-fixed="provenance">H100</i>', "the bundle does not say so"),
        ('<figure id="fig-a"><b data-fixed="number of a figure">Figure 2.</b></figure>', "it should be number 1"),
        ('<a class="ref" href="#tab-x" data-fixed="number of a table">Table 1</a>', "it should be number another"),
        ('<data value="4" data-run="seeds">4</data>', "seeds: printed '4' for 4.0, expected '6' for 6.0"),
        ('<data value="33" data-run="claims">33</data>', f"claims: printed '33' for 33.0, expected '{len(CLAIMS)}'"),
        ('<data value="0" data-run="claims better">0</data>', "the run has no 'claims better'"),
        ('<data value="0" data-run="wishes supported">0</data>', "the run has no 'wishes supported'"),
        ('<data value="1" data-run="margin of luck">1</data>', "the run has no 'margin of luck'"),
        ('<data value="1" data-run="preferences supported">1</data>', "expected '7' for 7.0"),
        ('<data value="1" data-run="aspects supported">1</data>', "expected '4' for 4.0"),
        ('<data value="9" data-run="sentences of the assignment">9</data>', f"expected '{ASKED}'"),
        ('<data value="27" data-run="sentences of the document\'s own">27</data>', f"expected '{len(CLAIMS) - ASKED}'"),
        ('<data value="0.2" data-run="mask ratio">0.2</data>', "'0.1' for 0.1"),
        ('<data value="1" data-run="margin of psnr">1 dB</data>', "expected '0.5 dB' for 0.5"),
        ('<data value="0.02" data-run="margin of probe_accuracy">2 points</data>', "expected '1 point' for 0.01"),
    ],
)
def test_what_is_not_bound_is_named(html: str, message: str) -> None:
    (fault,) = snippet(html).faults
    assert fault.startswith("report.html, #")
    assert message in fault


@pytest.mark.parametrize(
    "html",
    [
        "CIFAR-10, SHA-256",
        "R² of it",
        "<code>ae/probe_accuracy[noise=0.1]</code>",
        '<i data-fixed="reported by the assignment">8.94 dB</i>',
        '<i data-run="measured" data-fixed="provenance">2 January 2026</i>',
        '<data value="6" data-run="hidden cells">6</data>',
        '<data value="20000" data-run="train_images">20\u202f000</data>',
    ],
)
def test_what_may_stand_stands(html: str) -> None:
    assert snippet(html).faults == ()


def test_the_smallest_mask_ratio_needs_no_figure_of_its_own(tmp_path: Path) -> None:
    bundle = fake(tmp_path, settings=preset("quick", ["seeds=1", "mask_ratios=0.05,0.1,0.3,0.5"]))
    made = replace(parts(), bundle=bundle, judgements=judge_all(bundle))
    html = to_html(made)
    assert '<data value="0.05" data-run="mask ratio">0.05</data>' in html
    assert numbers(read(html), Bindings(bundle, made.judgements), Allowed(made, TEMPLATES))[1].faults == ()


def test_a_changed_verdict_is_named() -> None:
    of, judgements = document(), parts().judgements

    def faults(html: str) -> tuple[str, ...]:
        return verdicts(read(html), of.bindings, judgements).faults

    mark = re.search(r'<a class="verdict supported" href="#claim-vae_smooth".*?</a>', of.html, re.DOTALL)
    row = re.search(r'<tr id="claim-vae_smooth">.*?</tr>', of.html, re.DOTALL)
    assert mark
    assert row
    (fault,) = faults(mark[0].replace("holds</a>", "does not hold</a>"))
    assert fault == "report.html, its beginning: vae_smooth: printed '✓ does not hold', expected '✓ holds'"
    (fault,) = faults(re.sub(r"margin: [\d.]+", "margin: 9", mark[0]))
    assert fault.endswith("vae_smooth: printed '✓ holds', its class or pop-up is another")
    (fault,) = faults(f"<table>{row[0]}</table>".replace('<circle cx="', '<circle cx="7'))
    assert fault == "report.html, #claim-vae_smooth: its drawing is not that of the claim"
    (fault,) = faults('<svg class="range" data-claim="nobody"></svg>')
    assert fault == "report.html, its beginning: its drawing is not that of the claim"
    (fault,) = faults('<div class="group refuted"><a href="#claim-vae_smooth">Paths</a></div>')
    assert fault == "report.html, its beginning: vae_smooth: listed as 'group refuted', but it is supported"
    (fault,) = faults('<a href="#claim-nobody">x</a>')
    assert "a link to an unknown claim, 'nobody'" in fault
    (fault,) = faults('<i class="missing" data-key="ae/psnr">not measured</i>')
    assert fault == 'report.html, its beginning: ae/psnr: printed "not measured", but it was'
    (fault,) = faults('<i class="missing" data-key="ae/nothing">not measured</i>')
    assert fault.startswith("report.html, its beginning: ae/nothing: ")


def gaps(html: str, scenario: str) -> tuple[str, ...]:
    return verdicts(read(html), document(scenario).bindings, parts(scenario).judgements).faults


def test_an_effect_without_an_interval_was_measured() -> None:
    claim = ClaimWords(parts("one-seed").judgements["vae_smooth"])
    gap = '<i class="missing" data-claim="vae_smooth"%s>not measured</i>'
    assert 'data-part="low"' in claim.interval
    assert gaps(claim.interval, "one-seed") == ()
    says = "report.html, its beginning: vae_smooth"
    for part in ("effect", "size"):
        (fault,) = gaps(gap % f' data-part="{part}"', "one-seed")
        assert fault == f'{says} {part}: printed "not measured", but it was'
    assert gaps(gap % ' data-part="low"', "one-seed") == ()
    assert len(gaps(gap % ' data-part="low"', "nominal")) == 1
    for part, shown in (("", ""), (' data-part="high"', " high")):
        (fault,) = gaps(gap % part, "one-seed")
        assert fault.startswith(f"{says}{shown}: no claim has the part ")
    (fault,) = gaps('<i class="missing" data-claim="nobody" data-part="low">not measured</i>', "one-seed")
    assert fault.endswith("there is no claim 'nobody'")


def test_what_was_not_measured_is_not_printed_as_a_number() -> None:
    (fault,) = document("missing-model").numbers(number("vae/psnr")).faults
    assert "but not measured: seed 0: the loss was not finite at step 117" in fault


def test_one_changed_value_changes_exactly_the_places_bound_to_it() -> None:
    """The page from before, held against the changed bundle: every place that follows from the value, and no other."""
    key, made, of = "ae/psnr", parts(), document()
    row = made.bundle.values[key]
    made.bundle.values[key] = [value + 1 for value in row if value is not None]
    try:
        judgements = judge_all(made.bundle)
        bindings = Bindings(made.bundle, judgements)
        follow = {name for name, item in judgements.items() if key in item.keys}
        page = of.read
        found = numbers(page, bindings, of.allowed)[1].faults
    finally:
        made.bundle.values[key] = row
    places = {
        (place, binding_name(element.attrib))
        for element, place in page.numbers
        if element.get("data-key") == key or element.get("data-claim") in follow
    }
    assert {"ae_beats_pca", "prefer_clean"} <= follow
    assert len(places) > 10
    assert {tuple(fault.removeprefix("report.html, ").split(": ")[:2]) for fault in found} == places
