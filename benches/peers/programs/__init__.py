"""One file a program: the network of the study, written as its users write networks.

Each has `trainer(weights)`, which gives an object with `train` and `slopes`. aihwkit, on devices, stands apart.
"""
