"""Bundles as zips: packing one, and unpacking one, or a bundle's folder, into the folder of a run.

A zip is untrusted input: it is examined before anything is unpacked, and nothing is unpacked but bundle.json and
arrays/MODEL-SEED.npz, under these names.
"""

import io
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from experiments.arrays import END, MAX_NPZ, BundleError
from experiments.bundle import Bundle
from experiments.files import UNFINISHED, own_folder, write_atomic
from experiments.legible import line
from experiments.reader import MAX_JSON, document, no_bundle, parsed, verified

MAX_ZIP = 2**30  # bytes, packed and unpacked; the bundle of a `full` run has about 30 MiB
MAX_MEMBERS = 2000  # a run writes two dozen
MAX_DIRECTORY = MAX_MEMBERS * 512  # bytes of the zip's directory
MAX_RATIO = 200  # numbers as text shrink to a fifth, arrays are compressed already
MEMBER = re.compile(r"(bundle/)?(bundle\.json|arrays/[a-z_]+-\d{1,3}\.npz)")
FOLDERS = ("bundle/", "arrays/", "bundle/arrays/")  # entries that other programs write
EPOCH = (1980, 1, 1, 0, 0, 0)


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """A run's folder to read from, for a run, a bundle's folder or a bundle.zip, which is unpacked temporarily.

    Raises:
        BundleError: it is none of these, or not a zip as `pack` writes it.
    """
    if (path / "bundle" / "bundle.json").is_file():
        yield path
    elif (path / "bundle.json").is_file() and path.resolve().name == "bundle":
        yield path.resolve().parent
    else:
        with tempfile.TemporaryDirectory(prefix="aereport-") as folder:
            if (path / "bundle.json").is_file():
                (Path(folder) / "bundle").symlink_to(path.resolve())
                yield Path(folder)
            else:
                yield unpacked(path, Path(folder) / path.stem)


def unpacked(path: Path, out: Path | None = None) -> Path:
    """A run's folder to write into, for a run, a bundle's folder or a bundle.zip.

    Args:
        out: the run's folder. By default a run stays where it is, and a zip is unpacked beside itself, under its name
            without ".zip".

    Raises:
        BundleError: it is none of these, not a zip as `pack` writes it, or `out` holds something else.
    """
    for bundle in (path / "bundle", path):
        if (bundle / "bundle.json").is_file():
            inside = path if bundle != path else bundle.resolve().parent
            home = out or (inside if bundle.resolve().name == "bundle" else None)
            if home is None:
                raise BundleError(f"{path}: a bundle outside of a run; name a folder for the report with --out")
            if (home / "bundle").resolve() != bundle.resolve():
                _put(home, _files(bundle))
            return home
    if path.is_dir():
        raise BundleError(f"{path}: {no_bundle(path)}")
    if not path.exists():
        raise BundleError(f"{path}: no such file or folder")
    home = out or path.with_suffix("")
    if home == path:
        raise BundleError(f"{path}: no folder and no .zip; name a folder for the report with --out")
    files = _read(path)
    for name in parsed(path / "bundle.json", files["bundle.json"])["files"]:
        if name not in files:
            raise BundleError(f"{path}: holds no {line(name, 60)}, which its bundle.json names; pack it again")
    _put(home, files)
    return home


def pack(run: Path, out: Path) -> None:
    """Write a run's bundle as a zip. The same bundle gives the same bytes.

    Raises:
        BundleError: the bundle is damaged, or `out` exists and is no packed bundle.
    """
    if out.exists():
        try:
            _read(out)
        except BundleError:
            raise BundleError(f"{out}: is there, and is no bundle.zip to replace; give another name") from None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(_files(run / "bundle").items()):
            member = zipfile.ZipInfo(name, EPOCH)
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            member.create_system = 3  # Unix, whatever it is written on
            packed = zipfile.ZIP_DEFLATED if name == "bundle.json" else zipfile.ZIP_STORED  # npz is compressed
            archive.writestr(member, content, compress_type=packed, compresslevel=9)
    write_atomic(out, buffer.getvalue())


