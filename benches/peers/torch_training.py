"""Trains one batch in PyTorch: dense spikes, forward, loss, backward, gradient descent, noise and the sign bound.

Programs differ in the computation of readout voltages from spikes, and in the units of their weights. Everything else is here, so
that all do the same work.
"""

import numpy as np
import torch

import task


def dense(latencies, time_first):
    """Returns a batch as a dense tensor of zeros and ones: time x images x pixels, or images first."""
    image, step, pixel = (torch.from_numpy(index) for index in task.events(latencies))
    spikes = torch.zeros((task.STEPS, len(latencies), task.PIXELS) if time_first else (len(latencies), task.STEPS, task.PIXELS))
    spikes[(step, image, pixel) if time_first else (image, step, pixel)] = 1.0
    return spikes


class Trainer:
    """Trains the network of a program; its `peaks` returns the highest voltage of every readout unit.

    A program with scaled inputs states the factors of its weights for equal voltages (`scales`). Updates and noise are scaled
    accordingly, and so is the gain of its surrogate relative to 1 / (k |V - 1| + 1)^2.
    """

    def __init__(self, program, weights):
        self.program = program
        scales = program.scales
        parameters = [torch.from_numpy(scale * matrix.T.copy()) for scale, matrix in zip(scales, weights)]
        program.hold([torch.nn.Parameter(parameter) for parameter in parameters])
        gains = (program.surrogate_gain, 1.0)
        rates = [task.LEARNING_RATE * scale**2 / gain for scale, gain in zip(scales, gains)]
        self.weights = program.weights
        self.sigmas = [task.SIGMA_NOISE * scale for scale in scales]
        self.positive = [torch.from_numpy(sign.T > 0) for sign in task.row_signs()]
        self.optimiser = torch.optim.SGD([{"params": [w], "lr": rate} for w, rate in zip(self.weights, rates)])

    def loss(self, latencies, labels):
        """Returns the batch mean of the cross entropy of the highest voltages."""
        peaks = self.program.peaks(self.program.batch(latencies))
        return torch.nn.functional.nll_loss(torch.log_softmax(peaks, 1), torch.from_numpy(labels))

    def train(self, latencies, labels):
        """Runs forward, backward and update of one batch; returns the loss."""
        loss = self.loss(latencies, labels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.disturb()
        return loss.item()

    @torch.no_grad()
    def disturb(self):
        """Adds write noise to every weight, then applies the sign bound."""
        for weights, sigma, positive in zip(self.weights, self.sigmas, self.positive):
            weights.add_(torch.randn_like(weights), alpha=sigma)
            weights.copy_(torch.where(positive, weights.clamp(min=0), weights.clamp(max=0)))

    def slopes(self, latencies, labels):
        """Returns the loss and its gradients by weights in the units of the noise study, rows x columns."""
        loss = self.loss(latencies, labels)
        gradients = torch.autograd.grad(loss, self.weights)
        factors = (self.program.scales[0] / self.program.surrogate_gain, self.program.scales[1])
        return loss.item(), [np.asarray(factor * g.T) for factor, g in zip(factors, gradients)]
