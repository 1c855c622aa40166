#!/usr/bin/env python3
"""Generates small HDF5 files of recorded events with unusual number formats, and the values that libhdf5 reads.

    python3 scripts/make_tiny_hdf5.py

Needs h5py and NumPy. Writes gzipped files to crates/datasets/tests/data/hdf5:

    read/*.h5.gz        equal recordings; expected.json has times, units and labels
    refused/*.h5.gz     rejected files, each with its message in NAME.error

libhdf5 converts between its types on writing. The values that it reads back are compared with expected.json.
"""

import gzip
import io
import json
import pathlib

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

DATA = pathlib.Path(__file__).resolve().parent.parent / "crates/datasets/tests/data/hdf5"
SAMPLE = np.array([0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 7])
# Sixteenths of a second, which are exact in every format below.
TIME = np.array([0, 1, 7, 2, 8, 3, 0, 12, 5, 1, 2, 15]) / 16
UNIT = np.array([3, 0, 2, 1, 3, 0, 0, 2, 1, 3, 2, 1])
LABELS = np.array([0, 1, 2, 3, 0, 1, 2, 3])


def floats(size, sign, exponent, exponent_bits, mantissa, mantissa_bits, bias, order=h5t.ORDER_LE, precision=None, offset=0):
    """Returns a floating-point type of `size` bytes."""
    kind = h5t.IEEE_F64LE.copy()
    kind.set_fields(sign, exponent, exponent_bits, mantissa, mantissa_bits)
    kind.set_ebias(bias)
    kind.set_offset(offset)
    kind.set_precision(precision or 8 * size)
    kind.set_size(size)
    kind.set_order(order)
    return kind


def integers(base, precision, offset):
    """Returns an integer type with `precision` bits starting at bit `offset` of the type `base`."""
    kind = base.copy()
    kind.set_precision(precision)
    kind.set_offset(offset)
    return kind


def without_times():
    """Returns creation properties of a reproducible data set."""
    create = h5p.create(h5p.DATASET_CREATE)
    create.set_obj_track_times(False)
    return create


def put(file, name, numbers, kind, **packing):
    """Creates a data set of the type `kind`; libhdf5 converts `numbers`."""
    numbers = np.ascontiguousarray(numbers)
    create = without_times()
    if packing:
        create.set_chunk((numbers.size,))
        for set_filter in packing["filters"]:
            set_filter(create)
    dataset = h5d.create(file.id, name.encode(), kind, h5s.create_simple(numbers.shape), create)
    dataset.write(h5s.ALL, h5s.ALL, numbers, mtype=h5t.py_create(numbers.dtype))


def made(fill, user_block=0, **options):
    memory = io.BytesIO()
    with h5py.File(memory, "w", userblock_size=user_block, **options) as file:
        fill(file)
    return memory.getvalue()


def table(time=None, unit=None, label=None, name="time", times=TIME, labels=LABELS, attributes=(), **packing):
    """Fills a file with the columns sample, time, unit and labels in the given types."""

    def fill(file):
        put(file, "sample", SAMPLE, h5t.STD_U16LE)
        put(file, name, times, time or h5t.IEEE_F64LE, **packing)
        put(file, "unit", UNIT, unit or h5t.STD_U16LE, **packing)
        put(file, "labels", labels, label or h5t.STD_U8LE)
        for key, value in attributes:
            file[name].attrs[key] = value

    return fill


def sensor(file):
    """Writes events of a sensor of 2 x 1 pixels and 2 polarities; h5py stores NumPy Booleans as an enumeration."""
    file["sample"], file["time"], file["labels"] = SAMPLE, TIME, LABELS
    file["x"], file["p"] = UNIT % 2, UNIT >= 2


def sequences(times, units, unit_type=None, labels=LABELS, attributes=()):
    """Writes the layout of Spiking Heidelberg Digits with other element types."""

    def fill(file):
        group = file.create_group("spikes")
        for name, numbers, kind in [("times", TIME, times), ("units", UNIT, units)]:
            element = h5t.vlen_create(kind)
            dataset = h5d.create(group.id, name.encode(), element, h5s.create_simple((len(LABELS),)), without_times())
            rows = np.empty(len(LABELS), dtype=h5py.vlen_dtype(np.float64 if name == "times" else np.int64))
            for row in range(len(LABELS)):
                rows[row] = numbers[SAMPLE == row].astype(rows.dtype.metadata["vlen"])
            dataset.write(h5s.ALL, h5s.ALL, rows, mtype=h5t.py_create(rows.dtype))
        put(file, "labels", labels, unit_type or h5t.STD_U16LE)
        for place, key, value in attributes:
            file[place].attrs[key] = value

    return fill


