"""Arrays of a bundle, packed as npz without pickles, and read back as untrusted input. Imports no torch.

A zip's directory is measured before it is parsed, and a member's header must be what numpy writes for the planned type
and shape, so that nothing is unpacked, or allocated, that the plan does not ask for.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments import plan
from experiments.legible import quoted
from experiments.metrics import METRICS
from experiments.settings import Settings

MAX_NPZ = 256 * 2**20  # bytes, packed as well as unpacked
MAX_DIRECTORY = 2**20  # bytes of a zip's directory; a model has some hundred arrays, at a hundred bytes each
MAX_EACH = 1_000_000  # single values: as many images as a data folder may hold
HUGE = 1e30  # no measured number comes near it, and figures can still scale it
DTYPES = {"image": np.dtype("uint8"), "label": np.dtype("int16"), "value": np.dtype("float32")}
HEADER = re.compile(rb"\{'descr': '(<f4|<i2|\|u1)', 'fortran_order': False, 'shape': \(([\d, ]{1,60})\), \} *\n")
END = struct.Struct("<4s4H2LH")  # of a zip: signature, disks, entries, size and place of the directory, comment
Array = NDArray[Any]


class BundleError(ValueError):
    """A bundle that cannot be read, in one line: which file, what is wrong."""


def write_npz(members: Mapping[str, Array]) -> bytes:
    """The same arrays give the same bytes: numpy writes members with the fixed date of 1980."""
    buffer = io.BytesIO()
    ordered = {name: np.asarray(values, order="C") for name, values in members.items()}
    np.savez_compressed(buffer, allow_pickle=False, **ordered)
    return buffer.getvalue()


def read_npz(file: str, data: bytes, settings: Settings, classes: int) -> dict[str, Array]:
    """Arrays of a file, each held against the plan before it is read; they cannot be written to.

    Args:
        classes: how many there are; labels lie below.

    Raises:
        BundleError: no zip, too large, or an array whose name, type, shape or content is not planned.
    """
    model = file.removeprefix("arrays/").rpartition("-")[0]
    planned = _planned(model, settings)
    found: dict[str, Array] = {}
    try:
        _check_directory(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_NPZ:
                raise ValueError(f"unpacks to more than {MAX_NPZ >> 20} MiB")
            if len({member.header_offset for member in members}) < len(members):
                raise ValueError("two of its arrays begin at the same place")
            for member in members:
                name, suffix = member.filename[:-4], member.filename[-4:]
                if name in found:
                    raise ValueError(f"{quoted(name)} stands twice")
                if name not in planned or suffix != ".npy":
                    raise ValueError(f"{quoted(member.filename)} is no array of these settings")
                found[name] = _read_npy(archive, member, planned[name])
                _check(name, found[name], classes)
    except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, RuntimeError, OSError, EOFError) as error:
        raise BundleError(f"{file}: {error}") from None
    return found


def _planned(model: str, settings: Settings) -> dict[str, plan.ArraySpec | None]:
    """Names of a model's arrays; None for single values, of which there may be any number."""
    names = [key.partition("/")[2] for key in plan.keys(settings) if key.startswith(f"{model}/")]
    each = {f"each:{name}": None for name in names if METRICS[name.partition("[")[0]].per}
    arrays = plan.arrays(settings).items()
    return each | {key.partition("/")[2]: spec for key, spec in arrays if key.startswith(f"{model}/")}


def _check_directory(data: bytes) -> None:
    """Raises ValueError where the zip's directory is not what numpy writes: at the end, small, without a comment."""
    if len(data) < END.size:
        raise ValueError("no zip: too short")
    signature, disk, first, here, entries, size, place, comment = END.unpack(data[-END.size :])
    if signature != b"PK\5\6" or comment or disk or first or here != entries:
        raise ValueError("no zip as numpy writes it")
    if size > MAX_DIRECTORY or place + size + END.size != len(data):
        raise ValueError("the zip's directory is not as numpy writes it")


def _read_npy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, spec: plan.ArraySpec | None) -> Array:
    if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{quoted(member.filename)}: encrypted, or packed in another way than by deflate")
    with archive.open(member) as stream:
        start = stream.read(10)
        if len(start) < 10 or start[:8] != b"\x93NUMPY\x01\x00":
            raise ValueError(f"{quoted(member.filename)}: not an array of this format")
        header = HEADER.fullmatch(stream.read(int.from_bytes(start[8:], "little")))
        if not header:
            raise ValueError(f"{quoted(member.filename)}: not a header that numpy writes for a bundle")
        dtype = np.dtype(header[1].decode())
        shape = tuple(int(part) for part in header[2].replace(b" ", b"").split(b",") if part)
        if spec is None:
            good = dtype == np.float32 and len(shape) == 1 and shape[0] <= MAX_EACH
        else:
            good = dtype == DTYPES[spec.kind] and shape == spec.shape
        if not good:
            raise ValueError(f"{quoted(member.filename)}: {dtype} {shape} is not what the plan says")
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        content = stream.read(size + 1)
    if len(content) != size:
        raise ValueError(f"{quoted(member.filename)}: holds {len(content):,} bytes or more, not {size:,}")
    return np.frombuffer(content, dtype).reshape(shape)


def finite(values: Array) -> bool:
    """Whether all numbers can be drawn: finite, and within ±HUGE."""
    return values.dtype.kind != "f" or bool(np.all(np.abs(values) < HUGE))


def _check(name: str, values: Array, classes: int) -> None:
    """Raises ValueError for numbers that cannot be drawn and labels of nothing."""
    if not finite(values):
        raise ValueError(f"{quoted(name)}: holds numbers that are not finite, or beyond ±{HUGE:g}")
    if values.dtype == DTYPES["label"] and values.size:
        end = classes if name.endswith("labels") else len(values)
        if values.min() < 0 or values.max() >= end:
            raise ValueError(f"{quoted(name)}: holds labels outside 0 … {end - 1}")
