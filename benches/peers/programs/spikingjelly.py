"""SpikingJelly: multi-step `CUBALIFNode`, and two non-spiking nodes in a row as current and voltage of the readout."""

import torch
from spikingjelly.activation_based import functional, neuron, surrogate

import task
from torch_training import Trainer, dense


class Network(torch.nn.Module):
    """Linear, current-based LIF, linear, current, voltage."""

    # Its non-spiking node multiplies its input by 1 - decay: once for the current, once for the voltage.
    scales = (1.0, 1 / ((1 - task.ALPHA) * (1 - task.BETA)))
    # Its soft sign has the derivative k / 2 / (k |x| + 1)^2.
    surrogate_gain = task.STEEPNESS / 2

    def __init__(self):
        super().__init__()
        self.input = torch.nn.Linear(task.PIXELS, task.HIDDEN, bias=False)
        self.hidden = neuron.CUBALIFNode(
            task.ALPHA, task.BETA, v_threshold=1.0, surrogate_function=surrogate.SoftSign(task.STEEPNESS)
        )
        self.output = torch.nn.Linear(task.HIDDEN, task.CLASSES, bias=False)
        self.current = neuron.NonSpikingLIFNode(tau=1 / (1 - task.ALPHA))
        self.voltage = neuron.NonSpikingLIFNode(tau=1 / (1 - task.BETA), decode="max-mem")
        self.hidden.detach_reset = True
        functional.set_step_mode(self, "m")

    def hold(self, weights):
        self.input.weight, self.output.weight = weights
        self.weights = weights

    def batch(self, latencies):
        return dense(latencies, time_first=True)

    def peaks(self, inputs):
        functional.reset_net(self)
        spikes = self.hidden(self.input(inputs))
        return self.voltage(torch.stack(self.current(self.output(spikes))))


def trainer(weights):
    return Trainer(Network(), weights)
