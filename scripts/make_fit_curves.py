#!/usr/bin/env python3
"""Generates tests/validation/data/fit_curves.json from the equations of published fits of pulsed cells.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6
    venv/bin/python scripts/make_fit_curves.py

The fits are presets of aihwkit (Rasch et al., AICAS 2021; Le Gallo et al., APL Mach. Learn. 1, 041102 (2023)). Their papers and
documentation state the equations below; the numbers are those of presets/devices.py of version 1.1.0. This script implements the
equations independently. Weights w are converted to fractions of the nominal window, x = (w - w_min) / (w_max - w_min), and
deviations are divided by the same width. Takes about two minutes.

    gain g = 1 + s z or exp(s z);  dw+ = |dw (g + r)|,  dw- = |dw (g - r - up_down)|,  r = s z
    w_max' = |w_max (1 + s z)|,  w_min' = -|w_min (1 + s z)|, exchanged first if they cross
    linear       up  w += (dw+ - |gamma + s z| dw+ w / w_max) (1 + c z),    down with w_min, w_max and w_min nominal
    soft bounds  up  w += dw+ (1 - w / w_max' + c z),                       down w -= dw- (1 - w / w_min' + c z)
    exponential  up  w += dw+ max(1 - A exp(gamma y), 0) (1 + c z),  y = 2 a w / (w_max' - w_min') + b, down with -gamma
    and w is clipped to w_min' .. w_max'; reads return w + write_noise_std dw z, with a new z at every write

Conductances are at least 0 µS: floors below the weight `no_conductance` of a device file are clamped to it, as in the file.
"""

import json
import pathlib

import numpy as np

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "tests/validation/data/fit_curves.json"
CELLS = 100_000

SOFT = dict(law="soft-bounds", up_down=0.0)
LINEAR = dict(law="linear", up_down=0.0, dw_dtod=0.1, up_down_dtod=0.01, ends_dtod=(0.05, 0.05), gamma_dtod=0.05, offset=0.0)
# Weight at 0 µS: the floor of the file divided by the span of its window, times the span of the weights.
FITS = {
    "reram-es-gong-2018": dict(
        preset="ReRamESPresetDevice", law="exponential", dw=0.00135, up_down=0.259359, w=(-1.0, 1.0), a=-0.5, b=-0.5,
        gamma=(5.0, 5.0), amplitude=(-1.18445, -0.081404), dw_dtod=0.2, up_down_dtod=0.05, ends_dtod=(0.3, 0.3), cycle=5.0,
        offset=75.0, no_conductance=-1.0 - 2.0 * 25 / 75, pulses=(50, 200, 1000)),
    "reram-sb-gong-2018": dict(
        SOFT, preset="ReRamSBPresetDevice", dw=0.002, w=(-0.75, 1.25), dw_dtod=0.3, up_down_dtod=0.01,
        ends_dtod=(0.3 / 0.75, 0.3 / 1.25), cycle=3.75, offset=56.0, no_conductance=-0.75 - 2.0 * 25 / 75, pulses=(50, 200, 1000)),
    "reram-array-om-gong-2022": dict(
        SOFT, preset="ReRamArrayOMPresetDevice", dw=0.0949, w=(-1.0, 1.0), dw_dtod=0.7829, log_normal=True, up_down_dtod=0.01,
        ends_dtod=(0.5695, 0.3499), cycle=0.4158, offset=1.4113, no_conductance=-1.0 - 2.0 * 45 / 35, pulses=(1, 5, 40)),
    "hfo2-array-gong-2022": dict(
        SOFT, preset="ReRamArrayHfO2PresetDevice", dw=0.4622, w=(-1.0, 1.0), dw_dtod=0.7125, log_normal=True, up_down_dtod=0.01,
        ends_dtod=(0.5990, 0.4295), cycle=0.2174, offset=0.5841, no_conductance=-1.0 - 2.0 * 45 / 35, pulses=(1, 3, 10)),
    "ecram-tang-2018": dict(
        LINEAR, preset="EcRamPresetDevice", dw=0.002, w=(-0.8276, 1.1724), gamma=(0.1153, 0.5085), cycle=0.3,
        no_conductance=-0.8276 - 2.0 * 25 / 75, pulses=(50, 300, 1200)),
    "ecram-mo-kim-2019": dict(
        LINEAR, preset="EcRamMOPresetDevice", dw=2.8214e-4, w=(-0.8286, 1.1714), gamma=(0.4152, 0.7342), cycle=2.0,
        no_conductance=-0.8286 - 2.0 * 25 / 75, pulses=(100, 800, 3000)),
}


