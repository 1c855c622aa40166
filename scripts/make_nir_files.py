#!/usr/bin/env python3
"""Generates small NIR files with the Python package nir and with snnTorch, and what they mean.

    python3 scripts/make_nir_files.py

Needs h5py, NumPy, nir (1.0.8), torch, nirtorch and snnTorch (1.0.0). Writes to crates/nir/tests/data:

    read/*.nir.gz       supported networks; expected.json has step, decay factors and weights, and the spikes of the equations
                        of the nodes, integrated with forward Euler in float64
    refused/*.nir.gz    rejected files, each with its message in NAME.error

Reset: `delayed` holds v = v_reset in the step after the spike, as Ohmspike does; `immediate` resets at the spike.
"""

import contextlib
import gzip
import io
import json
import pathlib
import shutil

import h5py
import nir
import numpy as np

DATA = pathlib.Path(__file__).resolve().parent.parent / "crates/nir/tests/data"
STEPS = 60
RANDOM = np.random.default_rng(20)


def row(count, value, kind=np.float64):
    return np.full(count, value, kind)


def cuba(count, tau_syn, tau_mem, dt, threshold=1.0, kind=np.float64):
    return nir.CubaLIF(
        tau_syn=row(count, tau_syn, kind),
        tau_mem=row(count, tau_mem, kind),
        r=row(count, tau_mem / dt, kind),
        v_leak=row(count, 0, kind),
        v_reset=row(count, 0, kind),
        v_threshold=row(count, threshold, kind),
        w_in=row(count, tau_syn / dt, kind),
    )


def cuba_li(count, tau_syn, tau_mem, dt, kind=np.float64):
    return nir.CubaLI(
        tau_syn=row(count, tau_syn, kind),
        tau_mem=row(count, tau_mem, kind),
        r=row(count, tau_mem / dt, kind),
        v_leak=row(count, 0, kind),
        w_in=row(count, tau_syn / dt, kind),
    )


def lif(count, tau, r, threshold=1.0):
    return nir.LIF(tau=row(count, tau), r=row(count, r), v_leak=row(count, 0), v_threshold=row(count, threshold))


def weights(outputs, inputs, kind=np.float32):
    return RANDOM.normal(0.2, 0.5, (outputs, inputs)).astype(kind)


def linear(outputs, inputs):
    return nir.Linear(weight=weights(outputs, inputs))


def chain(*nodes, **more):
    """A graph of nodes with names; an Input and an Output are added unless there are some."""
    names = [f"{type(node).__name__.lower()}_{number}" for number, node in enumerate(nodes)]
    return nir.NIRGraph(dict(zip(names, nodes)), list(zip(names, names[1:])), type_check=False, **more)


def networks():
    """Supported networks by name: graph, and the step that an import needs as a flag."""
    dt = 1e-4
    both = [(5.5e-4, 1.2e-3), (5e-3, 0.02)]
    yield "cuba", chain(nir.Input([5]), linear(4, 5), cuba(4, *both[0], dt), linear(3, 4), cuba_li(3, *both[0], dt), nir.Output([3])), None
    single = [cuba(4, *both[0], dt, kind=np.float32), cuba_li(3, *both[0], dt, kind=np.float32)]
    yield "float32", chain(nir.Input([5]), linear(4, 5), single[0], linear(3, 4), single[1], nir.Output([3])), None
    deep = [node for _ in range(2) for node in (linear(4, 4), cuba(4, *both[0], dt))]
    yield "deep", chain(nir.Input([4]), *deep, linear(2, 4), cuba_li(2, *both[0], dt), nir.Output([2])), None
    # Unit resistance and weight, as Norse-like tools write, with other thresholds: the step is a flag.
    gains = cuba(4, *both[1], 1e-3)
    gains.r, gains.w_in, gains.v_threshold = row(4, 1), row(4, 1), np.array([0.02, 0.03, 0.01, 0.025])
    readout = cuba_li(3, *both[1], 1e-3)
    readout.r, readout.w_in = row(3, 2.0), row(3, 0.5)
    yield "gains", chain(nir.Input([5]), linear(4, 5), gains, linear(3, 4), readout, nir.Output([3])), 1e-3
    one = nir.LI(tau=row(1, 0.02), r=row(1, 20.0), v_leak=row(1, 0.0))
    zero = nir.Affine(weight=weights(4, 6), bias=np.zeros(4, np.float32))
    flat = nir.Flatten(input_type={"input": np.array([2, 3])}, start_dim=0, end_dim=-1)
    yield "lif", chain(nir.Input([2, 3]), flat, zero, lif(4, 0.02, 20.0, 0.8), linear(3, 4), one, nir.Output([3])), None
    ends_in_weights = chain(linear(4, 5), cuba(4, *both[0], dt), linear(3, 4))
    yield "no-readout", ends_in_weights, None
    spiking = chain(nir.Input([5]), linear(4, 5), cuba(4, *both[0], dt), linear(3, 4), cuba(3, *both[0], dt, 2.0), nir.Output([3]))
    yield "spiking-readout", spiking, None
    long = chain(nir.Input([5]), linear(4, 5), cuba(4, 0.5, 3.0, 0.1), linear(3, 4), cuba_li(3, 0.5, 3.0, 0.1), nir.Output([3]))
    yield "long", long, None
    yield from snntorch_networks()


