"""Arrays of a bundle, packed as npz without pickles, and read back as untrusted input. Imports no torch."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments import plan
from experiments.settings import Settings

MAX_NPZ = 256 * 2**20  # bytes, unpacked
DTYPES = {"image": np.dtype("uint8"), "label": np.dtype("int16"), "value": np.dtype("float32")}
Array = NDArray[Any]


class BundleError(ValueError):
    """A bundle that cannot be read, in one line: which file, what is wrong."""


def write_npz(members: Mapping[str, Array]) -> bytes:
    """The same arrays give the same bytes: numpy writes members with the fixed date of 1980."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **members)
    return buffer.getvalue()


def read_npz(file: str, data: bytes, settings: Settings) -> dict[str, Array]:
    """Arrays of a file, each held against the plan before it is read.

    Raises:
        BundleError: no zip, too large, or an array whose name, type or shape is not planned.
    """
    model = file.removeprefix("arrays/").rpartition("-")[0]
    planned = {
        key.partition("/")[2]: spec for key, spec in plan.arrays(settings).items() if key.startswith(f"{model}/")
    }
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_NPZ:
                raise BundleError(f"{file}: unpacks to more than {MAX_NPZ >> 20} MiB")
            return {
                member.filename.removesuffix(".npy"): _read_npy(file, archive, member, planned) for member in members
            }
    except BundleError:
        raise
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise BundleError(f"{file}: {error}") from None


def _read_npy(file: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, planned: Mapping[str, plan.Array]) -> Array:
    name = member.filename.removesuffix(".npy")
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise BundleError(f"{file}: {name}: not an array of this format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    if name.startswith("each:"):
        good = dtype == np.float32 and len(shape) == 1 and shape[0] <= 1_000_000
    else:
        spec = planned.get(name)
        good = spec is not None and dtype == DTYPES[spec.kind] and shape == spec.shape
    if not good:
        raise BundleError(f"{file}: {name}: {dtype} {shape} is not what the plan says")
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)
