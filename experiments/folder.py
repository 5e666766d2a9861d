"""A folder of pictures as arrays: `train/<class>/*` and `test/<class>/*`, in any format that Pillow reads.

Every picture is brought to 32×32 RGB: turned as its EXIF orientation says, first frame of an animation, transparency
on white, cropped to the square in its middle, and resized with Lanczos' filter. A picture that cannot be read is
an error that names it. What was decoded is kept beside the data, so that the next run reads one file.
"""

import hashlib
import os
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import PIL
from PIL import UnidentifiedImageError

from experiments import image_cache, legible
from experiments.images import SIDE, DataError, Images, Pixels, in_turn
from experiments.machine import cores
from experiments.pictures import decode, strict

Say = Callable[[str], None]
Entry = tuple[str, int, int]  # path, size in bytes, modification time in ns

MAX_CLASSES = 1000  # as many as a bundle takes
MAX_IMAGES = 1_000_000  # 3 GB in memory
MAX_THREADS = 16  # beyond, they wait for each other
CHUNK = 64  # files a task
REPORT_EVERY = 10.0  # seconds
HEIC = (b"heic", b"heix", b"mif1", b"msf1")  # brands of its files (ISO/IEC 23008-12)
LISTED = 200  # files at most that are told one by one to be unreadable
LAYOUT = "images belong in train/<class>/ and test/<class>/"


@dataclass(frozen=True)
class Listing:
    """The files of a data folder by part and class, and a key that changes when one of them does."""

    classes: tuple[str, ...]
    files: dict[str, list[list[str]]]  # part -> class -> files
    key: str

    def counts(self, part: str) -> list[int]:
        return [len(files) for files in self.files[part]]


def read_folder(folder: Path, say: Say) -> Images:
    """Decode a data folder, or take what an earlier run decoded if no file has changed since.

    Raises:
        DataError: no folder, no or empty classes, classes that differ between train and test, unreadable files.
    """
    listing = list_folder(folder, say)
    counts = listing.counts("train"), listing.counts("test")
    images = image_cache.load(folder, listing.key, listing.classes, counts)
    if images is None:
        images = _decode_all(folder, listing, say)
        try:
            image_cache.save(folder, listing.key, images)
        except OSError as error:
            say(f"decoded images are not kept beside the data, so the next run reads them again ({error.strerror})")
    return images


