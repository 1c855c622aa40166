"""badcrossbar: exact currents of arrays with wires. Only output currents are computed, and log messages are disabled."""

import logging

import badcrossbar
import numpy as np

import wires


def array(size, vectors):
    """Returns a function that solves one array and returns its output currents, vectors x columns, A."""
    resistances, volts = 1e6 / np.array(wires.conductances(size)), np.array(wires.volts(size, vectors))
    lines = {"r_i_word_line": wires.SEGMENT_OHM, "r_i_bit_line": wires.SEGMENT_OHM}
    return lambda _: badcrossbar.compute(volts, resistances, **lines, node_voltages=False, all_currents=False).currents.output


def measure(stopwatch):
    logging.disable()
    for size, vectors in wires.ARRAYS:
        work = wires.work(size, vectors)
        if stopwatch.wants(work):
            stopwatch.measure(f"{work}: 1 thread", "arrays", 1, array(size, vectors))


def results():
    """Yields the output currents of every array, µA."""
    logging.disable()
    for size, vectors in wires.ARRAYS:
        yield wires.work(size, vectors), (1e6 * array(size, vectors)(0)).ravel()
