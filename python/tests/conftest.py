"""The program to compare with, and a small study."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

# Three trials of a second in all: 8 hidden neurons, one or two epochs.
STUDY = """name = "small"
[network]
hidden = 8
[training]
batch = 512
epochs = 2
[noise]
level_percent = [0, 100]
[hardware]
device = "study-1k-1m"
[repeats]
seeds = 2
"""


@pytest.fixture(scope="session")
def program():
    """The program of Cargo if OHMSPIKE_PROGRAM names it, else the command of this package."""
    named = os.environ.get("OHMSPIKE_PROGRAM")
    found = named or shutil.which("ohmspike", path=str(pathlib.Path(sys.executable).parent))
    assert found, "the command `ohmspike` is not installed"

    def run(*words, folder=None, code=0):
        done = subprocess.run([found, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == code, done.stderr
        return done.stdout

    return run


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(STUDY)
    return path


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Results and caches of every test are in a folder of its own."""
    monkeypatch.chdir(tmp_path)
