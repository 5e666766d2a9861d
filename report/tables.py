"""The tables of all Parts: rows of cells that are bound to keys and claims."""

from collections.abc import Callable, Mapping, Sequence

from experiments import plan
from experiments.bundle import Bundle
from experiments.metrics import METRICS
from experiments.settings import Settings
from report import words
from report.cells import NOT_DEFINED, numbers
from report.document import Cell, Missing, Num, Table, Text, Verdict
from report.judgement import Judgement, Judgements
from report.quoted import PUBLISHED, REPORTED, fits
from report.recipes import noise_places, tagged
from report.series import capital, head, title

QUALITY = ("ssim", "psnr", "mae", "mse", "high_band")
LATENT = {  # short heads, as six columns share a page
    "probe_accuracy": "Probe / %",
    "knn_accuracy": "kNN / %",
    "precision_at_10": "Precision at 10 / %",
    "ari": "ARI",
    "nmi": "NMI",
    "silhouette": "Silhouette",
}


def quality(bundle: Bundle, judgements: Judgements) -> Table:
    columns = [numbers(bundle, [f"{model}/{metric}" for model in plan.DECODING]) for metric in QUALITY]
    sizes = [Num(f"{model}/parameters") if model in plan.TRAINED else Text("none trained") for model in plan.DECODING]
    rows = _rows(_names(plan.DECODING), *columns, sizes)
    if fits(bundle.provenance):
        reported = [Text(REPORTED[metric]) if metric in REPORTED else NOT_DEFINED for metric in QUALITY]
        rows.append([Text("AE, quoted from the assignment"), *reported, NOT_DEFINED])
    return Table(["Model", *(head(f"ae/{metric}") for metric in QUALITY), head("ae/parameters")], rows)


def latent_quality(bundle: Bundle, judgements: Judgements) -> Table:
    columns = [numbers(bundle, [f"{model}/{metric}" for model in plan.ENCODING]) for metric in LATENT]
    rows = _rows(_names(plan.ENCODING), *columns)
    others = [[Text(name), Text(value), *[NOT_DEFINED] * (len(LATENT) - 1)] for name, value in PUBLISHED]
    return Table(["Latents of", *LATENT.values()], [*rows, *(others if fits(bundle.provenance) else [])])


def noise_classifiers(bundle: Bundle, judgements: Judgements) -> Table:
    levels, tags = noise_places(bundle.settings)
    columns = [numbers(bundle, tagged_models("probe_accuracy", plan.NOISY, tag)) for tag in tags]
    near = numbers(bundle, tagged_models("knn_accuracy", plan.NOISY, ""))
    realised = [Num(f"data/input_mse[{tag}]") if tag else NOT_DEFINED for tag in tags]
    heads = [f"Probe, σ² = {words.exact(level)}" if level else "Probe, clean" for level in levels]
    rows = _rows(_names(plan.NOISY), near, *columns)
    return Table(["Latents of", "kNN, clean", *heads], [*rows, [Text("MSE of the input"), NOT_DEFINED, *realised]])


# Condition, the assignment's preference, what is compared, claim.
CONDITIONS = (
    ("Clean and structured data", "AE", "PSNR on clean images", "prefer_clean"),
    ("Data with noise, corruption or artifacts", "DAE", "PSNR from noisy input", "prefer_noisy"),
    ("Robustness to real-world variability", "DAE", "Probe accuracy, mean over corruptions", "prefer_variability"),
    ("Anomaly or novelty detection", "DAE", "One-class AUROC, mean over classes", "prefer_anomaly"),
    ("Compressed representation learning", "AE", "PSNR at two bits per dimension", "prefer_compression"),
    ("Transfer learning or downstream classifiers", "DAE", "Probe accuracy with few labels", "prefer_transfer"),
    ("Low-resource environments", "AE", "PSNR after equal training time", "prefer_low_resource"),
)


def ae_or_dae(bundle: Bundle, judgements: Judgements) -> Table:
    rows = [
        [Text(condition), Text(preferred), Text(measured), Verdict(claim), _preferred(preferred, judgements[claim])]
        for condition, preferred, measured, claim in CONDITIONS
    ]
    return Table(["Condition", "Assignment prefers", "Measurement", "Verdict, lead", "Measured preference"], rows)


def anomaly(bundle: Bundle, judgements: Judgements) -> Table:
    heads = {"ae": title("ae"), "dae": title("dae"), "data": "Size as a PNG file"}
    rows = [
        [Text(name), *numbers(bundle, tagged_models("anomaly_auroc", list(heads), tag))]
        for name, tag in zip(bundle.provenance.classes, plan.known_tags(bundle.settings), strict=False)
    ]
    return Table(["Known class", *heads.values()], rows)


def _preferred(preferred: str, judgement: Judgement) -> Cell:
    """The cell that says which model the measurement prefers."""
    other = "DAE" if preferred == "AE" else "AE"
    if judgement.verdict == "unavailable":
        return Missing(judgement.reason)
    if judgement.contrary:
        return Text(other)
    said = {"supported": preferred, "refuted": f"not the {preferred}", "no_difference": "neither"}
    return Text(said.get(judgement.verdict, "open"))