def snntorch_networks():
    import snntorch as snn
    import torch
    from snntorch.export_nir import export_to_nir

    def linear_of(outputs, inputs):
        layer = torch.nn.Linear(inputs, outputs, bias=False)
        layer.weight.data = torch.from_numpy(weights(outputs, inputs))
        return layer

    def neurons(kind, count, **decays):
        # Its exporter passes the shapes of the tensors on, and scalars cannot be written.
        tensors = {key: torch.full((count,), value) for key, value in decays.items()}
        return kind(**tensors, threshold=torch.ones(count), init_hidden=True, reset_mechanism="zero")

    kinds = [("snntorch-synaptic", snn.Synaptic, {"alpha": 0.8, "beta": 0.9}), ("snntorch-leaky", snn.Leaky, {"beta": 0.9})]
    for name, kind, keys in kinds:
        model = torch.nn.Sequential(linear_of(4, 5), neurons(kind, 4, **keys), linear_of(3, 4), neurons(kind, 3, **keys))
        with contextlib.redirect_stdout(io.StringIO()):
            graph = export_to_nir(model, torch.zeros(1, 5), ignore_dims=[0])
        # Its exporter lists them in any order.
        graph.edges = sorted(graph.edges)
        graph.model = model
        yield name, graph, None


def check_snntorch(model, known):
    """Asserts that the exported model has the spikes of its equations.

    In the step after a spike, Synaptic neurons lose their input, and Leaky neurons do not.
    """
    import snntorch as snn
    import torch

    for module in model:
        getattr(module, "reset_mem", lambda: None)()
    expected = known["spikes"]["delayed" if isinstance(model[1], snn.Synaptic) else "immediate"][0]
    # Its neurons add input to the voltage at once, two steps before the equations spike.
    for step in range(STEPS - 2):
        inputs = torch.zeros(1, 5)
        inputs[0, known["inputs"][step]] = 1
        with torch.no_grad():
            fired = np.flatnonzero(model[1](model[0](inputs)).numpy()[0]).tolist()
        assert fired == expected[step + 2], (step, fired)


def full(node, key, count, default=None):
    value = getattr(node, key, default)
    return np.broadcast_to(np.asarray(default if value is None else value, np.float64).ravel(), (count,))


def euler(node, count, inputs, dt, delayed):
    """Spikes and voltages of a node of neurons: its equations, with forward Euler."""
    cuba_node = isinstance(node, (nir.CubaLIF, nir.CubaLI))
    spiking = isinstance(node, (nir.CubaLIF, nir.LIF))
    tau = full(node, "tau_mem" if cuba_node else "tau", count)
    r, leak = full(node, "r", count), full(node, "v_leak", count)
    threshold = full(node, "v_threshold", count, np.inf) if spiking else row(count, np.inf)
    current, voltage = np.zeros(count), np.zeros(count)
    spikes, voltages = [], []
    for step in range(STEPS):
        fired = voltage > threshold
        if not delayed:
            voltage = np.where(fired, 0.0, voltage)
        spikes.append(fired)
        voltages.append(voltage)
        moved = voltage + dt / tau * (leak - voltage + r * current)
        voltage = np.where(fired, 0.0, moved) if delayed else moved
        if cuba_node:
            tau_syn, w_in = full(node, "tau_syn", count), full(node, "w_in", count, 1.0)
            current = current + dt / tau_syn * (-current + w_in * inputs[step])
        else:
            # Input acts directly, one step later, so that both kinds of neurons have the same latency.
            current = inputs[step]
    return np.array(spikes), np.array(voltages)