def _files(folder: Path) -> dict[str, bytes]:
    """The files of a bundle by name, with verified checksums."""
    Bundle.load(folder)
    table = (folder / "bundle.json").read_bytes()
    sums = document(folder / "bundle.json")["files"]
    files = {name: verified(folder / name, digest, MAX_NPZ) for name, digest in sums.items()}
    if (folder / "bundle.json").read_bytes() != table:
        raise BundleError(f"{folder}: is being written; wait for the build that is at work there")
    return {"bundle.json": table, **files}


def _put(home: Path, files: dict[str, bytes]) -> None:
    """Write a bundle into a run's folder; what was drawn from the same bundle stays.

    bundle.json is written first, so that a second try after a kill recognises the folder.

    Raises:
        BundleError: the folder holds another bundle, or anything else that is no run.
        ValueError: its `bundle` or `bundle/arrays` is a link.
    """
    target = home / "bundle"
    if (target / "bundle.json").is_file():
        if (target / "bundle.json").read_bytes() != files["bundle.json"]:
            raise BundleError(f"{home}: holds another run; choose another --out")
    elif any(
        path.is_file() and path.name != ".lock" and not UNFINISHED.fullmatch(path.name) for path in home.rglob("*")
    ):
        raise BundleError(f"{home}: is not empty and holds no run; choose another --out")
    own_folder(own_folder(home, "bundle"), "arrays")
    for name in sorted(files, reverse=True):
        write_atomic(target / name, files[name])


def _read(path: Path) -> dict[str, bytes]:
    """The files of a zip by their name in the bundle."""
    try:
        _check_end(path)
        with zipfile.ZipFile(path) as archive:
            members = _members(path, archive.infolist())
            files = {name: archive.read(member) for name, member in members.items()}
    except BundleError:
        raise
    except (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise BundleError(f"{path}: no bundle.zip, or a damaged one ({error})") from None
    if "bundle.json" not in files:
        raise BundleError(f"{path}: holds no bundle.json; it should be the packed folder `bundle` of a run")
    return files


def _check_end(path: Path) -> None:
    """Check the size of the zip and of its directory before it is read into memory."""
    size = path.stat().st_size
    if not path.is_file():
        raise BundleError(f"{path}: no folder and no plain file")
    if size > MAX_ZIP:
        raise BundleError(f"{path}: larger than {MAX_ZIP >> 20} MiB, which no run writes")
    with path.open("rb") as file:
        file.seek(max(0, size - END.size - 20))
        tail = file.read()
    if len(tail) < END.size or tail[-END.size :][:4] != b"PK\5\6":
        raise BundleError(f"{path}: no bundle.zip, or one with a comment or something else behind its end")
    members, directory = END.unpack(tail[-END.size :])[4:6]
    if tail.startswith(b"PK\6\7") or members > MAX_MEMBERS or directory > MAX_DIRECTORY:
        raise BundleError(f"{path}: more than {MAX_MEMBERS} files, which no run writes")


def _members(path: Path, found: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The members by their name in the bundle, all of them checked."""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in found:
        if member.orig_filename in FOLDERS and not member.file_size:
            continue
        name = member.filename.removeprefix("bundle/")
        if fault := "stands in it twice" if name in members else _fault(member):
            raise BundleError(f"{path}: {member.orig_filename!r} {fault}")
        members[name] = member
    if len({member.header_offset for member in found}) < len(found):
        raise BundleError(f"{path}: two of its files begin at the same place, which no run writes")
    if sum(member.file_size for member in members.values()) > MAX_ZIP:
        raise BundleError(f"{path}: unpacks to more than {MAX_ZIP >> 20} MiB, which no run writes")
    return members


def _fault(member: zipfile.ZipInfo) -> str:
    """What is wrong with a member, or ""."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if member.orig_filename != member.filename or not MEMBER.fullmatch(member.filename):
        return "is no file of a bundle"
    if kind not in (0, stat.S_IFREG):
        return "is a link, a device or a folder"
    if member.flag_bits & 0x1:
        return "is encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in an unusual way"
    if member.file_size > (MAX_NPZ if member.filename.endswith(".npz") else MAX_JSON):
        return "is larger than any that a run writes"
    if member.file_size > MAX_RATIO * max(member.compress_size, 1):
        return f"unpacks to more than {MAX_RATIO} times its size"
    return ""
