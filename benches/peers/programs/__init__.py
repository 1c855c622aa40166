"""One file per program: the network of the noise study, written in the program's usual style.

Each has `trainer(weights)`, which returns an object with `train` and `slopes`. Programs with arrays have `measure(stopwatch)`
and `results()` instead, which ../devices.py calls.
"""
