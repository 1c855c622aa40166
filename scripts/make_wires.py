"""Writes tests/validation/data/wires.json: currents of ten small arrays with wires, by badcrossbar and ngspice.

Needs numpy, badcrossbar (1.1.0), pathvalidate and ngspice (39.3). badcrossbar has one resistance per line: drivers and
sense amplifiers have that of a segment. The netlists are written here, independently of the program.
"""

import json
import pathlib
import subprocess
import tempfile

import badcrossbar
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests/validation/data/wires.json"


def spice(g, volts, wires):
    rows, columns = g.shape
    r_w, r_b = wires["word_line_ohm_per_cell"], wires["bit_line_ohm_per_cell"]
    lines = ["array"]
    gated = wires["access"] == "gated"
    for j in range(columns):
        lines += [f"Rs{j} b{rows - 1}x{j} s{j} {wires['sense_ohm']!r}", f"Vs{j} s{j} 0 0"]
        lines += [f"Rb{i}x{j} b{i}x{j} b{i + 1}x{j} {r_b!r}" for i in range(rows - 1)]
    for i in range(rows):
        for j in range(columns):
            if g[i, j] > 0 and not (gated and volts[i] == 0):
                lines.append(f"Rg{i}x{j} w{i}x{j} b{i}x{j} {float(1e6 / g[i, j])!r}")
    if gated:
        read = max(volts)
        for j in range(columns):
            lines += [f"Vi{j} i{j} 0 {float(read)!r}", f"Rd{j} i{j} w{rows - 1}x{j} {wires['driver_ohm']!r}"]
            lines += [f"Rw{i}x{j} w{i}x{j} w{i + 1}x{j} {r_w!r}" for i in range(rows - 1)]
    else:
        for i in range(rows):
            lines += [f"Vi{i} i{i} 0 {float(volts[i])!r}", f"Rd{i} i{i} w{i}x0 {wires['driver_ohm']!r}"]
            if wires["feed"] == "both":
                lines.append(f"Re{i} i{i} w{i}x{columns - 1} {wires['driver_ohm']!r}")
            lines += [f"Rw{i}x{j} w{i}x{j} w{i}x{j + 1} {r_w!r}" for j in range(columns - 1)]
    lines += [".options reltol=1e-12 abstol=1e-20 vntol=1e-16 gmin=1e-30", ".control", "set numdgt=15", "op"]
    lines += [f"print i(Vs{j})" for j in range(columns)]
    lines += [".endc", ".end"]
    with tempfile.NamedTemporaryFile("w", suffix=".cir") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        printed = subprocess.run(["ngspice", "-b", file.name], capture_output=True, text=True).stdout
    found = [float(line.split("=")[1]) for line in printed.splitlines() if line.startswith("i(vs")]
    assert len(found) == columns, printed
    return [1e6 * value for value in found]


def cases():
    random = np.random.default_rng(20261128)
    shapes = [(2, 2), (3, 5), (6, 4), (8, 8), (12, 3), (4, 9), (1, 3), (5, 1), (7, 6), (10, 10)]
    for number, (rows, columns) in enumerate(shapes):
        g = np.round(10 ** random.uniform(0, 3, (rows, columns)), 4)
        if number % 3 == 2:
            g[random.integers(rows), random.integers(columns)] = 0.0
        gated = number in (4, 8)
        volts = np.round(random.uniform(-0.2, 0.2, rows), 6)
        if gated:
            volts = np.where(random.uniform(size=rows) < 0.6, 0.2, 0.0)
            volts[0] = 0.2
        r_w, r_b = (float(np.round(10 ** random.uniform(-1, 1.5), 3)) for _ in range(2))
        peer = number in (0, 1, 3, 5, 9)
        wires = {
            "access": "gated" if gated else "driven",
            "word_line_ohm_per_cell": r_w,
            "bit_line_ohm_per_cell": r_b,
            "driver_ohm": r_w if peer else float(np.round(10 ** random.uniform(1, 3), 2)),
            "sense_ohm": r_b if peer else float(np.round(10 ** random.uniform(1, 3), 2)),
            "feed": "both" if number in (2, 6) else "left",
        }
        case = {
            "rows": rows,
            "microsiemens": [float(value) for value in g.ravel()],
            "volts": [float(value) for value in volts],
            "wires": wires,
            "ngspice_microampere": spice(g, volts, wires),
            "badcrossbar_microampere": None,
        }
        if peer:
            solved = badcrossbar.compute(volts[:, None], 1e6 / g, r_i_word_line=r_w, r_i_bit_line=r_b)
            case["badcrossbar_microampere"] = [1e6 * float(value) for value in solved.currents.output[0]]
        yield case


OUT.write_text(json.dumps({"programs": ["badcrossbar 1.1.0", "ngspice 39.3"], "cases": list(cases())}, indent=1) + "\n")
