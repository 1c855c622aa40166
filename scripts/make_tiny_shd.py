#!/usr/bin/env python3
"""Generates small valid and invalid files in the format of Spiking Heidelberg Digits, and the values that NumPy reads and bins.

    python3 scripts/make_tiny_shd.py

Needs h5py and NumPy. Spikes are random with a fixed seed and are unrelated to speech. Writes

    crates/datasets/tests/data/shd/shd_train.h5.gz, shd_test.h5.gz      valid, with h5py's defaults
    crates/datasets/tests/data/shd/latest.h5.gz, chunked.h5.gz          the training file in other HDF5 layouts
    crates/datasets/tests/data/shd/rejected/*.h5.gz                     the training file with one error each
    tests/validation/data/shd.json                                      counts and sums, and every binned spike

Files of h5py have no time stamps, so that they are reproducible with equal versions of HDF5 and zlib.
"""

import gzip
import io
import json
import pathlib

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "crates/datasets/tests/data/shd"
JSON = ROOT / "tests/validation/data/shd.json"
UNITS, CLASSES, WINDOW = 700, 20, 1.4
STEPS = [100, 200, 7]
KEYS = ("zero one two three four five six seven eight nine "
        "null eins zwei drei vier fuenf sechs sieben acht neun").split()


def draw(rng, recordings):
    """Returns recordings with repeated units within a step, spikes after the window, and one silent recording."""
    content = {"times": [], "units": [], "labels": [], "speaker": []}
    for recording in range(recordings):
        count = 0 if recording == 3 else int(rng.integers(20, 60))
        times = np.sort(rng.uniform(0.0, 1.5, count)).astype(np.float16)
        units = rng.integers(0, UNITS, count).astype(np.uint16)
        if count:
            # Both ends of the ranges, float16 next to both sides of the end of the window, and duplicate spikes.
            times[:6] = np.array([0.0, 6e-8, 0.5, 0.5, 1.399, 1.4], np.float16)
            units[:6] = [UNITS - 1, 0, 7, 7, 1, 2]
        content["times"].append(times)
        content["units"].append(units)
        content["labels"].append((recording * 7 + 5) % CLASSES)
        content["speaker"].append(recording % 3)
    content["labels"][0] = CLASSES - 1
    return content


def sequences(group, name, rows, dtype, **layout):
    dataset = group.create_dataset(name, (len(rows),), dtype=h5py.vlen_dtype(dtype), **layout)
    for index, row in enumerate(rows):
        dataset[index] = row


def hdf5(content, libver="earliest", times=np.float16, units=np.uint16, labels=np.uint8, leave_out=(), **layout):
    """Returns the bytes of a file with `content`."""
    memory = io.BytesIO()
    with h5py.File(memory, "w", libver=libver) as file:
        spikes = file.create_group("spikes")
        if "times" not in leave_out:
            sequences(spikes, "times", content["times"], times, **layout)
        if "units" not in leave_out:
            sequences(spikes, "units", content["units"], units, **layout)
        if "labels" not in leave_out:
            file.create_dataset("labels", data=np.array(content["labels"], labels), **layout)
        extra = file.create_group("extra")
        extra.create_dataset("speaker", data=np.array(content["speaker"], np.uint8))
        extra.create_dataset("keys", data=np.array(KEYS, "S6"))
    return memory.getvalue()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def changed(content, **values):
    """Returns a copy with some entries replaced."""
    copy = {key: list(rows) for key, rows in content.items()}
    copy.update(values)
    return copy


def with_event(content, key, event, value):
    """Returns a file with another time or unit of one event of recording 1."""
    rows = [row.copy() for row in content[key]]
    rows[1][event] = value
    return hdf5(changed(content, **{key: rows}))


def rejected(content):
    """Returns files with one error each."""
    short = [row[:-1] if index == 2 else row for index, row in enumerate(content["units"])]
    yield "no-times", hdf5(content, leave_out=["times"])
    yield "no-labels", hdf5(content, leave_out=["labels"])
    yield "times-float32", hdf5(content, times=np.float32)
    yield "times-big-endian", hdf5(content, times=">f2")
    yield "units-int32", hdf5(content, units=np.int32)
    yield "labels-float64", hdf5(content, labels=np.float64)
    yield "labels-text", hdf5(content, labels="S2")
    yield "labels-table", hdf5(changed(content, labels=[[label, label] for label in content["labels"]]))
    yield "units-fewer", hdf5(changed(content, units=content["units"][:-1]))
    yield "label-without-recording", hdf5(changed(content, labels=content["labels"] + [0]))
    yield "lengths-disagree", hdf5(changed(content, units=short))
    yield "time-nan", with_event(content, "times", 3, np.nan)
    yield "time-infinite", with_event(content, "times", 3, np.inf)
    yield "time-negative", with_event(content, "times", 3, -0.5)
    yield "unit-700", with_event(content, "units", 4, UNITS)
    yield "label-20", hdf5(changed(content, labels=content["labels"][:-1] + [CLASSES]))
    yield "label-negative", hdf5(changed(content, labels=content["labels"][:-1] + [-1]), labels=np.int64)
    yield "no-recordings", hdf5({key: [] for key in content})


def binned(times, units, steps):
    """Returns the pairs of step and unit with at least one spike in ascending order; spikes at or after the end of the window are dropped."""
    step = np.floor(times.astype(np.float64) * steps / WINDOW).astype(np.int64)
    inside = step < steps
    pairs = np.unique(np.stack([step[inside], units[inside].astype(np.int64)], axis=1), axis=0)
    return pairs.tolist()


def expected(path):
    """Returns the values that h5py and NumPy read from the file at `path`."""
    with gzip.open(path) as packed, h5py.File(io.BytesIO(packed.read())) as file:
        times, units, labels = file["spikes/times"][:], file["spikes/units"][:], file["labels"][:]
    return {
        "recordings": len(times),
        "events": [len(row) for row in times],
        "sum_of_times_seconds": float(sum(row.astype(np.float64).sum() for row in times)),
        "sum_of_units": int(sum(row.astype(np.int64).sum() for row in units)),
        "labels": labels.tolist(),
        "binned": [
            {"steps": steps, "spikes": [binned(t, u, steps) for t, u in zip(times, units)]} for steps in STEPS
        ],
    }


def main():
    rng = np.random.default_rng(2022)
    train, test = draw(rng, 6), draw(rng, 3)
    write(DATA / "shd_train.h5.gz", hdf5(train))
    write(DATA / "shd_test.h5.gz", hdf5(test))
    write(DATA / "latest.h5.gz", hdf5(train, libver="latest"))
    write(DATA / "chunked.h5.gz", hdf5(train, chunks=(4,), compression="gzip", shuffle=True))
    for name, content in rejected(train):
        write(DATA / "rejected" / f"{name}.h5.gz", content)
    parts = {name: expected(DATA / f"{name}.h5.gz") for name in ("shd_train", "shd_test")}
    about = "made by scripts/make_tiny_shd.py with h5py and NumPy; binned: pairs of step and unit of every recording"
    JSON.write_text(json.dumps({"about": about, "window_seconds": WINDOW, **parts}, separators=(",", ":")) + "\n")


main()
