#!/usr/bin/env python3
"""Measures training and devices in Ohmspike and in other programs in turn, and writes a table and a figure.

    python3 benches/peers/run.py                            # install, build, check and measure (README.md states the time)
    python3 benches/peers/run.py --rounds 1 --batches 4     # a quick test run
    python3 benches/peers/run.py --work deployment          # one kind of work

Needs Python 3.11 or newer, Cargo and a network; the other programs go into target/peers/venv.
"""

import argparse
import contextlib
import csv
import datetime
import functools
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import agreement
import catalogue
import data
import report

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VENV = ROOT / "target/peers/venv"
PYTHON = VENV / "bin/python"
THREADS = 2
BATCHES = 234
OURS = report.OURS
# Their other dependencies draw figures, and one needs a library of the system.
WITHOUT_DEPENDENCIES = ["badcrossbar"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = ", ".join(modules())
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="rounds over all programs [default: 5]")
    add("--batches", type=int, default=BATCHES, help="training batches per round of the other programs [default: 234, an epoch]")
    add("--side-by-side", action="store_true", help="also measure two parallel processes of the other programs, with one thread each")
    add("--only", action="append", choices=modules(), metavar="NAME", help=f"only this other program, repeatable: {names}")
    add("--work", action="append", default=[], metavar="WORD", help="only kinds of work with this text in their name, repeatable")
    add("--data", metavar="DIR", help="folder of Fashion-MNIST [default: where `ohmspike data list` looks]")
    add("--out", type=Path, default=HERE / "results", metavar="DIR", help="results folder [default: benches/peers/results]")
    chosen = parser.parse_args()
    if min(chosen.rounds, chosen.batches) < 1:
        parser.error("--rounds and --batches must be at least 1")
    chosen.only = chosen.only or modules()
    return chosen


def modules():
    return [program.module for program in catalogue.PROGRAMS]


def install(requirements):
    """Installs every package separately, so that a failure affects only one; returns the reasons of failures."""
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    failures = {}
    for requirement in requirements:
        package = requirement.split("==")[0]
        command = [PYTHON, "-m", "pip", "install", "--quiet", "--constraint", HERE / "requirements.txt", requirement]
        command += ["--no-deps"] if package in WITHOUT_DEPENDENCIES else []
        installed = subprocess.run(command, capture_output=True, text=True)
        if installed.returncode:
            failures[package] = last_line(installed.stderr)
    return failures


def missing(failures):
    """Returns the programs that are not installed, with the reasons of failures."""
    installed = versions()
    absent = [program for program in catalogue.PROGRAMS if program.package not in installed]
    return {program.name: failures.get(program.package, "in no package index, and not installed by hand") for program in absent}