BRAIN = floats(2, 15, 7, 8, 0, 7, 127)
LEFT_12 = integers(h5t.STD_U16LE, 12, 1)


def lzf(create):
    create.set_filter(32000, h5py.h5z.FLAG_OPTIONAL)


READ = {
    "bfloat16": table(time=BRAIN),
    "bfloat16-big": table(time=floats(2, 15, 7, 8, 0, 7, 127, h5t.ORDER_BE)),
    "float16-big": table(time=h5t.IEEE_F16BE),
    "float32-bias": table(time=floats(4, 31, 23, 8, 0, 23, 120)),
    "float-scattered": table(time=floats(4, 0, 20, 6, 4, 11, 31)),
    "float24-of-32-big": table(time=floats(4, 31, 24, 7, 8, 16, 63, h5t.ORDER_BE, precision=24, offset=8)),
    "float8": table(time=floats(1, 7, 3, 4, 0, 3, 7)),
    "long-double": table(time=h5t.NATIVE_LDOUBLE),
    "integers-offset": table(
        time=integers(h5t.STD_U32LE, 24, 8), unit=LEFT_12, label=integers(h5t.STD_U8LE, 7, 1), name="t",
        times=(TIME * 1e6).astype(int)),
    "integers-signed-big": table(
        time=integers(h5t.STD_I64BE, 40, 3), unit=integers(h5t.STD_I32BE, 5, 27), name="t", times=(TIME * 1e6).astype(int)),
    "n-bit": table(time=BRAIN, unit=LEFT_12, filters=[lambda create: create.set_filter(h5py.h5z.FILTER_NBIT, 0)]),
    "scale-offset": table(
        time=h5t.STD_U32LE, name="t", times=(TIME * 1e6).astype(int), filters=[lambda create: create.set_scaleoffset(2, 0)]),
    "lzf": table(filters=[lambda create: create.set_shuffle(), lzf]),
    "lzf-checked": table(filters=[lzf, lambda create: create.set_fletcher32()]),
    "booleans": sensor,
    "unit-ms": table(times=TIME * 1e3, attributes=[("units", "ms")]),
    "unit-us": table(times=TIME * 1e6, attributes=[("Unit", np.bytes_("us"))]),
    "unit-ns": table(times=TIME * 1e9, attributes=[("time_unit", "ns")], name="t"),
    "unit-s-for-t": table(attributes=[("units", "seconds")], name="t"),
    "sequences-bfloat16": sequences(BRAIN, h5t.STD_U16LE),
    "sequences-float64-big": sequences(h5t.IEEE_F64BE, h5t.STD_I32BE),
    "sequences-offset": sequences(h5t.IEEE_F32LE, LEFT_12, integers(h5t.STD_U8LE, 7, 1)),
    "labels-column": table(labels=LABELS[:, None]),
    "sequences-labels-column": sequences(h5t.IEEE_F32LE, h5t.STD_U16LE, labels=LABELS[:, None]),
    "sequences-ms": sequences(h5t.IEEE_F32LE, h5t.STD_U16LE, attributes=[("spikes", "time_units", "s")]),
}


def packed(content):
    return gzip.compress(content, mtime=0)


def numbers_of(content, name):
    """Returns the values that libhdf5 reads from a data set."""
    with h5py.File(io.BytesIO(content), "r") as file:
        kind = np.float64 if name in ("time", "t") else np.int64
        dataset = file[name].id
        numbers = np.zeros(dataset.shape, kind)
        if isinstance(dataset.get_type(), h5t.TypeEnumID):
            return file[name][...].astype(kind)
        dataset.read(h5s.ALL, h5s.ALL, numbers, mtype=h5t.py_create(np.dtype(kind)))
        return numbers


SCALE = {"unit-ms": 1e3, "unit-us": 1e6, "unit-ns": 1e9, "unit-s-for-t": 1.0}


