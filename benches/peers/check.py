"""Checks that the programs do the same work: compares the published method with autograd, and the others with its equations.

The published method is held to tests/validation/data/oracle_cases.json, in float64, as our own network is. The other
programs reset in ways of their own: the loss of each is held to the equations of the study with that reset. The first
weights are ten times those of the study, so that hidden neurons spike.
"""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import torch

import catalogue
import task
from programs import published

CASES = Path(__file__).parents[2] / "tests/validation/data/oracle_cases.json"
SIGMA = 0.01
# Ten thousand float64 roundings of numbers near 10.
ORACLE_TOLERANCE = 1e-11
# In float32, a voltage within 1e-6 of the threshold may be on the other side. This happens to a few of 2.5 million, and
# each
# changes the highest voltage of a few of 2,560 readout units by less than a weight.
TOLERANCE = 1e-4


def oracle_error():
    """Returns the largest difference between the published method, in float64, and the autograd cases for its loss and surrogate."""
    cases = [case for case in json.loads(CASES.read_text()) if (case["loss"], case["surrogate"]) == ("max", "fast_sigmoid")]
    return max(case_error(case) for case in cases)


def case_error(case):
    inputs = torch.tensor(case["input_spikes"], dtype=torch.float64)
    weights = [torch.tensor(case[name], dtype=torch.float64, requires_grad=True) for name in ("w1", "w2")]
    spikes = published.hidden_spikes(inputs, weights[0], case["alpha"], case["beta"])
    voltages = published.readout_voltages(spikes, weights[1], case["alpha"], case["beta"])
    loss = torch.nn.functional.nll_loss(torch.log_softmax(voltages.amax(1), 1), torch.tensor(case["labels"]))
    found = [loss, *torch.autograd.grad(loss, weights)]
    expected = [torch.tensor(case["expected"][name], dtype=torch.float64) for name in ("loss", "grad_w1", "grad_w2")]
    return max((one - other).abs().max().item() for one, other in zip(found, expected))


def after(reset, voltage, fired, current):
    """Returns the voltage one step later, with one of three resets."""
    if reset == "a step later":
        return (task.BETA * voltage + current) * ~fired
    if reset == "at once":
        return task.BETA * voltage * ~fired + current
    return task.BETA * (voltage - fired) + current


def expected_loss(reset, latencies, labels, weights):
    """Computes the loss of a batch from the equations in float64, with one of three resets, and the spikes per image."""
    w1, w2 = (matrix.astype(np.float64) for matrix in weights)
    current = voltage = np.zeros((len(labels), task.HIDDEN))
    readout_current = readout = peaks = np.zeros((len(labels), task.CLASSES))
    total = 0
    # A current acts one step after its arrival, and a voltage on a spike one step later; the same holds for the
    # readout.
    for step in range(task.STEPS + 2):
        fired = voltage > 1
        total += fired.sum()
        arrived = (latencies == step).astype(np.float64) @ w1
        readout, readout_current = task.BETA * readout + readout_current, task.ALPHA * readout_current + fired @ w2
        peaks = np.maximum(peaks, readout)
        voltage = after(reset, voltage, fired, current)
        current = task.ALPHA * current + arrived
    likelihoods = peaks - np.log(np.exp(peaks).sum(1, keepdims=True))
    return -likelihoods[np.arange(len(labels)), labels].mean(), total / len(labels)


def check(program, latencies, labels):
    """Compares the loss of a program on a batch with the equations for its reset."""
    weights = task.first_weights(SIGMA)
    trainer = importlib.import_module(f"programs.{program.module}").trainer(weights)
    loss, slopes = trainer.slopes(latencies, labels)
    expected, spikes = expected_loss(program.reset, latencies, labels, weights)
    norms = " and ".join(f"{np.linalg.norm(slope):.4g}" for slope in slopes)
    print(f"| {program.name} | {program.reset} | {spikes:.0f} | {loss:.6f} | {expected:.6f} | {norms} |", flush=True)
    return abs(loss / expected - 1) <= TOLERANCE


def main(folder, module):
    program = next(program for program in catalogue.TRAINERS if program.module == module)
    error = oracle_error()
    if error > ORACLE_TOLERANCE:
        raise SystemExit(f"published method: expected a difference from autograd of at most {ORACLE_TOLERANCE}, got {error}")
    latencies, labels = task.load(folder)
    batch = task.batches(1)[0]
    if not check(program, latencies[batch], labels[batch]):
        raise SystemExit(f"{program.name}: the loss differs from the equations by more than {TOLERANCE}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
