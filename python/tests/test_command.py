"""The console command of the package is the program."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import ohmspike

COMMAND = pathlib.Path(sys.executable).parent / "ohmspike"
pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason=f"{COMMAND} is not installed")


def run(*words, **options):
    return subprocess.run([COMMAND, *words], capture_output=True, text=True, timeout=300, **options)


def test_prints_help_and_version():
    assert run("--version").stdout == f"ohmspike {ohmspike.__version__}\n"
    assert run("run", "--help").stdout.startswith("Run a study, or resume it")


def test_exit_codes_and_streams():
    done = run("device", "show", "no-such-device")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("error: unknown device `no-such-device`")
    done = run("device", "lits")
    assert done.returncode == 2 and "list" in done.stderr
    done = run("device", "list")
    assert done.returncode == 0 and "pcm-joshi-2020" in done.stdout and done.stderr == ""


def test_a_closed_pipe_is_no_error():
    done = subprocess.run(f"{COMMAND} device sample illustrative-oxide --target-microsiemens 100 --count 100000 | head -n 1; "
                          "echo ${PIPESTATUS[0]}", shell=True, executable="/bin/bash", capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines() == ["cell,cycle,target_microsiemens,written_microsiemens", "0"]
    assert done.stderr == ""


def test_starts_without_numpy():
    """The command imports no NumPy, which takes longer than the rest of a short command."""
    words = "import sys, runpy; sys.argv = ['ohmspike', 'device', 'list']; import ohmspike._command; assert 'numpy' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", words], timeout=60).returncode == 0


def test_the_folder_of_an_answer_names_the_command(tmp_path):
    ohmspike.train(set={"network.hidden": 20, "training.batch": 64, "training.epochs": 1}).save("net.npz")
    assert run("deploy", "net.npz", "--device", "ideal", "--chips", "1", "--out", "answer").returncode == 0
    assert (tmp_path / "answer" / "command.txt").read_text() == "ohmspike deploy net.npz --device ideal --chips 1 --out answer\n"


def test_ctrl_c_stops_after_the_running_trials(study, tmp_path):
    study.write_text(study.read_text().replace("epochs = 2", "epochs = 40").replace("seeds = 2", "seeds = 200"))
    process = subprocess.Popen([COMMAND, "run", study, "--threads", "1"], cwd=tmp_path, text=True, stderr=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, start_new_session=True)
    records = tmp_path / "results" / "small" / "records"
    wait_for(lambda: records.is_dir() and any(file.stat().st_size for file in records.iterdir()), process)
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert "finishing the running trials" in told and "repeat the command" in told
    assert 0 < len(ohmspike.open_results(study)) < 400


def test_ctrl_c_ends_a_command_without_a_run():
    process = subprocess.Popen([COMMAND, "device", "sample", "illustrative-oxide", "--target-microsiemens", "100", "--count",
                                "1000", "--cycles", "1000000"], stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()
    os.kill(process.pid, signal.SIGINT)
    process.stdout.close()
    assert process.wait(timeout=60) == -signal.SIGINT


def wait_for(happened, process):
    end = time.monotonic() + 120
    while not happened():
        assert process.poll() is None and time.monotonic() < end, "the run ended early, or did not start"
        time.sleep(0.02)
