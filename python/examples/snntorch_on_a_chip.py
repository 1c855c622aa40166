"""An snnTorch network: trained exactly, and deployed onto chips. Needs torch and snntorch."""

import snntorch
import torch
from snntorch import surrogate
from torch import nn

import ohmspike
from ohmspike.torch import convert

STEPS, EPOCHS, BATCH = 15, 2, 64


class Network(nn.Module):
    """784-64-10 leaky integrate-and-fire neurons. The readout integrates without spikes."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 64, bias=False)
        self.spiking = snntorch.Leaky(beta=0.9, spike_grad=surrogate.fast_sigmoid())
        self.readout = nn.Linear(64, 10, bias=False)
        self.membrane = snntorch.Leaky(beta=0.9, reset_mechanism="none")

    def forward(self, spikes):
        """Returns the mean readout voltage of spikes, steps x samples x inputs."""
        hidden, voltage, total = self.spiking.init_leaky(), self.membrane.init_leaky(), 0
        for step in spikes:
            fired, hidden = self.spiking(self.hidden(step), hidden)
            _, voltage = self.membrane(self.readout(fired), voltage)
            total = total + voltage
        return total / len(spikes)


def encode(samples):
    """Poisson spikes: a pixel of 1 spikes in every fifth step."""
    return (torch.rand(STEPS, *samples.shape) < 0.2 * samples).float()


@torch.no_grad()
def accuracy(model, spikes, labels):
    return 100 * (model(spikes).argmax(1) == labels).float().mean().item()


def main():
    torch.manual_seed(1)
    data = ohmspike.load_data("fashion-mnist-subset")
    samples, labels = torch.from_numpy(data["train"]), torch.from_numpy(data["train_labels"]).long()
    spikes, answers = encode(torch.from_numpy(data["test"])), torch.from_numpy(data["test_labels"]).long()
    model = Network()
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(EPOCHS):
        for picked in torch.randperm(len(samples)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(encode(samples[picked])), labels[picked]).backward()
            optimiser.step()
    print(f"exact: {accuracy(model, spikes, answers):.1f} %")

    device = ohmspike.Device.load("hfox-taox-wan-2022-1s")
    for seed in range(3):
        chip = convert(model, device, seed=seed)
        print(f"chip {seed} of {device.name}: {accuracy(chip, spikes, answers):.1f} %")


if __name__ == "__main__":
    main()
