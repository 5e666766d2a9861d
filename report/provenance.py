"""The variable `run` of the templates: where the numbers come from and with which settings, as bound text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from math import inf

from markupsafe import Markup

from experiments import plan
from experiments.bundle import Bundle, Provenance
from experiments.curves import failure
from experiments.metrics import METRICS, Metric
from experiments.settings import Settings, hidden_cells
from report import quoted, words
from report.series import capital, title
from report.stats import SEEDS_FOR_T
from report.style import OWN_COLOUR

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip


class Run:
    """A run as templates see it. Any other attribute is a field of the provenance or a setting: `run.latent_dim` is its
    value as bound text.

    Attributes:
        settings: raw settings, for conditions and tags of keys.
        fake, demo: whether the results, or the images, are made up.
        notes, classes, versions: as in the bundle's provenance.
        reasons: (why something is missing, its keys or models).
        failed: titles of models that are missing in part, at least for one seed.
        absent: titles of models of which nothing was measured.
        has_commit: whether the code was under version control.
        few_seeds: whether intervals are over images instead of seeds.
        triplet: the three classes of the latent arithmetic.
        quotes: whether quoted numbers of others are for the same data.
        numbered: whether maps show the numbers of their classes.
        always_masked: whether no training batch of the masked models holds whole images.
        overshot: whether AE or VAE, the one with the higher final error on test images, had that error before its end.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._provenance, self._tasks = bundle.provenance, bundle.tasks
        self.settings: Settings = bundle.settings
        self.fake, self.demo = bundle.provenance.fake, bundle.provenance.demo
        self.notes, self.classes = bundle.provenance.notes, bundle.provenance.classes
        self.versions = sorted(bundle.provenance.versions.items())
        self.has_commit = bool(bundle.provenance.commit)
        self.reasons = _by_reason(bundle.reasons)
        failed = {key.partition("/")[0] for key, why in bundle.reasons.items() if failure(why)}
        self.failed = [title(model) for model in sorted(failed)]
        measured = {key.partition("/")[0] for key, row in bundle.values.items() if set(row) != {None}}
        self.absent = [title(model) for model in plan.ALL if model not in measured]
        self.few_seeds = bundle.settings.seeds < SEEDS_FOR_T
        self.triplet = plan.triplet(bundle.settings, self.classes)
        self.quotes = quoted.fits(bundle.provenance)
        self.numbered = min(len(self.classes), bundle.settings.map_images) <= OWN_COLOUR
        self.always_masked = hidden_cells(bundle.settings.mask_low) > 0
        pairs = zip(*(bundle.curves.get(f"{model}/test_mse", []) for model in ("ae", "vae")), strict=False)
        self.overshot = any(_overshot(*pair) for pair in pairs)

    def __getattr__(self, name: str) -> Markup:
        if name.startswith("_") or name not in {*Provenance.model_fields, *Settings.model_fields}:
            raise AttributeError(f"run has no {name!r}")
        return self._bound(name, getattr(self._provenance if name in Provenance.model_fields else self.settings, name))

    def __dir__(self) -> Iterable[str]:
        return {*super().__dir__(), *Provenance.model_fields, *Settings.model_fields}

    @property
    def warning(self) -> str:
        """The banner on every page if results or images are made up, else ""."""
        return "FAKE RESULTS" if self.fake else "DEMO DATA" if self.demo else ""

    @property
    def title(self) -> str:
        """The title in the settings; the default one names the data of the run."""
        given = self.settings.title
        if given != Settings.model_fields["title"].default:
            return given
        return given.replace(
            quoted.DATA, quoted.DATA if self.quotes else "demo images" if self.demo else self._provenance.data
        )

    @property
    def author(self) -> str:
        return self.settings.author

    @property
    def device(self) -> Markup:
        """The device that measured last, and any others that trained models."""
        device = self._provenance.device
        trained_on = {facts["trained_on"] for facts in self._tasks.values() if "trained_on" in facts}
        others = [name for name in sorted(trained_on) if not re.search(rf"(^|[,×] ){re.escape(name)}(,|$)", device)]
        return Markup("; ").join(self._fixed("device", name) for name in (device, *others))

    @property
    def date(self) -> datetime:
        """When the last number was measured.

        Raises:
            ValueError: it is no ISO date.
        """
        return datetime.fromisoformat(self._provenance.measured)

    @property
    def measured(self) -> Markup:
        return self._fixed("measured", _day(self.date))

    @property
    def days(self) -> list[tuple[Markup, str]]:
        """If the run was measured on several days: each day with the models measured on it."""
        found: dict[date, list[str]] = {}
        for name, facts in self._tasks.items():
            day = datetime.fromisoformat(facts.get("measured", self._provenance.measured)).date()
            model, titles = title(name.rpartition("-")[0]), found.setdefault(day, [])
            if model not in titles:
                titles.append(model)
        days = sorted(found.items())
        return [(self._fixed("measured", _day(day)), words.listing(titles)) for day, titles in days if len(days) > 1]

    @property
    def precision(self) -> Markup:
        """Number formats in which models were trained, "bf16", "fp32" or both; empty if unknown."""
        found = sorted({facts["precision"] for facts in self._tasks.values() if "precision" in facts})
        return Markup(" and ").join(self._fixed("precision", name) for name in found)

    def count(self, name: str, one: str, many: str = "") -> Markup:
        """A setting with its noun: "1 seed", "2 seeds"."""
        value = getattr(self._provenance, name, None) or getattr(self.settings, name)
        return Markup("{}&nbsp;{}").format(self._bound(name, value), words.plural(value, one, many))

    def number(self, value: float, name: str) -> Markup:
        """A number that follows from the run, bound to a name: the number of claims that hold, a mask ratio."""
        return self._bound(name, value)

    def hidden_cells(self, ratio: float) -> Markup:
        """The number of cells that a mask ratio hides."""
        return self._bound("hidden cells", hidden_cells(ratio))

    def text(self, value: str, name: str) -> Markup:
        """A text that may hold digits: a version, a note."""
        return self._fixed(name, value)

    def every(self) -> Iterable[tuple[str, Markup, str]]:
        """Name, value and meaning of every setting; title and triplet as adapted to the data."""
        fitted = {"title": self.title, "triplet": self.triplet}
        for name, info in Settings.model_fields.items():
            if name == "logo":
                continue  # a picture
            yield name, self._bound(name, fitted.get(name, getattr(self.settings, name))), info.description or ""

    def metrics(self) -> Iterable[tuple[str, str, Metric, Markup]]:
        """Name, title, header and margin of every metric."""
        for name, metric in METRICS.items():
            margin = self._printed(f"margin of {name}", metric.margin, words.exact(metric.margin, metric.apart))
            yield name, capital(metric.title), metric, margin

    def _bound(self, name: str, value: object) -> Markup:
        if isinstance(value, tuple):
            return Markup(", ").join(self._bound(name, item) for item in value)
        if isinstance(value, str):
            return self._fixed(name, value) if value else Markup("")
        assert isinstance(value, (int, float))
        return self._printed(name, value, words.exact(value))

    @staticmethod
    def _printed(name: str, value: float, text: str) -> Markup:
        return Markup('<data value="{}" data-run="{}">{}</data>').format(repr(value), name, text)

    @staticmethod
    def _fixed(name: str, value: str) -> Markup:
        return Markup('<span data-run="{}" data-fixed="provenance">{}</span>').format(name, words.name(value))


def _overshot(*curves: Sequence[float | None]) -> bool:
    """See Run; False where a curve is not whole."""
    whole = [[value for value in curve if value is not None] for curve in curves if curve and None not in curve]
    *before, last = max(whole, key=lambda curve: curve[-1]) if len(whole) == len(curves) else [0.0]
    return min(before, default=inf) <= last


def _by_reason(reasons: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for key, reason in sorted(reasons.items()):
        found.setdefault(reason, []).append(key)
    return list(found.items())


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