GENERATION = (
    "roughness", "midpoint_confidence", "target_probability[of=arithmetic]", "target_probability[of=alone]",
    "target_probability[of=mean]", "target_probability[of=other]", "target_probability[of=random]",
    "judge_accuracy[of=reconstructions]", "frechet_judge[of=samples]", "frechet_judge[of=reconstructions]",
)  # fmt: skip
OF = {
    "arithmetic": "a − b + c", "alone": "c alone", "mean": "mean of c", "other": "mean of another class",
    "random": "three random images", "samples": "samples", "reconstructions": "reconstructions",
}  # fmt: skip
# Words for tags; tags that go without saying or are in the metric's name are left out.
TAGS = {"depth": "{} stage", "shift": "shift of {} px", "mask": "{} hidden", "data": "{}"}
SHARES = {"0.1": "trained on a tenth of the images", "1": "trained on all, with as many updates"}


def generation(bundle: Bundle, judgements: Judgements) -> Table:
    rows = []
    for name in GENERATION:
        of = name.partition("[of=")[2].removesuffix("]")
        what, slash, unit = head(f"vae/{name}").partition(" / ")
        text = f"{what}, {OF[of]}{slash}{unit}" if of else f"{what}{slash}{unit}"
        rows.append([Text(text), *_across(bundle.settings, name, ("vae", "ae"))])
    return Table(["Measured", "VAE", "AE"], rows)


def masked_quality(bundle: Bundle, judgements: Judgements) -> Table:
    rows: list[Sequence[Cell]] = []
    for tag in plan.shown_mask_tags(bundle.settings):
        columns = [
            numbers(bundle, tagged_models("mse", plan.INPAINTING, f"{tag},where={where}"))
            for where in ("masked", "visible", "whole")
        ]
        models = _names(plan.INPAINTING)
        rows += _rows([Text(tag.removeprefix("mask="))] * len(models), models, *columns)
    return Table(["Mask ratio", "Model", "MSE, hidden", "MSE, visible", "MSE, whole image"], rows)


def cnn_vit(bundle: Bundle, judgements: Judgements) -> Table:
    settings, half = bundle.settings, "mask=0.5,where=masked"
    hidden = next(tags for tags in (plan.trained_mask_tags(settings), plan.mask_tags(settings)) if len(tags) > 1)
    ends = [hidden[0], hidden[-1]]
    depths = [f"depth={depth},state=trained" for depth in plan.DEPTHS]
    groups = (
        ("Receptive field", "erf_r90", depths, "cnn_local"),
        ("Inductive bias", "equivariance_error", ["shift=4,state=trained"], "cnn_bias"),
        ("Inductive bias", "mse", [f"{half},data={share}" for share in (0.1, 1)], "cnn_bias_data"),
        ("Masking impact", "mse", [f"{tag},where=masked" for tag in ends], "cnn_masking_hurts"),
        ("Masking impact", "probe_accuracy", ends, "cnn_masking_hurts_probe"),
        ("Global awareness", "far_mass", depths, "cnn_global_slow"),
    )
    rows = []
    for aspect, metric, tags, claim in groups:
        for tag in tags:
            cells = _across(settings, f"{metric}[{tag}]", plan.MASKED)
            rows.append([Text(aspect), _what(metric, tag), *cells, Verdict(claim)])
    return Table(["Aspect", "Measured", *(title(model) for model in plan.MASKED), "Verdict"], rows)


def locality(bundle: Bundle, judgements: Judgements) -> Table:
    measured = [
        *(("erf_r50", f"depth={depth},state=trained", "") for depth in plan.DEPTHS),
        *(("equivariance_error", f"shift={shift},state={state}", state)
          for state in ("trained", "untrained") for shift in plan.SHIFTS),
        *(("mse", f"mask=0.5,where=masked,data={share}", "") for share in (0.1, 1)),
    ]  # fmt: skip
    rows = [
        [_what(metric, tag, state), *_across(bundle.settings, f"{metric}[{tag}]", plan.MASKED)]
        for metric, tag, state in measured
    ]
    rows.append([Text(head("mcae/parameters")), *_across(bundle.settings, "parameters", plan.MASKED)])
    return Table(["Measured", *(title(model) for model in plan.MASKED)], rows)


def _across(settings: Settings, name: str, models: Sequence[str]) -> list[Cell]:
    """A cell for each model; a dash if this is not measured for the model."""
    planned = set(plan.keys(settings))
    return [Num(key) if (key := f"{model}/{name}") in planned else NOT_DEFINED for model in models]


def _what(metric: str, tag: str, state: str = "") -> Text:
    """What a row shows: the metric and its condition, e.g. "MSE on hidden pixels, 0.5 hidden"."""
    name = capital(METRICS[metric].title) + (" on hidden pixels" if "where=masked" in tag else "")
    pairs = [part.split("=") for part in tag.split(",")]
    conditions = [TAGS[key].format(SHARES[value] if key == "data" else value) for key, value in pairs if key in TAGS]
    return Text(", ".join([name, *conditions, *([state] if state else [])]))


def tagged_models(metric: str, models: Sequence[str], tag: str) -> list[str]:
    """Keys of a metric with one tag, for each model."""
    return [key for model in models for key in tagged(model, metric, [tag])]


def _names(models: Sequence[str]) -> list[Cell]:
    return [Text(title(model), model) for model in models]


def _rows(*columns: Sequence[Cell]) -> list[list[Cell]]:
    """Rows from their columns, the first of which holds their names."""
    return [list(cells) for cells in zip(*columns, strict=True)]


TABLES: Sequence[Mapping[str, Callable[[Bundle, Judgements], Table]]] = [  # by Part
    {make.__name__: make for make in part}
    for part in (
        (quality, latent_quality, noise_classifiers, ae_or_dae, anomaly), (generation,),
        (masked_quality, cnn_vit, locality),
    )
]  # fmt: skip
