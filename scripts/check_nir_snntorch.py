#!/usr/bin/env python3
"""Runs an exported network in snnTorch and writes its spikes to tests/validation/data/nir_snntorch.json.

    ohmspike train tests/validation/data/nir_snntorch.toml --seed 1 --save-weights tests/validation/data/nir_snntorch.npz
    ohmspike nir export tests/validation/data/nir_snntorch.npz -o net.nir --dt 1e-4 --readout cuba-lif
    python3 scripts/check_nir_snntorch.py net.nir

Needs nir (1.0.8), nirtorch (2.6), torch and snnTorch (1.0.0). The images come from the subset in the repository and are
encoded here. The importer of snnTorch resets neurons at the spike, whatever the file says; `reset_delay = True` resets them
in the step after it, as Ohmspike does. Its neurons also add input to the voltage in the step in which it arrives, so that
every layer of neurons spikes two steps earlier.
"""

import contextlib
import gzip
import hashlib
import io
import json
import pathlib
import sys

import nir
import numpy as np
import snntorch
import torch
from snntorch.import_nir import import_from_nir

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGES = ROOT / "crates/datasets/embedded/fashion-mnist-subset"
OUT = ROOT / "tests/validation/data/nir_snntorch.json"
SAMPLES, STEPS = 100, 100
# Steps that a layer of neurons in snnTorch is ahead.
AHEAD = 2


def rasters():
    """Input spikes, steps x samples x pixels: the latency code with threshold 0.2 and tau of 20 steps."""
    content = gzip.open(IMAGES / "t10k-images-idx3-ubyte.gz").read()
    x = np.frombuffer(content, np.uint8)[16:].reshape(-1, 784)[:SAMPLES] / 255
    at = np.full(x.shape, STEPS)
    bright = x >= 0.2
    at[bright] = 20 * np.log(np.maximum(x[bright], 0.2 + 1e-7) / (np.maximum(x[bright], 0.2 + 1e-7) - 0.2))
    return (at == np.arange(STEPS)[:, None, None]).astype(np.float32)


def simulate(graph, inputs, reset_delay):
    """Spikes of every hidden layer in order, and the highest voltage of every class."""
    with contextlib.redirect_stdout(io.StringIO()):
        net = import_from_nir(graph)
    neurons = {name: module for name, module in net.named_modules() if isinstance(module, snntorch.Synaptic)}
    hidden = sorted(name for name in neurons if name.startswith("lif_"))
    spikes = {name: [] for name in hidden}
    for name, module in neurons.items():
        module.reset_delay = reset_delay
        if name in spikes:
            module.register_forward_hook(lambda _, __, out, name=name: spikes[name].append(out.detach().numpy().copy()))
    state, highest = None, None
    with torch.no_grad():
        for step in inputs:
            _, state = net(torch.from_numpy(step), state)
            voltage = net.readout.mem.numpy().copy()
            highest = voltage if highest is None else np.maximum(highest, voltage)
    return [np.stack(spikes[name]) > 0 for name in hidden], highest


def summary(layers, highest):
    """Counts of spikes, and the digest of all, at the steps of Ohmspike."""
    digest, counts = hashlib.sha256(), np.zeros((SAMPLES, len(layers)), int)
    for sample in range(SAMPLES):
        for layer, spikes in enumerate(layers):
            delay = AHEAD * (layer + 1)
            for step in range(STEPS - delay):
                for neuron in np.flatnonzero(spikes[step, sample]):
                    digest.update(f"{sample} {layer} {step + delay} {neuron}\n".encode())
                    counts[sample, layer] += 1
    return {"spikes": counts.tolist(), "sha256": digest.hexdigest(), "classes": highest.argmax(axis=1).tolist()}


def main():
    torch.set_num_threads(1)
    inputs = rasters()
    labels = np.frombuffer(gzip.open(IMAGES / "t10k-labels-idx1-ubyte.gz").read(), np.uint8)[8:][:SAMPLES]
    answer = {"snntorch": snntorch.__version__, "torch": torch.__version__, "nir": nir.version, "samples": SAMPLES, "steps": STEPS}
    answer["input_spikes"] = inputs.sum(axis=(0, 2)).astype(int).tolist()
    for name, delay in [("delayed", True), ("as_imported", False)]:
        # The importer changes the graph that it gets.
        found = summary(*simulate(nir.read(sys.argv[1]), inputs, delay))
        answer[name] = found
        correct = int((np.array(found["classes"]) == labels).sum())
        print(f"{name}: {np.sum(found['spikes'], axis=0).tolist()} spikes per layer, {correct} of {SAMPLES} correct")
    OUT.write_text(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