def meaning(graph, dt):
    """Layers of a chain, in order."""
    order = [name for name in graph.nodes if name not in {target for _, target in graph.edges}]
    while True:
        after = [target for source, target in graph.edges if source == order[-1]]
        if not after:
            break
        order.append(after[0])
    nodes = [graph.nodes[name] for name in order]
    matrices = [node for node in nodes if isinstance(node, (nir.Linear, nir.Affine))]
    neurons = [node for node in nodes if isinstance(node, (nir.CubaLIF, nir.LIF, nir.CubaLI, nir.LI))]
    return matrices, neurons


def expected(graph, dt):
    matrices, neurons = meaning(graph, dt)
    first = neurons[0]
    cuba_node = isinstance(first, nir.CubaLIF)
    count = matrices[0].weight.shape[0]
    tau = full(first, "tau_mem" if cuba_node else "tau", count)[0]
    r = full(first, "r", count)[0]
    step = dt or float(f"{tau / r:.4e}")
    inputs = RANDOM.random((STEPS, matrices[0].weight.shape[1])) < 0.2
    layers = {"delayed": [], "immediate": []}
    for delayed in (True, False):
        spikes = inputs.astype(np.float64)
        for matrix, node in zip(matrices[:-1], neurons):
            driven = spikes @ matrix.weight.astype(np.float64).T
            fired, _ = euler(node, matrix.weight.shape[0], driven, step, delayed)
            spikes = fired.astype(np.float64)
            layers["delayed" if delayed else "immediate"].append([np.flatnonzero(line).tolist() for line in fired])
    return {
        "dt_flag": dt,
        "dt_seconds": step,
        "synapse_decay": float(1 - step / full(first, "tau_syn", count)[0]) if cuba_node else 0.0,
        "membrane_decay": float(1 - step / tau),
        "first_weights": matrices[0].weight.astype(float).tolist(),
        "inputs": [np.flatnonzero(line).tolist() for line in inputs],
        "spikes": layers,
    }


def write(path, content):
    """Writes a graph, or bytes, gzipped."""
    if not isinstance(content, bytes):
        file = io.BytesIO()
        nir.write(file, content)
        content = file.getvalue()
    path.write_bytes(gzip.compress(content, mtime=0))