def requirements():
    lines = (HERE / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def versions():
    """Returns the versions installed in the environment of the other programs."""
    listed = subprocess.run([PYTHON, "-m", "pip", "list", "--format", "json"], check=True, capture_output=True, text=True)
    return {package["name"].lower(): package["version"] for package in json.loads(listed.stdout)}


def build():
    """Builds the Ohmspike benchmark and returns its path."""
    command = ["cargo", "bench", "-p", "benches", "--bench", "throughput", "--no-run", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    programs = [message["executable"] for message in messages if message.get("target", {}).get("name") == "throughput"]
    return next(program for program in programs if program)


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def start(command, folder, threads=THREADS):
    """Starts a program with `threads` threads and the same data folder."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OHMSPIKE_DATA": str(folder), "PYTHONWARNINGS": "ignore"}
    if threads == 1:
        environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(list(map(str, command)), cwd=HERE, env=environment, **pipes)


def finish(process):
    """Waits for a program and returns its output. Raises `Failed` with the reason if it fails."""
    printed, errors = process.communicate()
    if process.returncode:
        raise Failed(last_line(errors))
    return printed


def run(command, folder):
    return finish(start(command, folder))


def table(text):
    """Returns the rows `name,counted,count,seconds` in the output of a program."""
    lines = [line for line in text.splitlines() if line.count(",") == 3 and not line.startswith("name,")]
    return [(what, counted, int(count), float(seconds)) for what, counted, count, seconds in csv.reader(lines)]


def together(command, trials, folder):
    """Runs `trials` processes of a program, and starts each of their measurements at once. Returns their rows, with the sum of
    the counts and the seconds of the slowest."""
    processes = [start(command, folder, THREADS // trials) for _ in range(trials)]
    rows = []
    while all(lines := [process.stdout.readline().strip() for process in processes]):
        if lines[0] != "ready":
            (what, counted, *_), *_ = measured = list(csv.reader(lines))
            rows.append((what, counted, sum(int(row[2]) for row in measured), max(float(row[3]) for row in measured)))
            continue
        for process in processes:
            # A failed process no longer reads input.
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write("go\n")
                process.stdin.flush()
    for process in processes:
        finish(process)
    return rows


def train(program, trials, batches, folder):
    """Trains `trials` networks in parallel on all threads."""
    threads = THREADS // trials
    how = f"{threads} threads" if trials == 1 else f"{trials} at a time"
    trained = together([PYTHON, "measure.py", folder, program.module, batches, threads], trials, folder)
    return [(f"{what}: {how}", *numbers) for what, *numbers in trained]


def use_arrays(program, trials, chosen, folder):
    """Measures the arrays of a program in `trials` processes."""
    # Duration of a measurement, s.
    seconds = max(0.2, 2 * chosen.batches / BATCHES)
    how = "" if trials == 1 else f"; {trials} at a time"
    measured = together([PYTHON, "devices.py", program.module, seconds, *chosen.work], trials, folder)
    return [(f"{what}{how}", *numbers) for what, *numbers in measured]


def wants_training(chosen):
    return not chosen.work or any(word in "training" for word in chosen.work)


def measurements(ours, chosen, folder):
    """Returns the measurements of a round, Ohmspike first: the program and a function that returns its rows."""
    made = [(OURS, lambda: table(run([ours, "--bench", *chosen.work], folder)))]
    for trials in (1, THREADS) if chosen.side_by_side else (1,):
        for program in catalogue.TRAINERS if wants_training(chosen) else []:
            made.append((program, functools.partial(train, program, trials, chosen.batches, folder)))
        made += [(program, functools.partial(use_arrays, program, trials, chosen, folder)) for program in catalogue.DEVICES]
    chosen_of = [(program.name, measure) for program, measure in made[1:] if program.module in chosen.only]
    return [made[0], *chosen_of]


def measure(measured, rounds, failures):
    """Returns one row per measurement; a program that fails is skipped from then on."""
    rows = []
    for number in range(1, rounds + 1):
        for name, measurement in measured:
            if name not in failures:
                print(f"round {number} of {rounds}: {name}", file=sys.stderr, flush=True)
                with noted(name, failures):
                    rows += [report.Row(number, name, *row) for row in measurement()]
    return rows


def check(chosen, folder, failures):
    """Returns a line for each program with the loss of the equations; programs that differ fail."""
    lines = []
    for program in catalogue.TRAINERS if wants_training(chosen) else []:
        if program.module in chosen.only and program.name not in failures:
            with noted(program.name, failures):
                lines.append(run([PYTHON, "check.py", folder, program.module], folder).strip())
    print("\n".join(lines), file=sys.stderr)
    return lines


def compare(ours, chosen, folder, failures):
    """Returns lines that compare the arrays of all programs with noise laws and with Ohmspike; programs that differ fail."""
    reference = agreement.results(run([ours, "--bench", "--check", *chosen.work], folder))
    lines = []
    for name, module in [(OURS, None), *((program.name, program.module) for program in catalogue.DEVICES)]:
        if name in failures or module not in [None, *chosen.only]:
            continue
        with noted(name, failures):
            command = [PYTHON, "devices.py", module, "check", *chosen.work]
            # Currents of Ohmspike are the reference.
            deviations = {work: numbers for work, numbers in reference.items() if work.startswith("deployment")}
            found = agreement.results(run(command, folder)) if module else deviations
            compared = [agreement.compare(work, numbers, reference) for work, numbers in found.items()]
            lines += [f"| {name} | {line} |" for line, _ in compared]
            if problems := [problem for _, problem in compared if problem]:
                raise Failed(problems[0])
    print("\n".join(lines), file=sys.stderr)
    return lines


class Failed(Exception):
    """A program ended with an error; the message is its last line."""


@contextlib.contextmanager
def noted(name, failures):
    """Records the reason of a failure and continues."""
    try:
        yield
    except Failed as failure:
        failures[name] = str(failure)
        print(f"{name}: {failure}", file=sys.stderr)


def machine():
    """Returns the processor and the number of cores."""
    try:
        lines = [line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line]
        of_cpu = {key.strip(): value.strip() for key, value in lines}
        model = f"{of_cpu['model name']} (family {of_cpu['cpu family']}, model {of_cpu['model']})"
    except (OSError, KeyError):
        model = platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"


def commit():
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return described.stdout.strip() or "unknown"


def main():
    chosen = arguments()
    folder = data.find(chosen.data)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    print("installing the other programs", file=sys.stderr, flush=True)
    failures = missing(install(requirements()))
    ours = build()
    checks, comparisons = check(chosen, folder, failures), compare(ours, chosen, folder, failures)
    rows = measure(measurements(ours, chosen, folder), chosen.rounds, failures)
    if OURS in failures:
        raise SystemExit(f"{OURS}: {failures[OURS]}")
    installed = versions()
    info = report.Info(
        date=datetime.date.today().strftime("%-d %B %Y"),
        machine=machine(),
        python=platform.python_version(),
        rounds=chosen.rounds,
        batches=chosen.batches,
        checks=checks,
        comparisons=comparisons,
        failures=failures,
        versions={OURS: commit()} | {p.name: f"{p.package} {installed.get(p.package, 'not installed')}" for p in catalogue.PROGRAMS},
    )
    report.write(chosen.out, rows, info)


if __name__ == "__main__":
    main()
