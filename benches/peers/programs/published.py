"""The published method: dense products by einsum and a loop over steps in Python.

Written like the code of the paper, which builds on Zenke's tutorials (SpyTorch): a sparse tensor per batch that is made dense, one
einsum per layer over all steps, and states in lists that are stacked.
"""

import torch

import task
from torch_training import Trainer


class FastSigmoid(torch.autograd.Function):
    """A step function in the forward pass, 1 / (k |x| + 1)^2 in the backward pass."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient / (task.STEEPNESS * x.abs() + 1.0) ** 2


def hidden_spikes(inputs, w1, alpha, beta):
    """Returns the spikes of the hidden neurons, images x steps x neurons."""
    currents = torch.einsum("abc,cd->abd", inputs, w1)
    current = torch.zeros_like(currents[:, 0])
    voltage = torch.zeros_like(current)
    record = []
    for step in range(currents.shape[1]):
        spikes = FastSigmoid.apply(voltage - 1.0)
        kept = 1.0 - spikes.detach()
        next_current = alpha * current + currents[:, step]
        voltage = (beta * voltage + current) * kept
        current = next_current
        record.append(spikes)
    return torch.stack(record, dim=1)


def readout_voltages(spikes, w2, alpha, beta):
    """Returns the readout voltages, images x (steps + 1) x classes."""
    currents = torch.einsum("abc,cd->abd", spikes, w2)
    current = torch.zeros_like(currents[:, 0])
    voltage = torch.zeros_like(current)
    record = [voltage]
    for step in range(currents.shape[1]):
        next_current = alpha * current + currents[:, step]
        voltage = beta * voltage + current
        current = next_current
        record.append(voltage)
    return torch.stack(record, dim=1)


class Network:
    """The network, as two matrices."""

    scales = (1.0, 1.0)
    surrogate_gain = 1.0

    def hold(self, weights):
        self.weights = weights

    def batch(self, latencies):
        image, step, pixel = (torch.from_numpy(index) for index in task.events(latencies))
        size = (len(latencies), task.STEPS, task.PIXELS)
        ones = torch.ones(len(image))
        return torch.sparse_coo_tensor(torch.stack([image, step, pixel]), ones, size).to_dense()

    def peaks(self, inputs):
        w1, w2 = self.weights
        spikes = hidden_spikes(inputs, w1.T, task.ALPHA, task.BETA)
        return readout_voltages(spikes, w2.T, task.ALPHA, task.BETA).amax(1)


def trainer(weights):
    return Trainer(Network(), weights)
