"""Ctrl-C raises KeyboardInterrupt and leaves a run that resumes with the same bits."""

import json
import os
import signal
import threading
import time

import numpy as np
import pytest

import ohmspike


@pytest.fixture(autouse=True)
def listening():
    """A shell starts its background jobs with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def after(happened, act):
    """Calls `act` on another thread once `happened` is true."""

    def wait():
        end = time.monotonic() + 120
        while not happened() and time.monotonic() < end:
            time.sleep(0.005)
        act()

    threading.Thread(target=wait, daemon=True).start()


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def records(folder):
    found = {}
    for file in (folder / "records").glob("*.jsonl"):
        for line in file.read_text().splitlines():
            record = json.loads(line)
            found[record["id"]] = {key: value for key, value in record.items() if key not in ("seconds", "machine", "finished")}
    return found


def test_an_interrupted_run_resumes(study, tmp_path):
    study.write_text(study.read_text().replace("epochs = 2", "epochs = 60"))
    folder = tmp_path / "interrupted"
    options = {"threads": 1, "checkpoint_seconds": 0, "files": False}
    after(lambda: any((folder / "records").glob("*")) and any((folder / "checkpoints").glob("*")), interrupt)
    with pytest.raises(KeyboardInterrupt):
        ohmspike.run(study, out=folder, **options)
    # The trial in hand is left to its checkpoint.
    left = ohmspike.open_results(study, out=folder)
    assert left.left > 0
    assert any((folder / "checkpoints").iterdir())
    resumed = ohmspike.run(study, out=folder, **options)
    whole = ohmspike.run(study, out=tmp_path / "whole", **options)
    assert (resumed.left, whole.left) == (0, 0)
    assert records(resumed.folder) == records(whole.folder)


def test_an_interrupted_deployment_resumes(tmp_path):
    trained = ohmspike.train(set={"network.hidden": 20, "training.batch": 64, "training.epochs": 1})
    trained.save("net.npz")
    chips = tmp_path / "interrupted" / "chips.jsonl"
    after(lambda: chips.exists() and chips.read_text().count("\n") > 3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        ohmspike.deploy("net.npz", "pcm-joshi-2020", chips=100_000, out="interrupted", threads=1)
    done = chips.read_text().count("\n")
    assert 3 < done < 100_000
    resumed = ohmspike.deploy("net.npz", "pcm-joshi-2020", chips=5, out="interrupted", threads=1)
    whole = ohmspike.deploy("net.npz", "pcm-joshi-2020", chips=5, out="whole")
    assert resumed.data["cells"] == whole.data["cells"]


def test_an_interrupted_training_raises():
    threading.Timer(0.5, interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        ohmspike.train(set={"network.hidden": 4, "training.epochs": 5000, "training.batch": 512})


def test_a_warning_as_an_error_ends_the_call(study, recwarn):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", ohmspike.OhmspikeWarning)
        with pytest.raises(ohmspike.OhmspikeWarning):
            ohmspike.run(study, set={"hardware.device": "none", "hardware.retention_seconds": 10, "training.epochs": 2000})


def test_an_interrupted_training_keeps_its_last_epoch(tmp_path):
    folder, settings = tmp_path / "interrupted", {"training.batch": 64, "training.epochs": 300}
    after((folder / "study.toml").exists, lambda: (time.sleep(0.5), interrupt()))
    with pytest.raises(KeyboardInterrupt):
        ohmspike.train(set=settings, out=folder, threads=1)
    # No checkpoint was due: they are ten seconds apart.
    assert [file.suffix for file in (folder / "checkpoints").iterdir()] == [".bin"]
    resumed = ohmspike.train(set=settings, out=folder, threads=1)
    whole = ohmspike.train(set=settings, threads=1)
    assert all(np.array_equal(resumed.weights[name], whole.weights[name]) for name in ("w0", "w1"))
