"""Bundles as zips: the same bytes twice, back again unchanged, and nothing unpacked that no run writes."""

import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.bundle import Bundle, BundleError
from report import archive
from report.archive import opened, pack, unpacked
from report.fake import fake
from tests.bundles import contents


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "mine"
    fake(folder, "one-seed")
    return folder


@pytest.fixture
def packed(run: Path, tmp_path: Path) -> Path:
    pack(run, tmp_path / "mine.zip")
    return tmp_path / "mine.zip"


def test_the_same_bundle_gives_the_same_bytes(run: Path, packed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "bundle" / "arrays" / "left-over.txt").write_text("of an editor")
    pack(copy, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_a_damaged_bundle_is_not_packed(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    next((copy / "bundle" / "arrays").glob("*.npz")).write_bytes(b"damaged")
    with pytest.raises(BundleError, match="is not the one that was measured"):
        pack(copy, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_a_zip_becomes_a_run_beside_itself(run: Path, packed: Path, tmp_path: Path) -> None:
    assert unpacked(packed) == tmp_path / "mine"
    assert contents(tmp_path / "mine" / "bundle") == contents(run / "bundle")
    (tmp_path / "mine" / "report.html").write_text("kept")
    assert unpacked(packed) == tmp_path / "mine"
    assert (tmp_path / "mine" / "report.html").read_text() == "kept"


def test_a_zip_becomes_a_run_elsewhere(run: Path, packed: Path, tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    assert unpacked(packed, out) == out
    assert contents(out / "bundle") == contents(run / "bundle")


def test_what_lies_there_is_not_overwritten(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(BundleError, match="mine: is not empty and holds no run"):
        unpacked(packed)
    fake(tmp_path / "other", "ties")
    with pytest.raises(BundleError, match="other: holds another run"):
        unpacked(packed, tmp_path / "other")


def test_only_a_bundle_is_replaced_by_a_bundle(run: Path, packed: Path, tmp_path: Path) -> None:
    before = packed.read_bytes()
    pack(run, packed)
    assert packed.read_bytes() == before
    (tmp_path / "thesis.pdf").write_bytes(b"%PDF-1.7 mine")
    with pytest.raises(BundleError, match=r"thesis\.pdf: is there, and is no bundle\.zip to replace; give"):
        pack(run, tmp_path / "thesis.pdf")
    assert (tmp_path / "thesis.pdf").read_bytes() == b"%PDF-1.7 mine"


def test_a_file_that_is_written_anew_while_it_is_packed_is_not(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(run, tmp_path / "run")
    array = tmp_path / "run" / "bundle" / "arrays" / "ae-0.npz"

    def changed(folder: Path) -> None:
        array.write_bytes(array.read_bytes()[::-1])

    monkeypatch.setattr(Bundle, "load", changed)
    with pytest.raises(BundleError, match=r"ae-0\.npz: is not the one that was measured"):
        pack(tmp_path / "run", tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_folders(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unpacked(run) == run
    assert unpacked(run / "bundle") == run
    monkeypatch.chdir(run / "bundle")
    assert unpacked(Path(".")) == run
    out = tmp_path / "out"
    assert unpacked(run, out) == out
    assert contents(out / "bundle") == contents(run / "bundle")
    shutil.copytree(run / "bundle", tmp_path / "sent")
    with pytest.raises(BundleError, match="sent: a bundle outside of a run; name a folder"):
        unpacked(tmp_path / "sent")
    assert unpacked(tmp_path / "sent", tmp_path / "two") == tmp_path / "two"
    with pytest.raises(BundleError, match="holds no bundle"):
        unpacked(tmp_path)
    with pytest.raises(BundleError, match=r"gone\.zip: no such file"):
        unpacked(tmp_path / "gone.zip")


def test_opened_for_reading_leaves_nothing_behind(run: Path, packed: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "sent")
    before = contents(tmp_path)
    with opened(run) as folder:
        assert folder == run
    for path in (packed, tmp_path / "sent"):
        with opened(path) as folder:
            assert Bundle.load(folder / "bundle").values
        assert not folder.exists()
    assert contents(tmp_path) == before


def test_a_zip_that_another_program_wrote(run: Path, tmp_path: Path) -> None:
    """With the folder's name before each file, entries for folders, and everything deflated."""
    shutil.make_archive(str(tmp_path / "theirs"), "zip", run, "bundle")
    with opened(tmp_path / "theirs.zip") as folder:
        assert contents(folder / "bundle") == contents(run / "bundle")


Change = Callable[[zipfile.ZipFile], object]


def member(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda z: z.writestr("../evil.npz", b""), "'../evil.npz' is no file of a bundle"),
        (lambda z: z.writestr("/arrays/ae-0.npz", b""), "is no file of a bundle"),
        (lambda z: z.writestr("arrays/../../ae-0.npz", b""), "is no file of a bundle"),
        (lambda z: z.writestr("arrays\\ae-9.npz", b""), "is no file of a bundle"),
        (lambda z: z.writestr("C:/arrays/ae-9.npz", b""), "is no file of a bundle"),
        (lambda z: z.writestr("arrays/ae-9.npz\n", b""), "is no file of a bundle"),
        (lambda z: z.writestr("report.html", b"<script>"), "'report.html' is no file of a bundle"),
        (lambda z: z.writestr("other/", b""), "is no file of a bundle"),
        (lambda z: z.writestr(member("arrays/ae-9.npz", stat.S_IFLNK | 0o777), b"/etc/passwd"), "is a link, a device"),
        (lambda z: z.writestr(member("arrays/ae-9.npz", stat.S_IFCHR | 0o666), b""), "is a link, a device"),
        (lambda z: z.writestr("bundle/bundle.json", b"{}"), "stands in it twice"),
        (lambda z: (z.writestr("arrays/ae-9.npz", b""), setattr(z.filelist[-1], "header_offset", 0)), "the same place"),
        (lambda z: z.writestr("arrays/ae-9.npz", bytes(10**6), zipfile.ZIP_DEFLATED), "more than 200 times its size"),
        (lambda z: z.writestr("arrays/ae-9.npz", bytes(99), zipfile.ZIP_BZIP2), "packed in an unusual way"),
        (lambda z: [z.writestr(f"arrays/new-{i}.npz", b"") for i in range(300)], "more than 200 files"),
        (lambda z: setattr(z, "comment", b"a comment"), "a comment or something else behind its end"),
    ],
)
def test_what_no_run_writes_is_refused(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change, message: str
) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 200)
    with zipfile.ZipFile(packed, "a") as made:
        change(made)
    with pytest.raises(BundleError, match=message) as raised:
        unpacked(packed)
    assert str(raised.value).startswith(str(packed))
    assert "\n" not in str(raised.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.zip"]


def test_sizes_are_bounded(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, message in (
        ("MAX_JSON", "'bundle.json' is larger than any"),
        ("MAX_NPZ", r"'arrays/\w+-0.npz' is larger than any"),
        ("MAX_ZIP", "mine.zip: larger than 0 MiB"),
        ("MAX_DIRECTORY", "more than 2000 files"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(archive, name, 100)
            with pytest.raises(BundleError, match=message):
                unpacked(packed)
    monkeypatch.setattr(archive, "MAX_ZIP", packed.stat().st_size + 100)
    with pytest.raises(BundleError, match="unpacks to more than 0 MiB"):
        unpacked(packed)


def directory(data: bytes) -> int:
    """Where the list of members begins."""
    return int(struct.unpack("<L", data[-6:-2])[0])


def test_an_encrypted_member_is_refused(packed: Path) -> None:
    data = bytearray(packed.read_bytes())
    place = directory(data) + 8
    data[place] |= 1
    packed.write_bytes(data)
    with pytest.raises(BundleError, match="is encrypted"):
        unpacked(packed)


def test_sizes_that_lie(packed: Path) -> None:
    """A member that unpacks to more than it says is cut where it should end, and found out by its checksum."""
    data = bytearray(packed.read_bytes())
    place = data.rindex(b"bundle.json") - 46  # the last member, in the list of members
    assert data[place : place + 4] == b"PK\1\2"
    data[place + 24 : place + 28] = struct.pack("<L", 1000)
    packed.write_bytes(data)
    with pytest.raises(BundleError, match="a damaged one"):
        unpacked(packed)


@pytest.mark.parametrize("cut", [0, 10, 1000])
def test_no_zip(packed: Path, cut: int) -> None:
    packed.write_bytes(packed.read_bytes()[:cut])
    with pytest.raises(BundleError, match=r"mine\.zip: no bundle\.zip"):
        unpacked(packed)


def test_damage_anywhere_is_one_line(packed: Path, tmp_path: Path) -> None:
    whole, found = packed.read_bytes(), list[str]()
    for place in range(0, len(whole), len(whole) // 60):
        data = bytearray(whole)
        data[place] ^= 0xFF
        packed.write_bytes(data)
        try:
            Bundle.load(unpacked(packed) / "bundle")
        except BundleError as error:
            found.append(str(error))
        shutil.rmtree(tmp_path / "mine", ignore_errors=True)
    assert len(found) > 50
    assert not any("\n" in text for text in found)


@pytest.mark.parametrize(
    ("name", "lacks"),
    [("arrays/ae-0.npz", "bundle.json; "), ("bundle.json", "arrays/ae-0.npz, which its bundle")],
)
def test_a_zip_that_lacks_a_file_leaves_nothing_behind(run: Path, tmp_path: Path, name: str, lacks: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.write(run / "bundle" / name, name)
    with pytest.raises(BundleError, match=rf"x\.zip: holds no {lacks}"):
        unpacked(tmp_path / "x.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]
