"""Norse: `LIF` and `LI` layers over all steps, with linear layers over all steps at once."""

import norse.torch
import torch

import task
from torch_training import Trainer, dense

STEP = 0.001


class Network(torch.nn.Module):
    """Linear, LIF, linear, leaky integrator."""

    # Norse multiplies a current by 1 - beta before adding it to the voltage.
    scales = (1 / (1 - task.BETA), 1 / (1 - task.BETA))
    surrogate_gain = 1.0

    def __init__(self):
        super().__init__()
        rates = {"tau_syn_inv": (1 - task.ALPHA) / STEP, "tau_mem_inv": (1 - task.BETA) / STEP}
        rates = {name: torch.as_tensor(rate) for name, rate in rates.items()}
        neurons = norse.torch.LIFParameters(alpha=torch.as_tensor(task.STEEPNESS), **rates)
        self.input = torch.nn.Linear(task.PIXELS, task.HIDDEN, bias=False)
        self.hidden = norse.torch.LIF(neurons, dt=STEP)
        self.output = torch.nn.Linear(task.HIDDEN, task.CLASSES, bias=False)
        self.readout = norse.torch.LI(norse.torch.LIParameters(**rates), dt=STEP)

    def hold(self, weights):
        self.input.weight, self.output.weight = weights
        self.weights = weights

    def batch(self, latencies):
        return dense(latencies, time_first=True)

    def peaks(self, inputs):
        spikes, _ = self.hidden(self.input(inputs))
        voltages, _ = self.readout(self.output(spikes))
        return voltages.amax(0)


def trainer(weights):
    return Trainer(Network(), weights)