def refused():
    """Rejected files by name: graph or bytes, and the message after the file name."""
    good = lambda count: cuba(count, 5.5e-4, 1.2e-3, 1e-4)
    end = lambda count: cuba_li(count, 5.5e-4, 1.2e-3, 1e-4)
    plain = lambda *inner: chain(nir.Input([5]), *inner, nir.Output([3]))

    def changed(key, value, node=None):
        node = node or good(4)
        setattr(node, key, value)
        return plain(linear(4, 5), node, linear(3, 4), end(3))

    bias = nir.Affine(weight=weights(4, 5), bias=np.array([0, 0.25, 0, 0], np.float32))
    yield "bias", plain(bias, good(4), linear(3, 4), end(3)), (
        "node `affine_1`: bias[1]: expected 0 (arrays have no bias; train without, for example `torch.nn.Linear(..., bias=False)`), got 0.25")
    conv = nir.Conv2d(input_shape=(4, 4), weight=np.ones((1, 1, 2, 2)), stride=1, padding=0, dilation=1, groups=1, bias=np.zeros(1))
    yield "convolution", plain(conv, good(4), linear(3, 4), end(3)), (
        "node `conv2d_1`: Conv2d is not supported: convolutions share weights between places, and an array holds a full matrix")
    yield "no-leak", plain(linear(4, 5), nir.IF(r=row(4, 1), v_threshold=row(4, 1)), linear(3, 4), end(3)), (
        "node `if_2`: IF is not supported: it has no leak, and neurons here have finite time constants")
    yield "scale", plain(linear(4, 5), nir.Scale(scale=row(4, 2)), good(4), linear(3, 4), end(3)), (
        "node `scale_2`: Scale is not supported: fold the factors into the weights before the export")
    inner = nir.NIRGraph.from_list(good(4))
    nested = nir.NIRGraph({"input": nir.Input([5]), "fc": linear(4, 5), "rnn": inner, "output": nir.Output([4])},
                          [("input", "fc"), ("fc", "rnn"), ("rnn", "output")], type_check=False)
    yield "nested", nested, "node `rnn`: NIRGraph is not supported: a graph in a graph, as snnTorch writes recurrent layers; only chains are read"
    base = {"input": nir.Input([5]), "fc1": linear(4, 5), "lif": good(4), "rec": linear(4, 4), "fc2": linear(3, 4), "li": end(3), "output": nir.Output([3])}
    path = [("input", "fc1"), ("fc1", "lif"), ("lif", "fc2"), ("fc2", "li"), ("li", "output")]
    yield "recurrent", nir.NIRGraph(dict(base), path + [("lif", "rec"), ("rec", "lif")], type_check=False), (
        "recurrent edges: `lif` -> `rec` -> `lif`; expected a chain, because NIR does not state at which step a recurrent spike arrives")
    yield "cycle", nir.NIRGraph({"a": linear(3, 3), "b": good(3)}, [("a", "b"), ("b", "a")], type_check=False), (
        "recurrent edges: `a` -> `b` -> `a`; expected a chain, because NIR does not state at which step a recurrent spike arrives")
    del base["rec"]
    yield "two-inputs", nir.NIRGraph({**base, "second": nir.Input([5])}, path + [("second", "fc1")], type_check=False), (
        "expected one input, got 2: `input`, `second`")
    yield "skip", nir.NIRGraph(dict(base), path + [("fc1", "fc2")], type_check=False), (
        "node `fc2`: expected one edge to this node, got 2: `fc1`, `lif`; branches and sums are not supported")
    yield "unconnected", nir.NIRGraph(dict(base), path[:2] + path[3:], type_check=False), "expected one input, got 2: `fc2`, `input`"
    yield "unknown-edge", nir.NIRGraph(dict(base), path + [("lif", "gone")], type_check=False), (
        "edges: `lif` -> `gone`: there is no node `gone`")
    yield "shapes", plain(linear(4, 5), good(4), linear(3, 6), end(3)), (
        "node `linear_3`: weight: expected 4 inputs, the neurons of the layer before, got shape [3, 6]")
    yield "input-shape", chain(nir.Input([7]), linear(4, 5), good(4), linear(3, 4), end(3)), (
        "node `input_0`: shape: expected 5 units, as the weights have, got 7")
    yield "count", plain(linear(4, 5), good(3), linear(3, 4), end(3)), (
        "node `cubalif_2`: tau_mem: expected 4 values, the rows of the weights before, or 1, got shape [3]")
    spoiled = weights(4, 5)
    spoiled[2, 1] = np.nan
    yield "nan-weight", plain(nir.Linear(weight=spoiled), good(4), linear(3, 4), end(3)), (
        "node `linear_1`: weight[11]: expected a finite float32, got NaN")
    yield "nan-constant", changed("r", np.array([1, np.nan, 1, 1])), "node `cubalif_2`: r[1]: expected a finite number, got NaN"
    yield "negative-tau", changed("tau_mem", row(4, -0.01)), "node `cubalif_2`: tau_mem[0]: expected a positive number, got -0.01"
    yield "threshold", changed("v_threshold", row(4, 0)), "node `cubalif_2`: v_threshold[0]: expected a positive number, got 0"
    yield "leak", changed("v_leak", row(4, 0.5)), "node `cubalif_2`: v_leak[0]: expected 0 (neurons leak and reset to zero), got 0.5"
    yield "reset", changed("v_reset", row(4, -0.5)), "node `cubalif_2`: v_reset[0]: expected 0 (neurons leak and reset to zero), got -0.5"
    mixed = good(4)
    mixed.tau_mem, mixed.r = mixed.tau_mem * [1, 1, 2, 1], mixed.r * [1, 1, 2, 1]
    yield "mixed-tau", plain(linear(4, 5), mixed, linear(3, 4), end(3)), (
        "node `cubalif_2`: tau_mem: expected one value for all neurons of the network, got 0.0012 s and 0.0024 s")
    other = cuba_li(3, 5.5e-4, 2.4e-3, 1e-4)
    yield "other-readout", plain(linear(4, 5), good(4), linear(3, 4), other), (
        "node `cubali_4`: tau_mem: expected one value for all neurons of the network, got 0.0012 s and 0.0024 s")
    unit = good(4)
    unit.r, unit.w_in = row(4, 1), row(4, 1)
    yield "unknown-step", plain(linear(4, 5), unit, linear(3, 4), end(3)), (
        "unknown step: NIR states time constants in seconds, and this file does not imply the step of its network\n\n"
        "hint: name it: `ohmspike nir import FILE --dt SECONDS -o NETWORK.npz`; snnTorch uses 1e-4")
    yield "subtract", plain_with_metadata(good(4), {"reset_mechanism": "subtract"}, end(3)), (
        "node `cubalif_2`: reset `subtract` is not supported: neurons reset to zero")
    yield "mixed-kinds", plain(linear(4, 5), good(4), linear(3, 4), nir.LI(tau=row(3, 1.2e-3), r=row(3, 12), v_leak=row(3, 0))), (
        "node `li_4`: LI at the wrong place: expected neurons with synaptic currents (CubaLIF, CubaLI) in every layer, or in none")
    yield "silent-hidden", plain(linear(4, 5), end(4), linear(3, 4), end(3)), (
        "node `cubali_2`: CubaLI at the wrong place: expected CubaLIF or LIF; only the last neurons may integrate without spikes")
    yield "two-weights", plain(linear(4, 5), linear(4, 4), good(4), linear(3, 4), end(3)), (
        "node `linear_2`: Linear at the wrong place: expected neurons after the weights before it")
    yield "shallow", chain(nir.Input([5]), linear(3, 5), end(3), nir.Output([3])), (
        "expected at least two nodes of weights, with spiking neurons between them, got 1")
    yield "single-node", good(3), "node: expected a graph (NIRGraph), got a single node of kind CubaLIF"