def recordings(name, content):
    with h5py.File(io.BytesIO(content), "r") as file:
        names = list(file)
        if "spikes" in names:
            # h5py 3.16 returns big-endian elements as stored and labels them as native.
            stored = {column: file[f"spikes/{column}"] for column in ("times", "units")}
            times, units = ([row.view(part.dtype.metadata["vlen"]).tolist() for row in part[...]] for part in stored.values())
            return {"times": times, "units": units, "labels": numbers_of(content, "labels").ravel().tolist()}
    time = "t" if "t" in names else "time"
    seconds = numbers_of(content, time) / SCALE.get(name, 1e6 if time == "t" else 1.0)
    if "unit" in names:
        unit = numbers_of(content, "unit")
    else:
        unit = numbers_of(content, "x") + 2 * numbers_of(content, "p")
    sample = numbers_of(content, "sample")
    rows = range(len(LABELS))
    return {
        "times": [seconds[sample == row].tolist() for row in rows],
        "units": [unit[sample == row].tolist() for row in rows],
        "labels": numbers_of(content, "labels").ravel().tolist(),
    }


def colours():
    return h5py.enum_dtype({"RED": 0, "GREEN": 1, "BLUE\x1b[31m": 2}, basetype="i1")


def compound(file):
    table()(file)
    del file["unit"]
    file["unit"] = np.zeros(SAMPLE.size, [("x", "<u2"), ("y", "<u2")])


def only_a_table(file):
    file["events\x1b"] = np.zeros(4, [("sample", "<u2"), ("t", "<i8"), ("x", "<u2")])


def enumeration(file):
    sensor(file)
    del file["p"]
    file.create_dataset("p", data=(UNIT >= 2).astype("i1"), dtype=colours())


def unknown_filter(create):
    """Adds an optional filter that libhdf5 lacks, so that chunks are stored unchanged."""
    create.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)


def twice(create):
    create.set_filter(32000, h5py.h5z.FLAG_OPTIONAL)
    create.set_deflate(9)


def vax():
    """Sets bits 0 and 6 of the type flags, because libhdf5 cannot create this type."""
    content = bytearray(made(table(time=h5t.IEEE_F32LE)))
    # Class 1, flags 20 1f 00, 4 bytes, offset 0, precision 32.
    place = content.index(bytes([0x11, 0x20, 0x1F, 0, 4, 0, 0, 0, 0, 0, 32, 0]))
    content[place + 1] |= 0x41
    return bytes(content)


ALLOWED = "must be a number, or a boolean of h5py"
FILTERS = "must be packed with deflate (gzip), LZF, shuffle, fletcher32, szip, n-bit, scale-offset or no filter"
HINT = "\n\nhint: say with `--time-unit` what the times count"
REFUSED = {
    "enumeration": (made(enumeration), f"`p`: type is enumeration of int8 (`BLUE?[31m`, `GREEN`, `RED`), {ALLOWED}"),
    "compound": (made(compound), f"`unit`: type is compound of `x`, `y`, {ALLOWED}"),
    "table": (
        made(only_a_table),
        "holds `events?` (compound of `sample`, `t`, `x`), must hold the data sets `sample`, `time` or `t`, `unit` or `x`, "
        "and `label` or `labels`\n\n"
        "hint: store each column, and each field of a table, as a data set of its own at the root of the file"),
    "vax": (vax(), f"`time`: type is float of 4 bytes in VAX byte order, {ALLOWED}"),
    "zstandard": (made(table(filters=[unknown_filter])), f"`unit`: is packed with Zstandard (filter 32015), {FILTERS}"),
    "lzf-twice": (
        made(table(filters=[twice])), f"`unit`: is packed with LZF and, once more, deflate (filter 1), {FILTERS}"),
    "unit-ticks": (
        made(table(attributes=[("units", "ticks\x1b[31m")])),
        f"`time`: attribute `units` of `time` is `ticks?[31m`, must be s, ms, us or ns{HINT}"),
    "unit-number": (
        made(table(attributes=[("unit", 1e-6)])),
        f"`time`: attribute `unit` of `time` is no text, must be s, ms, us or ns{HINT}"),
}


def main():
    for folder in ["read", "refused"]:
        (DATA / folder).mkdir(parents=True, exist_ok=True)
    read = {name: made(fill) for name, fill in READ.items()}
    for size in [512, 2048]:
        read[f"user-block-{size}"] = made(table(), user_block=size)
    read["user-block-latest"] = made(table(), user_block=1024, libver="latest")
    expected = recordings("expected", made(table()))
    for name, content in read.items():
        (DATA / "read" / f"{name}.h5.gz").write_bytes(packed(content))
        assert recordings(name, content) == expected, name
    (DATA / "expected.json").write_text(json.dumps(expected) + "\n")
    for name, (content, message) in REFUSED.items():
        (DATA / "refused" / f"{name}.h5.gz").write_bytes(packed(content))
        (DATA / "refused" / f"{name}.error").write_text(f"{name}.h5.gz: {message}\n")


if __name__ == "__main__":
    main()
