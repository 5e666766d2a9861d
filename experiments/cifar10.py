"""CIFAR-10, wherever it lies or can be had: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.

Looked for under `.data/`: the folder `cifar10` with train/<class>/ and test/<class>/, then torchvision's archive and
batches, which torchvision fetches and checks (MD5). The same images in the same order come out of both.
"""

import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path

import numpy as np

from experiments.folder import Say, read_folder
from experiments.images import DataError, Images, Pixels, in_turn
from experiments.legible import why

FINGERPRINT = "d05bb804fc1a63571d2c94b46bf831c8148996626c1fa3ad95a995819f7603c2"  # of the whole set, in our order
CONNECT = 5.0  # seconds to wait for an answer
STALLED = 30.0  # seconds without a byte that end a download
SAMPLE, SAMPLE_TIME = 2 * 2**20, 3.0  # bytes, seconds: what a guess of the download's time may cost


def find(data: Path, say: Say) -> Images | None:
    """CIFAR-10 from the disk; None where there is neither the folder nor torchvision's files.

    Raises:
        DataError: the folder is there, but does not hold the whole of CIFAR-10, or something else.
    """
    folder = data / "cifar10"
    if folder.is_dir():
        images = read_folder(folder, say)
        if images.fingerprint != FINGERPRINT:
            raise DataError(
                f"{folder}: {len(images.train_images):,} + {len(images.test_images):,} images that are not the 50,000 +"
                f" 10,000 of CIFAR-10; unpack it anew, or take them as they are with --data {folder}"
            )
        return images
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    archive = check_integrity(data / CIFAR10.filename, CIFAR10.tgz_md5)
    if archive or (data / CIFAR10.base_folder).is_dir():
        try:
            return _read(data, download=archive)  # unpacks the archive, which needs no network
        except (OSError, RuntimeError) as error:
            say(f"{data / CIFAR10.base_folder}: not the whole of CIFAR-10 ({why(error)})")
    return None


def fetch(data: Path, say: Say) -> Images:
    """CIFAR-10 from the network, by torchvision, with its progress bar and its checksum.

    Raises:
        DataError: it cannot be had; says how to put it there.
    """
    from torchvision.datasets import CIFAR10

    try:
        with _open(CIFAR10.url):
            pass
        say(f"fetching CIFAR-10 into {data}")
        with _timeout(STALLED):
            return _read(data, download=True)
    except (OSError, HTTPException, RuntimeError) as error:
        raise DataError(
            f"CIFAR-10 is not in {data} and cannot be fetched ({why(error)}); put {CIFAR10.filename} there, or its"
            f" images in {data / 'cifar10'}/train/<class>/ and …/test/<class>/, say where they are with"
            " --data FOLDER, or take --data demo"
        ) from None


def seconds_to_fetch() -> float:
    """How long the download would take, guessed from its first bytes.

    Raises:
        OSError: no answer within seconds.
    """
    from torchvision.datasets import CIFAR10

    try:
        with _open(CIFAR10.url) as response:
            size, read, started = int(response.headers.get("Content-Length", 0)) or 170_500_000, 0, time.monotonic()
            while read < SAMPLE and time.monotonic() - started < SAMPLE_TIME and (part := response.read(2**16)):
                read += len(part)
            return float(size / max(read, 1) * (time.monotonic() - started))
    except HTTPException as error:
        raise OSError(why(error)) from None


def _read(data: Path, download: bool) -> Images:
    """torchvision's CIFAR-10; `download` unpacks its archive, and fetches it first where it is not there."""
    from torchvision.datasets import CIFAR10

    train, test = CIFAR10(data, train=True, download=download), CIFAR10(data, train=False)
    parts = (in_turn(_channels_first(part.data), np.array(part.targets)) for part in (train, test))
    return Images(tuple(train.classes), *next(parts), *next(parts))


def _channels_first(images: Pixels) -> Pixels:
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))  # (N, H, W, C) -> (N, C, H, W)


def _open(url: str) -> HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "aereport"})
    return urllib.request.urlopen(request, timeout=CONNECT)  # type: ignore[no-any-return]


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """Bound the silence of every connection: torchvision sets no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