def require(folder: Path) -> None:
    """Refuse a data folder that is not there.

    Raises:
        DataError: there is none.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; --data takes auto, cifar10, demo or a folder: {LAYOUT}")


def list_folder(folder: Path, say: Say) -> Listing:
    """Look what a data folder holds, without opening an image. Hidden files are passed over.

    Raises:
        DataError: as `read_folder`, or too many images.
    """
    require(folder)
    try:
        classes = _classes(folder, say)
        entries = {part: [_entries(folder / part / name) for name in classes] for part in ("train", "test")}
    except OSError as error:
        raise DataError(f"{error.filename}: {error.strerror}; make the folder readable") from None
    total = sum(len(found) for lists in entries.values() for found in lists)
    if total > MAX_IMAGES:
        raise DataError(f"{folder}: {total:,} images, more than the {MAX_IMAGES:,} that are read; use fewer")
    files = {part: [[path for path, _, _ in found] for found in lists] for part, lists in entries.items()}
    return Listing(tuple(classes), files, _key(classes, entries))


def _key(classes: list[str], entries: dict[str, list[list[Entry]]]) -> str:
    """Changes with the name, size or time of any file, and with what decodes it; not with where the folder lies."""
    key = hashlib.sha256(f"1 {PIL.__version__} {SIDE}".encode())
    for lists in entries.values():
        for name, found in zip(classes, lists, strict=True):
            key.update(f"{name}\0{len(found)}\0".encode())
            for path, size, time_ns in found:
                key.update(b"%s\0%d\0%d\0" % (os.fsencode(os.path.basename(path)), size, time_ns))
    return key.hexdigest()


def _classes(folder: Path, say: Say) -> list[str]:
    """Class names, sorted; the same in train and test."""
    names = {}
    for part in ("train", "test"):
        if not (folder / part).is_dir():
            raise DataError(f"{folder}: no folder {part}/ in it; {LAYOUT}")
        there = sorted(os.scandir(folder / part), key=lambda entry: entry.name)
        found = [entry for entry in there if not _foreign(entry)]
        hidden = [entry.name for entry in there if entry.name.startswith(".") and entry.is_dir()]
        if hidden:
            say(f"not read: {len(hidden)} hidden folder(s) in {folder / part}, such as {hidden[0]!a}")
        names[part] = {entry.name for entry in found if entry.is_dir()}
        beside = sorted(entry.name for entry in found if not entry.is_dir())
        if beside:
            say(f"not read: {len(beside)} file(s) beside the class folders of {folder / part}, such as {beside[0]!a}")
    odd = sorted(names["train"] ^ names["test"])
    if odd:
        has, lacks = ("train", "test") if odd[0] in names["train"] else ("test", "train")
        raise DataError(
            f"{folder}: class {odd[0]!r} is in {has}/ but not in {lacks}/; add its images to {lacks}/ or take it out"
        )
    if not 2 <= len(odd := sorted(names["train"])) <= MAX_CLASSES:
        raise DataError(f"{folder}: {len(odd)} class(es) in train/, needed are 2 to {MAX_CLASSES}; {LAYOUT}")
    for name in odd:
        if refused := legible.odd(name):
            raise DataError(f"{folder}: the class name {name!a} holds {refused}, which must not be printed; rename it")
    return odd


def _foreign(entry: os.DirEntry[str]) -> bool:
    """Whether an operating system put it there: Unix, Windows, macOS (in a zip), a NAS."""
    return entry.name.startswith(".") or entry.name in ("Thumbs.db", "desktop.ini", "__MACOSX", "@eaDir")


def _entries(folder: Path) -> list[Entry]:
    """The files of a class, by name."""
    found = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if _foreign(entry):
            continue
        if entry.is_symlink() and not os.path.exists(entry.path):
            raise DataError(f"{legible.line(entry.path)}: a link that leads nowhere; repair or remove it")
        if not entry.is_file():
            raise DataError(f"{legible.line(entry.path)}: not a file; the images of a class lie directly in its folder")
        status = entry.stat()
        found.append((entry.path, status.st_size, status.st_mtime_ns))
    if not found:
        raise DataError(f"{folder}: no image in it; put some there or take the class out of train/ and test/")
    return found


def _decode_all(folder: Path, listing: Listing, say: Say) -> Images:
    """Decode every file, on as many threads as there are cores: Pillow lets go of Python's lock while it decodes."""
    files = [path for part in ("train", "test") for found in listing.files[part] for path in found]
    say(f"reading {len(files):,} images from {folder}")
    pixels = np.empty((len(files), 3, SIDE, SIDE), np.uint8)
    bad: list[str] = []
    started = said = time.monotonic()
    with strict(), ThreadPoolExecutor(min(cores(), MAX_THREADS)) as pool:
        starts = range(0, len(files), CHUNK)
        for start, found in zip(starts, pool.map(partial(_decode_chunk, files, pixels), starts), strict=True):
            bad += found
            if time.monotonic() - said > REPORT_EVERY:
                said = time.monotonic()
                say(f"read {start:,} of {len(files):,} images in {said - started:.0f} s")
    if bad:
        for text in bad[:LISTED]:
            say(f"cannot be read: {text}")
        more = f" and {len(bad) - 3:,} more" if len(bad) > 3 else ""
        raise DataError(
            f"{folder}: {len(bad):,} of {len(files):,} files cannot be read as images: {'; '.join(bad[:3])}{more};"
            " replace or remove them"
        )
    split = sum(listing.counts("train"))
    train, test = (np.repeat(np.arange(len(listing.classes)), listing.counts(part)) for part in ("train", "test"))
    return Images(listing.classes, *in_turn(pixels[:split], train), *in_turn(pixels[split:], test))


def _decode_chunk(files: list[str], pixels: Pixels, start: int) -> list[str]:
    """Decode files[start : start + CHUNK] into their places; names those that cannot be read, and why."""
    bad = []
    for index, path in enumerate(files[start : start + CHUNK], start):
        try:
            pixels[index] = decode(path).transpose(2, 0, 1)
        except Exception as error:  # Pillow's readers raise whatever a broken file leads them to
            known = getattr(error, "strerror", None) or str(error)  # without the path, which is said
            reason = _unknown(path) if isinstance(error, UnidentifiedImageError) else known
            bad.append(f"{legible.line(path)} ({legible.line(reason) or type(error).__name__})")
    return bad


def _unknown(path: str) -> str:
    """What a file is that Pillow does not know."""
    with open(path, "rb") as file:
        head = file.read(12)
    box, brand = struct.unpack("4x4s4s", head.ljust(12))
    if not head:
        return "empty"
    return "HEIC, which is not read; save it as JPEG" if box == b"ftyp" and brand in HEIC else "not an image"
