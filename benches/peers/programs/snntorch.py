"""snnTorch: `Synaptic` neurons with one call per step, as in its tutorials."""

import snntorch
import torch
from snntorch import surrogate

import task
from torch_training import Trainer, dense


class Network(torch.nn.Module):
    """Two linear layers, a layer of spiking neurons and a layer without reset."""

    scales = (1.0, 1.0)
    surrogate_gain = 1.0

    def __init__(self):
        super().__init__()
        gradient = surrogate.fast_sigmoid(slope=task.STEEPNESS)
        self.input = torch.nn.Linear(task.PIXELS, task.HIDDEN, bias=False)
        self.hidden = snntorch.Synaptic(task.ALPHA, task.BETA, spike_grad=gradient, reset_mechanism="zero")
        self.output = torch.nn.Linear(task.HIDDEN, task.CLASSES, bias=False)
        self.readout = snntorch.Synaptic(task.ALPHA, task.BETA, spike_grad=gradient, reset_mechanism="none")

    def hold(self, weights):
        self.input.weight, self.output.weight = weights
        self.weights = weights

    def batch(self, latencies):
        return dense(latencies, time_first=True)

    def peaks(self, inputs):
        current, voltage = self.hidden.reset_mem()
        readout_current, readout_voltage = self.readout.reset_mem()
        voltages = []
        for spikes in inputs:
            fired, current, voltage = self.hidden(self.input(spikes), current, voltage)
            _, readout_current, readout_voltage = self.readout(self.output(fired), readout_current, readout_voltage)
            voltages.append(readout_voltage)
        return torch.stack(voltages).amax(0)


def trainer(weights):
    return Trainer(Network(), weights)
