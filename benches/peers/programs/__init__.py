"""One file per program: the network of the noise study, written in the program's usual style.

Each has `trainer(weights)`, which returns an object with `train` and `slopes`. aihwkit measures devices instead.
"""