def plain_with_metadata(node, metadata, end):
    node.metadata = metadata
    return chain(nir.Input([5]), linear(4, 5), node, linear(3, 4), end, nir.Output([3]))


def damaged(good):
    """Rejected files that the package cannot write: edits of a good file."""

    def edited(change):
        content = io.BytesIO(good)
        with h5py.File(content, "r+") as file:
            change(file)
        return content.getvalue()

    def remove(place):
        return edited(lambda file: file.__delitem__(place))

    yield "text", b"not a NIR file\n", "not an HDF5 file; starts with `6e 6f 74 20 61 20 4e 49`, expected `89 48 44 46 0d 0a 1a 0a`"
    yield "empty", b"", "not an HDF5 file; starts with ``, expected `89 48 44 46 0d 0a 1a 0a`"
    yield "cut", good[: len(good) // 2], f"truncated; expected {len(good)} bytes of content, got {len(good) // 2}"
    yield "no-graph", edited(lambda file: file.move("node", "other")), "missing group `node`; expected a NIR file, got an HDF5 file with `other`, `version`"
    yield "no-nodes", remove("node/nodes"), "missing `node/nodes`; expected a file written by the package `nir`"
    yield "no-edges", remove("node/edges"), "missing `node/edges`; expected a file written by the package `nir`"
    yield "no-type", remove("node/nodes/cubalif_2/type"), "missing `node/nodes/cubalif_2/type`; expected a file written by the package `nir`"
    yield "no-tau", remove("node/nodes/cubalif_2/tau_mem"), "node `cubalif_2`: missing `tau_mem`"
    yield "no-weight", remove("node/nodes/linear_1/weight"), "node `linear_1`: missing `weight`"

    def odd(file):
        del file["node/edges"]
        file.create_dataset("node/edges", data=["a", "b", "c"], dtype=h5py.string_dtype())

    def text_tau(file):
        del file["node/nodes/cubalif_2/tau_mem"]
        file["node/nodes/cubalif_2/tau_mem"] = "fast"

    def own_group(file):
        file["node/nodes/again"] = file["node"]

    yield "odd-edges", edited(odd), "`node/edges`: expected pairs of names of nodes, got 3 names"
    yield "text-tau", edited(text_tau), "node `cubalif_2`: tau_mem: expected numbers, got text"
    yield "group-in-itself", edited(own_group), (
        "`/node/nodes/again/nodes/again/nodes/again/nodes/again`: damaged or unsupported HDF5: expected at most 8 groups inside each other")


def main():
    shutil.rmtree(DATA, ignore_errors=True)
    for folder in ("read", "refused"):
        (DATA / folder).mkdir(parents=True)
    known = {}
    for name, graph, dt in networks():
        write(DATA / f"read/{name}.nir.gz", graph)
        known[name] = expected(graph, dt)
        if hasattr(graph, "model"):
            check_snntorch(graph.model, known[name])
    (DATA / "read/expected.json").write_text(json.dumps(known) + "\n")
    good = gzip.decompress((DATA / "read/cuba.nir.gz").read_bytes())
    for name, content, message in [*refused(), *damaged(good)]:
        write(DATA / f"refused/{name}.nir.gz", content)
        (DATA / f"refused/{name}.error").write_text(f"{name}.nir: {message}\n")


if __name__ == "__main__":
    main()
