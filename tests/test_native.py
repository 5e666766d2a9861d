""".ci/native: installs by itself where it may, and names the command where it may not. All programs are stand-ins."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / ".ci" / "native"


class Machine:
    """A machine with these programs only; `log` keeps what was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bin"
        self.folder.mkdir()
        self.log = folder / "log"
        self.log.touch()
        self.installed = folder / "installed"
        for name in ("sh", "env"):
            (self.folder / name).symlink_to(shutil.which(name) or "")
        self.program("python", f'[ -e "{self.installed}" ]')

    def program(self, name: str, *lines: str) -> None:
        path = self.folder / name
        path.write_text("\n".join(["#!/bin/sh", f'echo "{name} $*" >>"{self.log}"', *lines]) + "\n")
        path.chmod(0o755)

    def user(self, number: int) -> None:
        self.program("id", f"echo {number}")

    def run(self, what: str = "report") -> tuple[int, str]:
        """Exit status and what was said."""
        done = subprocess.run(
            ["/bin/sh", str(SCRIPT), "python", what],
            env={"PATH": str(self.folder)},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def calls(self) -> str:
        return self.log.read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_nothing_is_done_where_all_is_there(machine: Machine) -> None:
    machine.installed.touch()
    for name in ("apt-get", "pdftoppm", "chromium"):
        machine.program(name)
    machine.user(0)
    assert machine.run("test") == (0, "")
    assert "apt-get" not in machine.calls


def test_root_installs_by_apt_without_questions(machine: Machine) -> None:
    machine.user(0)
    machine.program("apt-get", f'[ "$1" = install ] && echo "$DEBIAN_FRONTEND" >"{machine.installed}"', "true")
    status, said = machine.run()
    assert status == 0
    assert said.startswith("installing libpango-1.0-0")
    assert "apt-get update -qq\napt-get install -y -qq --no-install-recommends libpango-1.0-0" in machine.calls
    assert machine.installed.read_text() == "noninteractive\n"
    assert "chromium" not in machine.calls


def test_sudo_without_a_password(machine: Machine) -> None:
    machine.user(1000)
    machine.program("apt-get", f'[ "$1" = install ] && : >"{machine.installed}"', "true")
    machine.program("sudo", "shift", '"$@"')
    machine.program("true")
    assert machine.run()[0] == 0
    assert "sudo -n apt-get update" in machine.calls


def test_sudo_with_a_password_is_not_asked_for(machine: Machine) -> None:
    machine.user(1000)
    machine.program("apt-get")
    machine.program("sudo", "exit 1")
    status, said = machine.run()
    assert status == 3
    assert "MISSING: Pango" in said
    assert "Install it with: sudo apt-get install -y libpango-1.0-0" in said
    assert "apt-get update" not in machine.calls


def test_brew(machine: Machine) -> None:
    machine.user(501)
    machine.program(
        "brew", f'[ "$1" = install ] && : >"{machine.installed}"', 'if [ "$1" = --prefix ]; then echo /opt/x; fi'
    )
    machine.program("python", f'[ -e "{machine.installed}" ] && [ "$DYLD_FALLBACK_LIBRARY_PATH" = /opt/x/lib ]')
    assert machine.run()[0] == 0
    assert "brew install pango" in machine.calls


def test_an_installation_that_fails_is_named(machine: Machine) -> None:
    machine.user(0)
    machine.program("apt-get", "exit 100")
    status, said = machine.run()
    assert status == 3
    assert "Install it with: apt-get install -y libpango-1.0-0" in said


def test_another_system(machine: Machine) -> None:
    machine.user(0)
    status, said = machine.run()
    assert status == 3
    assert "the package manager of this system" in said


def test_what_tests_need_is_installed_for_tests(machine: Machine) -> None:
    machine.installed.touch()
    machine.user(0)
    machine.program("apt-get", "exit 100")
    status, said = machine.run("test")
    assert status == 3
    assert "poppler, for tests only" in said
    assert "Chromium, for tests only" in said


def test_both_scripts_can_be_run() -> None:
    for name in ("native", "run"):
        assert os.access(SCRIPT.with_name(name), os.X_OK)
