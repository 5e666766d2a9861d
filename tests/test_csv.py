"""Tables as CSV: means in the units of the document, and no text that a spreadsheet would run."""

import csv
from pathlib import Path

import pytest

from experiments.presets import preset
from report.csv_tables import no_formula, to_csv
from report.document import Missing, Num, Table, Text, Verdict
from report.fake import fake
from report.judgement import judge_all

SETTINGS = preset("smoke", ["seeds=3"])


def test_csv_holds_means_in_the_units_of_the_document_and_guards_texts(tmp_path: Path) -> None:
    bundle = fake(tmp_path, "nominal", SETTINGS)
    judgements = judge_all(bundle)
    bundle.values["ae/probe_accuracy"] = [0.25, 0.5, None]
    bundle.values["dae/probe_accuracy"] = [None, None, None]
    rows = [
        [Text("=cmd()"), Num("ae/probe_accuracy"), Verdict("dae_more_robust")],
        [Text("a, b"), Num("dae/probe_accuracy"), Missing("it failed")],
        [Text("MSE"), Num("ae/mse"), Text("")],
        [Text("Radius"), Num("mcae/erf_r90[depth=last,state=trained]"), Num("dae/probe_accuracy")],
    ]
    bundle.values["ae/mse"], bundle.values["mcae/erf_r90[depth=last,state=trained]"] = [-1 / 3], [3.0, 4.0]
    table = Table(["Model", "Linear probe / %", "Verdict"], rows)
    text, lead = to_csv(table, bundle, judgements), judgements["dae_more_robust"].effect
    assert lead is not None
    assert list(csv.reader(text.splitlines())) == [
        ["Model", "Linear probe / %", "Verdict"],
        ["'=cmd()", "37.5", f"holds {100 * lead:.15g} points"],
        ["a, b", "", ""],
        ["MSE", "-0.3333333333333333", ""],
        ["Radius", "3.5 px", ""],
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_text_is_a_formula(text: str) -> None:
    assert no_formula(text) == f"'{text}"
    assert no_formula(f"a{text}") == f"a{text}"
