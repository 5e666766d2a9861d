"""Array files that nobody's run wrote, under the SHA-256 that fits: bombs, lies about sizes, foreign types, code."""

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from experiments.arrays import write_npz
from experiments.bundle import Bundle
from experiments.files import sha256
from tests.bundles import edit
from tests.hostility import planted, refused

Members = list[tuple[str, bytes]]


NAMES = ("../x.npy", "/etc/passwd", "C:x.npy", "x", "each:speed.npy", "each:ari.npy", "\x1b[31m.npy", "examples")
TYPES = ("'|O'", "'<f8'", "'>f4'", "'|S99'", "[('a', '|u1')]", "'<M8[s]'", "'|V1'", "x", "__import__('os')", "'<c8'")
SHAPES = (
    "(10,)", "()", "(-1,)", "(10, 32, 32, 3, 1)", f"({'9' * 50},)", "(" * 3000 + ")" * 3000, "(1e3,)", "[1]", "(,)",
    "(2147483648, 2147483648, 2)", "(10 32 32 3)",
)  # fmt: skip


def header(text: str, version: bytes = b"\x01\x00") -> bytes:
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text.encode()


def npy(descr: str = "'|u1'", shape: str = "(10, 32, 32, 3)", fortran: str = "False", size: int = 30_720) -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n") + bytes(size)


def zipped(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=1) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def crafted() -> Iterator[tuple[str, bytes]]:
    good = npy()
    yield "nothing", b""
    yield "no zip", b"x" * 100
    yield "a zip that is cut", zipped([("examples.npy", good)])[:-30]
    yield "a zip with a comment", zipped([("examples.npy", good)])[:-2] + b"\x01\x00x"
    yield "a zip behind other bytes", b"#!/bin/sh\n" + zipped([("examples.npy", good)])
    yield "a directory of many names", zipped([(f"{n:040}.npy", b"") for n in range(20_000)])
    yield "a bomb of zeros", zipped([("examples.npy", bytes(2**28 + 1))])
    yield "a bomb behind an array", zipped([("examples.npy", good + bytes(2**24))])
    short = struct.pack("<I", 1)
    yield "a size that lies", zipped([("examples.npy", good)]).replace(struct.pack("<I", len(good)), short)
    yield "packed by bzip2", zipped([("examples.npy", good)], zipfile.ZIP_BZIP2)
    yield "packed by lzma", zipped([("examples.npy", good)], zipfile.ZIP_LZMA)
    encrypted = bytearray(zipped([("examples.npy", good)]))
    encrypted[6] |= 1
    encrypted[encrypted.rindex(b"PK\1\2") + 8] |= 1
    yield "encrypted", bytes(encrypted)
    broken = bytearray(zipped([("examples.npy", good)]))
    broken[50] ^= 255
    yield "deflated bytes that are broken", bytes(broken)
    for name in NAMES:
        yield f"a member called {name!r}", zipped([(name, good)])
    for descr in TYPES:
        yield f"an array of {descr}", zipped([("examples.npy", npy(descr))])
    for shape in SHAPES:
        yield f"of shape {shape[:30]}", zipped([("examples.npy", npy(shape=shape))])
    yield "in Fortran's order", zipped([("examples.npy", npy(fortran="True"))])
    yield "with a byte too few", zipped([("examples.npy", npy(size=30_719))])
    yield "with a byte too many", zipped([("examples.npy", npy(size=30_721))])
    yield "with half a header", zipped([("examples.npy", good[:20])])
    yield "without a header", zipped([("examples.npy", b"\x93NUM")])
    yield "of another version", zipped([("examples.npy", good.replace(b"\x01\x00", b"\x02\x00", 1))])
    yield "with code for a header", zipped([("examples.npy", header("__import__('os').system('true')\n"))])
    yield "a zip within a zip", zipped([("examples.npy", zipped([("examples.npy", good)]))])
    each = npy("'<f4'", f"({10**7},)", size=4 * 10**7)
    yield "more single values than images", zipped([("each:psnr.npy", each)])
    for number in (np.nan, np.inf, -np.inf, 1e31, -3e38):
        yield f"a map of {number}", write_npz({"pca_map[noise=0]": np.full((100, 2), number, np.float32)})
    for label in (-1, 100, 32_767):
        yield f"a neighbour {label}", write_npz({"neighbours": np.full((100, 5), label, np.int16)})


def test_array_files_that_were_crafted(folder: Path) -> None:
    cases = dict(crafted())
    for case, data in cases.items():
        (folder / "arrays/ae-0.npz").write_bytes(data)
        edit(folder, files={"arrays/ae-0.npz": sha256(data)})
        try:
            refused(folder, "ae-0.npz")
        except BaseException as error:
            error.add_note(case)
            raise
    assert len(cases) > 50


def test_a_member_that_stands_twice(folder: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped([("examples.npy", npy()), ("examples.npy", npy())])
    (folder / "arrays/ae-0.npz").write_bytes(data)
    edit(folder, files={"arrays/ae-0.npz": sha256(data)})
    refused(folder, "ae-0.npz", "'examples' stands twice")


def test_members_that_begin_at_the_same_place(folder: Path) -> None:
    """Python 3.14 warns of a bomb and goes on."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("examples.npy", "each:psnr.npy"):
            archive.writestr(name, npy())
        archive.filelist[1].header_offset = 0
    (folder / "arrays/ae-0.npz").write_bytes(buffer.getvalue())
    edit(folder, files={"arrays/ae-0.npz": sha256(buffer.getvalue())})
    refused(folder, "ae-0.npz", "two of its arrays begin at the same place")


@pytest.mark.parametrize(("label", "key"), [(-1, "example_labels"), (2, "example_labels"), (99, "example_labels")])
def test_labels_of_no_class(folder: Path, label: int, key: str) -> None:
    data = write_npz({key: np.full(10, label, np.int16)})
    (folder / "arrays/data-0.npz").write_bytes(data)
    edit(folder, files={"arrays/data-0.npz": sha256(data)})
    refused(folder, "data-0.npz", "labels outside 0 … 1", array=f"data/{key}")


def test_what_these_cases_change_is_read_when_it_is_good(folder: Path) -> None:
    data = zipped([("examples.npy", npy()), ("each:psnr.npy", npy("'<f4'", "(7,)", size=28))])
    (folder / "arrays/ae-0.npz").write_bytes(data)
    edit(folder, files={"arrays/ae-0.npz": sha256(data)}, **planted("title", "Größe: <b> & “x” \u200d שלום"))
    loaded = Bundle.load(folder)
    assert loaded.array("ae/examples").shape == (10, 32, 32, 3)
    assert loaded.settings.title.startswith("Größe")
