"""Where a bundle's numbers come from, as far as it is printed. Imports no torch."""

from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from experiments.legible import Name, Text, quoted

MAX_NOTES = 500
Count = Annotated[int, Field(ge=0, le=10_000_000)]


def _distinct(names: list[str]) -> list[str]:
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{quoted(twice[0])} stands twice")
    return names


def _date(text: str) -> str:
    """An ISO date of a year that can be printed and put into a file."""
    with suppress(ValueError):
        if 1980 <= datetime.fromisoformat(text).year < 3000:
            return text
    raise ValueError(f"{quoted(text)} is no date and time")


class Provenance(BaseModel):
    """Where the numbers come from. Its texts are printed: none may hold what a terminal or a page would obey."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    data: Name
    classes: Annotated[list[Name], Field(min_length=1, max_length=1000), AfterValidator(_distinct)]
    train_images: Count
    test_images: Count
    fingerprint: Name
    device: Name
    versions: dict[Name, Name] = Field(max_length=50)
    commit: Name
    measured: Annotated[Name, AfterValidator(_date)]  # ISO date and time of the last task
    fake: bool = False
    demo: bool = False
    notes: list[Text] = Field(default=[], max_length=MAX_NOTES)