class Cells:
    """The cells of one simulated chip."""

    def __init__(self, fit, rng):
        draw = lambda: rng.standard_normal(CELLS)
        self.fit, self.draw = fit, draw
        low, high = fit["w"]
        low, high = low * (1 + fit["ends_dtod"][0] * draw()), high * (1 + fit["ends_dtod"][1] * draw())
        low, high = np.minimum(low, high), np.maximum(low, high)
        self.low, self.high = np.maximum(-np.abs(low), fit["no_conductance"]), np.abs(high)
        gain = np.exp(fit["dw_dtod"] * draw()) if fit.get("log_normal") else 1 + fit["dw_dtod"] * draw()
        r = fit["up_down_dtod"] * draw()
        self.up, self.down = fit["dw"] * np.abs(gain + r), fit["dw"] * np.abs(gain - r - fit["up_down"])
        if fit["law"] == "linear":
            self.gamma = [np.abs(gamma + fit["gamma_dtod"] * draw()) for gamma in fit["gamma"]]

    def step(self, w, up, cycle):
        """Returns the change of each weight by a pulse up or down, with cycle-to-cycle noise `cycle`."""
        fit, size, sign = self.fit, self.up if up else self.down, 1 if up else -1
        own, nominal = (self.high, fit["w"][1]) if up else (self.low, fit["w"][0])
        noise = cycle * self.draw()
        if fit["law"] == "soft-bounds":
            return size * (1 - w / own + noise)
        place = 0 if up else 1
        if fit["law"] == "linear":
            return size * (1 - self.gamma[place] * w / nominal) * (1 + noise)
        y = 2 * fit["a"] * w / (self.high - self.low) + fit["b"]
        return size * np.maximum(1 - fit["amplitude"][place] * np.exp(sign * fit["gamma"][place] * y), 0) * (1 + noise)

    def pulse(self, w, up):
        """Returns the weights after one pulse each."""
        step = self.step(w, up, self.fit["cycle"])
        return np.clip(w + step if up else w - step, self.low, self.high)


def moments(values):
    """Returns mean, standard deviation and kurtosis."""
    mean, sigma = values.mean(), values.std()
    kurtosis = ((values - mean) ** 4).mean() / sigma**4 if sigma > 0 else 3.0
    return {"mean": float(f"{mean:.7g}"), "sigma": float(f"{sigma:.6g}"), "kurtosis": float(f"{kurtosis:.4g}")}


def curve(cells, share):
    """Simulates pulses up from the floor of the window and back down; returns the state and the read state at some pulse numbers."""
    fit = cells.fit
    w = np.clip(np.full(CELLS, fit["w"][0]), cells.low, cells.high)
    offset = fit["offset"] * fit["dw"]
    points = []
    for up in (True, False):
        for count in range(1, max(fit["pulses"]) + 1):
            w = cells.pulse(w, up)
            if count in fit["pulses"]:
                seen = np.maximum(w + offset * cells.draw(), fit["no_conductance"])
                points.append({"direction": "up" if up else "down", "pulses": count, "state": moments(share(w)), "seen": moments(share(seen))})
    return points


def steps_at(cells, w, up, width):
    """Simulates one pulse of every cell at `w`: device-to-device variation without and with cycle-to-cycle noise."""
    steps = [cells.step(w, up, cycle) / width for cycle in (0.0, cells.fit["cycle"])]
    return {"of_cells": moments(steps[0]), "with_noise": moments(steps[1])}


def of_fit(name, fit, rng):
    low, high = fit["w"]
    share = lambda w: (w - low) / (high - low)
    cells = Cells(fit, rng)
    zero = np.zeros(CELLS)
    steps = {"up": steps_at(cells, zero, True, high - low), "down": steps_at(cells, zero, False, high - low)}
    held = float((-np.abs(low * (1 + fit["ends_dtod"][0] * rng.standard_normal(1_000_000))) < fit["no_conductance"]).mean())
    return {
        "file": name, "preset": fit["preset"], "floors_held_at_zero": float(f"{held:.3g}"),
        "ends": {"floor": moments(share(cells.low)), "ceiling": moments(share(cells.high))},
        "steps_at_weight_0": steps,
        "offset_sigma": float(f"{fit['offset'] * fit['dw'] / (high - low):.6g}"),
        "curve": curve(cells, share),
    }


def main():
    rng = np.random.Generator(np.random.PCG64(20))
    fits = [of_fit(name, fit, rng) for name, fit in FITS.items()]
    source = (
        "Made by scripts/make_fit_curves.py with numpy from the published equations of the presets of aihwkit 1.1.0. Numbers are "
        "fractions of the nominal window; moments over this number of cells."
    )
    text = json.dumps({"source": source, "cells": CELLS, "fits": fits}, indent=1)
    OUTPUT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
