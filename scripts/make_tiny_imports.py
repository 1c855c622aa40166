#!/usr/bin/env python3
"""Generates small files of events and dense samples in every format of `ohmspike data import`, and the values that NumPy reads.

    python3 scripts/make_tiny_imports.py

Needs h5py and NumPy. All random numbers have a fixed seed. Writes to crates/datasets/tests/data/import:

    events.npz, events.csv, events.h5, table.npy    the same recordings: columns, and one structured array
    recordings.npz                                  the same as one structured array (t, x, p) per recording, as in Tonic
    sensor.npz                                      recordings of a sensor of 3 x 2 pixels and 2 polarities
    images.npy, images.idx.gz, labels.npy, labels.idx    equal images of bytes
    numbers.npy, big.npy, features.npy              numbers from 0 to 1, big-endian ones, and unscaled ones
    expected.json                                   events by recording, images and scaled numbers

Archives have no time stamps, so that they are reproducible with equal versions of NumPy, HDF5 and zlib.
"""

import gzip
import io
import json
import pathlib
import struct
import zipfile

import h5py
import numpy as np

DATA = pathlib.Path(__file__).resolve().parent.parent / "crates/datasets/tests/data/import"
SAMPLES, UNITS, CLASSES, DURATION = 12, 5, 3, 0.5


def npy(array):
    memory = io.BytesIO()
    np.save(memory, array, allow_pickle=False)
    return memory.getvalue()


def npz(packed=True, **arrays):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), npy(array), archive.compression)
    return memory.getvalue()


def write(name, content):
    (DATA / name).write_bytes(content)


def events(rng):
    """Returns columns of events in random order, with times in whole microseconds."""
    counts = rng.integers(1, 9, SAMPLES)
    sample = rng.permutation(np.repeat(np.arange(SAMPLES), counts))
    microseconds = rng.integers(0, DURATION * 1e6, sample.size)
    unit = rng.integers(0, UNITS, sample.size)
    labels = (np.arange(SAMPLES) * 2 + 1) % CLASSES
    return sample, microseconds, unit, labels


def write_events(rng, expected):
    sample, microseconds, unit, labels = events(rng)
    seconds = microseconds / 1e6
    of_recording = [np.flatnonzero(sample == number) for number in range(SAMPLES)]
    expected["events"] = {
        "labels": labels.tolist(),
        "times": [seconds[order].tolist() for order in of_recording],
        "units": [unit[order].tolist() for order in of_recording],
    }
    write("events.npz", npz(sample=sample.astype(np.int64), time=seconds, unit=unit.astype(np.uint16), labels=labels))
    rows = "".join(f"{s},{t!r},{u},{labels[s]}\n" for s, t, u in zip(sample, seconds.tolist(), unit))
    write("events.csv", ("sample,time,unit,label\n" + rows).encode())
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file["sample"], file["time"], file["unit"], file["label"] = (
            sample.astype(">i4"), seconds, unit.astype(np.uint8), labels[sample].astype(np.int8))
    write("events.h5", memory.getvalue())
    table = np.zeros(sample.size, [("sample", "<u2"), ("t", "<i8"), ("x", "<i2"), ("p", "?"), ("label", "<f4"), ("name", "<U3")])
    table["sample"], table["t"], table["x"], table["p"], table["label"] = sample, microseconds, unit, True, labels[sample]
    write("table.npy", npy(table))
    tonic = np.dtype([("t", int), ("x", int), ("p", int)])
    arrays = {}
    for number, order in enumerate(of_recording):
        arrays[f"arr_{number}"] = np.zeros(order.size, tonic)
        arrays[f"arr_{number}"]["t"], arrays[f"arr_{number}"]["x"] = microseconds[order], unit[order]
        arrays[f"arr_{number}"]["p"] = 1
    write("recordings.npz", npz(packed=False, labels=labels, **arrays))


def write_sensor(rng, expected):
    """Writes recordings of a sensor, the second one silent, as one structured array and an array `sample`."""
    sample = np.array([0, 0, 2, 2, 2])
    rows = np.zeros(5, [("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "<i2")])
    rows["x"], rows["y"], rows["p"] = [0, 2, 1, 0, 2], [0, 1, 1, 1, 0], [0, 1, 1, 0, 1]
    rows["t"] = [0, 1500, 7, 999999, 3]
    write("sensor.npz", npz(events=rows, sample=sample, labels=np.array([1, 0, 1], np.uint8)))
    expected["sensor"] = {"units": [[0, 2 + 3 + 6], [], [1 + 3 + 6, 3, 2 + 6]], "labels": [1, 0, 1],
                          "times": [[0.0, 0.0015], [], [7e-6, 0.999999, 3e-6]]}


def idx(array):
    header = struct.pack(">I", 0x0800 + array.ndim) + b"".join(struct.pack(">I", size) for size in array.shape)
    return header + array.tobytes()


def write_dense(rng, expected):
    images = rng.integers(0, 256, (SAMPLES, 2, 3)).astype(np.uint8)
    labels = ((np.arange(SAMPLES) * 2 + 1) % CLASSES).astype(np.uint8)
    write("images.npy", npy(images))
    write("images.idx.gz", gzip.compress(idx(images), mtime=0))
    write("labels.npy", npy(labels.astype(np.int64)))
    write("labels.idx", idx(labels))
    numbers = rng.random((SAMPLES, 4))
    write("numbers.npy", npy(numbers))
    write("big.npy", npy(numbers.astype(">f4")))
    features = rng.normal(0.0, 10.0, (SAMPLES, 4))
    features[:, 2] = 7.0
    write("features.npy", npy(features))
    low, high = features.min(axis=0), features.max(axis=0)
    width = high - low
    each = np.divide(features - low, width, out=np.zeros_like(features), where=width > 0)
    whole = (features - features.min()) / (features.max() - features.min())
    as_floats = lambda array: [[float(number) for number in row] for row in array.astype(np.float32)]
    expected["dense"] = {"labels": labels.tolist(), "images": images.reshape(SAMPLES, -1).tolist(),
                         "numbers": as_floats(numbers), "min_max": as_floats(whole), "min_max_each": as_floats(each)}


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(6)
    expected = {}
    write_events(rng, expected)
    write_sensor(rng, expected)
    write_dense(rng, expected)
    (DATA / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
