"""A PyTorch network: trained exactly, programmed onto chips, and trained on a chip. Needs torch."""

import torch
from torch import nn

import ohmspike
from ohmspike.torch import CrossbarOptimiser, convert, on_chips

EPOCHS, EPOCHS_ON_CHIP, BATCH = 5, 3, 64


def tensors(data, part):
    return torch.from_numpy(data[part]), torch.from_numpy(data[f"{part}_labels"]).long()


def train(model, optimiser, samples, labels, epochs):
    for _ in range(epochs):
        for picked in torch.randperm(len(samples)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(samples[picked]), labels[picked]).backward()
            optimiser.step()


@torch.no_grad()
def accuracy(model, samples, labels):
    return 100 * (model(samples).argmax(1) == labels).float().mean().item()


def main():
    torch.manual_seed(1)
    data = ohmspike.load_data("fashion-mnist-subset")
    train_set, test_set = tensors(data, "train"), tensors(data, "test")
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    train(model, torch.optim.SGD(model.parameters(), lr=0.1), *train_set, EPOCHS)
    print(f"exact: {accuracy(model, *test_set):.1f} %")

    # 3 % of the cells are stuck at the low resistance.
    device = ohmspike.Device.load("hfox-taox-wan-2022-1s").with_({"faults.p_low_resistance": 0.03})
    results = on_chips(model, device, lambda chip: accuracy(chip, *test_set), chips=100, seed=0)
    print(f"on 100 chips of {device.name}: {results.values.min():.1f} to {results.values.max():.1f} %")
    print(f"at least 70 %: {(results.values >= 70).sum()} of 100 chips")

    # Training on a chip repairs it. Every step is a noisy write; a digital copy keeps the noise of the writes from adding up.
    for controller in ("read-back", "digital-copy"):
        chip = convert(model, device, seed=0, controller=controller)
        before = accuracy(chip, *test_set)
        train(chip, CrossbarOptimiser(torch.optim.SGD(chip.parameters(), lr=0.02), chip), *train_set, EPOCHS_ON_CHIP)
        print(f"chip 0 before and after training with {controller}: {before:.1f} %, {accuracy(chip, *test_set):.1f} %")


if __name__ == "__main__":
    main()
