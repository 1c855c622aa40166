"""Measures the arrays of one program: devices.py PROGRAM SECONDS [WORD ...], or checks them: devices.py PROGRAM check [WORD ...].

A word selects kinds of work by a part of their name. Measurements are as in stopwatch.py. A check prints the results of
each kind of work in a line: its name and numbers, separated by commas.
"""

import importlib
import sys

from stopwatch import Stopwatch


def main(name, seconds, *words):
    program = importlib.import_module(f"programs.{name}")
    if seconds != "check":
        program.measure(Stopwatch(float(seconds), words))
        return
    for work, numbers in program.results():
        if Stopwatch(0, words).wants(work):
            print(work, *numbers, sep=",", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
