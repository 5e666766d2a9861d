"""A page is word by word what its templates make of the bundle; the first place where it is not is named."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

from report.checks import rerender
from report.checks.printed import Printed, read
from report.checks.rerender import trusted
from report.render import to_html
from report.templates import TEMPLATES
from tests.documents import content, lied, page

Faults = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of figures with nothing but the note of what they were drawn from."""
    folder = tmp_path_factory.mktemp("figures")
    known = {
        name: {"file": f"{name}.png", "sha256": "", "inputs": "", "alt": "", "keys": list(figure.keys)}
        for name, figure in content().figures.items()
    }
    (folder / "index.json").write_text(json.dumps({"format": 1, "figures": known}))
    return folder


@pytest.fixture(scope="module")
def faults(noted: Path) -> Iterator[Faults]:
    """What is found in a page. What it is held against is made and read once, as it takes a second."""
    ours = list[Printed]()

    def once(html: str) -> Printed:
        ours.extend([] if ours else [read(html)])
        return ours[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rerender, "read", once)
        yield lambda html: list(rerender.faults(read(html), noted, content(), TEMPLATES))


def test_a_page_is_what_its_templates_make(faults: Faults) -> None:
    html = page()
    assert faults(html) == []
    spread = html.replace("<p>The assignment asks", "<!-- 3.5 --><p>\n  The assignment asks", 1)
    assert spread != html
    assert faults(spread) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("better than the AE: at", "worse than the AE: at", "images worse than the AE: at variance' stands where"),
        (r'<p class="hint unscripted">.*?</p>\n', "", "#summary: '<p>' stands where its templates have '<p class="),
        ('<ul class="score">', '<ul class="hint">', "#summary: '…ss=\"hint\">'|#summary: '<ul class=\"hint\">' stands"),
        (r'(<h3 id="vae">.*?</h3>)', r"\1<p>The VAE is twice as good.", "#vae: 'The VAE is twice as good.' stands"),
        (r"(<th [^>]*>)Unit", r"\1Value", "#cap-definitions: 'Value' stands where its templates have 'Unit'"),
        ("</main>", "<p>And so on.</p></main>", "'<p>' stands where its templates have '<"),
        (r'(<figure id="fig-spectrum" class=)"\w+"', r'\1"hint"', "'<figure class=\"hint\" id=\"fig-spectrum\">' st"),
        (r'(<img) (src[^>]* alt="[^"]*" width)', r'\1 class="popover" \2', "'<img class=\"popover\">' stands"),
        ('data-head="Summary">', 'data-head="All">', "#summary: '<h2 data-head=\"All\" id=\"summary\">' st"),
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_is_named(faults: Faults, old: str, new: str, fault: str) -> None:
    changed = re.sub(old, new, page(), count=1, flags=re.DOTALL)
    assert changed != page()
    (found,) = faults(changed)
    assert re.search(fault, found), found


def test_the_text_of_a_logo_is_that_of_the_templates(noted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rerender, "read", read)  # not once, as `faults` does
    bundle = copy(content().bundle)
    bundle.settings = bundle.settings.model_copy(update={"logo": "data:image/png;base64,AAAA"})
    made = replace(content(), bundle=bundle)
    html = to_html(made)
    assert list(rerender.faults(read(html), noted, made, TEMPLATES)) == []
    (fault,) = rerender.faults(read(lied('alt="Logo"', 'alt="The AE wins"', html)), noted, made, TEMPLATES)
    assert '<img alt="The AE wins" class="logo" src="data:' in fault


def test_templates_that_cannot_be_rendered_are_a_fault(noted: Path, tmp_path: Path) -> None:
    (tmp_path / "part1.html").write_text("{{ num('ae/psnrr') }}")
    (fault,) = rerender.faults(read("<p>"), noted, content(), tmp_path)
    assert "cannot be made again: part1.html, line 1: num('ae/psnrr')" in fault


def test_templates_that_the_note_of_a_run_names_are_rendered_only_if_they_are_ours(tmp_path: Path) -> None:
    assert trusted(TEMPLATES, given=False) == TEMPLATES
    for name in ("part1.html", "style.css"):
        shutil.copy(TEMPLATES / name, tmp_path)
    assert trusted(tmp_path, given=False) == TEMPLATES
    assert trusted(tmp_path, given=True) == tmp_path
    (tmp_path / "part1.html").write_text("{{ cycler.__init__.__globals__ }}")
    assert trusted(tmp_path, given=False) is None
