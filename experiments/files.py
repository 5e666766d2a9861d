"""Files that are whole or not there: atomic writes, checksums, and a lock for one build a folder.

What lies in a run's folder may come from a stranger: links are neither written through nor read, and a pipe or a device
in the place of a file is refused instead of waited for.
"""

import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNFINISHED = re.compile(r"\..+\.[0-9a-f]{16}\.part")
FOLDERS = (".", "bundle", "bundle/arrays", "figures", "tables", "models")  # of a run, where files are written
PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # no link, and no wait for the other end of a pipe


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a power cut, sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{secrets.token_hex(8)}.part"
    try:
        with os.fdopen(open_plain(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename = str(path)  # which its user knows; the disk is full, the folder may not be written
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Write the names in a folder to the disk: after a power cut no rename comes before an earlier one."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_plain(path: Path, limit: int) -> bytes:
    """The content of a plain file of at most `limit` bytes; nothing larger is read.

    Raises:
        OSError: it is not there, a link, not a file, or too large.
    """
    with os.fdopen(open_plain(path, os.O_RDONLY), "rb") as file:
        data = file.read(limit + 1) if os.fstat(file.fileno()).st_size <= limit else None
    if data is None or len(data) > limit:
        raise OSError(errno.EFBIG, f"larger than {limit >> 20} MiB, which no run writes", str(path))
    return data


def open_plain(path: Path, flags: int) -> int:
    """A descriptor of a plain file.

    Raises:
        OSError: it is a link or not a file, or what opening raises.
    """
    try:
        descriptor = os.open(path, flags | PLAIN, 0o666)  # less the umask
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link; a pipe or socket that nobody reads
            raise OSError(error.errno, "not a plain file", str(path)) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return descriptor


def own_folder(run: Path, name: str) -> Path:
    """A folder within a run's, made where it is not there.

    Raises:
        ValueError: it is a link, which might lead anywhere.
    """
    folder = run / name
    if folder.is_symlink():
        raise ValueError(f"{folder}: is a link, and what it leads to would be written; put a folder in its place")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Locked(ValueError):
    """Another process is building in the folder."""


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold a folder for one build. The kernel drops the lock when its process dies, however it dies.

    What a process that was killed left half written is cleared away.

    Raises:
        Locked: another process holds it; names the folder and the process.
        OSError: the folder cannot be written, or its `.lock` is no plain file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(open_plain(folder / ".lock", os.O_RDWR | os.O_CREAT), "r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = re.match(rb"\d+", file.read(20) or b"")
            raise Locked(
                f"{folder}: another command (process {owner[0].decode() if owner else 'unknown'}) is at work here;"
                " wait for it, or take another folder"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        _clear(folder)
        yield


def _clear(run: Path) -> None:
    """Remove what was being written when a process died; whoever calls it holds the lock."""
    for name in FOLDERS:
        folder = run / name
        if folder.is_dir() and not folder.is_symlink():
            for entry in folder.iterdir():
                if UNFINISHED.fullmatch(entry.name):
                    entry.unlink(missing_ok=True)
