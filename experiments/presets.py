"""The presets `smoke`, `quick` and `full`, and what `--set KEY=VALUE` changes in them. Imports no torch.

smoke   demo images, two seeds: seconds on two CPU cores, for CI
quick   the real data, two seeds: minutes on two CPU cores
full    50,000 images, six seeds: made for one GPU
"""

import json
import re
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from experiments.legible import Name, closest, line
from experiments.logo import embedded
from experiments.settings import Settings

PRESETS: dict[str, dict[str, Any]] = {
    "smoke": dict(
        seeds=2, train_images=600, test_images=200, epochs=2, batch_size=32, learning_rate=4e-3, ema_decay=0.9,
        width=8, latent_dim=32, curve_images=100, probe_images=300, map_images=100, mask_images=20,
        pca_dims=(16, 32, 64), few_labels=(5, 20), corruption_images=50, corruption_severities=(3,), bits=(3, 5, 8),
        anomaly_classes=2, anomaly_epochs=3, efficiency_epochs=2, judge_epochs=3, paths=10, influence_images=5,
        gradient_images=5,
    ),
    "quick": dict(
        seeds=2, train_images=20000, test_images=2000, epochs=1, batch_size=64, learning_rate=4e-3, ema_decay=0.99,
        width=32, curve_images=500, probe_images=5000, map_images=1000, mask_images=500, few_labels=(10, 100),
        corruption_images=500, corruption_severities=(3,), anomaly_classes=3, anomaly_epochs=2, efficiency_epochs=1,
        judge_epochs=3, paths=100, influence_images=50, gradient_images=50,
    ),
    "full": {},
}  # fmt: skip


def preset(name: str, overrides: Sequence[str] = ()) -> Settings:
    """The settings of a preset with `KEY=VALUE` overrides.

    Text is taken as it is, lists have commas: `seeds=3`, `noise_levels=0,0.1` or `[0,0.1]`, `title=My report`.

    Raises:
        ValueError: unknown preset or key, or a bad value; the message lists what is valid.
    """
    if name not in PRESETS:
        raise ValueError(f"unknown preset {line(name, 60)!r}: expected one of {', '.join(PRESETS)}")
    return validated({"preset": name, **PRESETS[name], **dict(map(_parse, overrides))})


def changed(settings: Settings, overrides: Sequence[str]) -> Settings:
    """The same with `KEY=VALUE` overrides, as in `preset`."""
    return validated(settings.model_dump() | dict(map(_parse, overrides)))


def described() -> str:
    """Every setting with what it means and its value, by preset where they differ: two lines each."""
    by_preset, lines = {name: preset(name) for name in PRESETS}, []
    for key, field in Settings.model_fields.items():
        if key != "preset":
            values = {name: _shown(getattr(settings, key)) for name, settings in by_preset.items()}
            alike = len(set(values.values())) == 1
            shown = values["full"] if alike else "  ".join(f"{name} {value}" for name, value in values.items())
            lines += [f"{key}: {field.description}", f"    {shown or '(empty)'}"]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    """As `--set` takes it."""
    if isinstance(value, tuple):
        return ",".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parse(override: str) -> tuple[str, Any]:
    key, equals, value = override.partition("=")
    known = sorted(set(Settings.model_fields) - {"preset"})
    if not equals:
        raise ValueError(f"--set {line(override, 60)!r}: write KEY=VALUE, with a KEY out of {', '.join(known)}")
    if key == "preset":
        raise ValueError(f"--set {line(override, 60)!r}: a preset is an option of its own, --preset")
    if key not in known:
        raise ValueError(f"unknown setting {line(key, 60)!r}{closest(key, known)}: expected one of {', '.join(known)}")
    if key == "logo" and value:
        return key, embedded(Path(value))
    kind, found = Settings.model_fields[key].annotation, _plain(value)
    if get_origin(kind) is tuple and not isinstance(found, list):
        parts = [part.strip() for part in value.strip(" []()").split(",") if part.strip()]
        return key, parts if get_args(kind)[0] is Name else [*map(_plain, parts)]
    return key, value if kind is str else found


def _plain(text: str) -> Any:
    """What the text is as JSON, else itself."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(found, bool) else found  # no setting is one, and pydantic would take true for 1


def validated(values: Mapping[str, Any]) -> Settings:
    """Settings from plain values, with pydantic's complaints in one line.

    Raises:
        ValueError: names each key, what it got and what it takes.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        parts = []
        for item in error.errors():
            key = line(".".join(map(str, item["loc"])), 100)
            got = f", got {reprlib.repr(item['input'])}" if key else ""
            said = item["msg"].removeprefix("Value error, ").replace("Input should", "must")
            said = re.split(", unable|, got a number", said)[0]
            parts.append(f"{key or 'settings'}: {said}{got}")
        raise ValueError(line("; ".join(parts))) from None
