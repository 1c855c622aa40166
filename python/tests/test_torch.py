"""Layers of PyTorch models; skipped where PyTorch is missing."""

import copy
import importlib.util

import numpy as np
import pytest

import ohmspike

if importlib.util.find_spec("torch") is None:
    pytest.skip("torch is not installed", allow_module_level=True)

import torch  # noqa: E402
from torch import nn  # noqa: E402

from ohmspike.torch import CrossbarLinear, CrossbarOptimiser, convert, crossbars  # noqa: E402

IDEAL = ohmspike.Device.load("ideal")
OXIDE = ohmspike.Device.load("illustrative-oxide")


def pair(bias=True):
    """An exact layer, and the same layer in an ideal crossbar."""
    torch.manual_seed(1)
    exact = nn.Linear(6, 4, bias)
    return exact, convert(exact, IDEAL)


@pytest.mark.parametrize("inputs", ["normal", "spikes", "positive", "zero"])
@pytest.mark.parametrize("shape", [(6,), (5, 6), (2, 3, 6)])
def test_an_ideal_layer_equals_a_linear_one(inputs, shape):
    exact, layer = pair()
    given = {"normal": torch.randn(shape), "spikes": (torch.rand(shape) < 0.5).float(), "positive": torch.rand(shape) * 3,
             "zero": torch.zeros(shape)}[inputs].requires_grad_()
    copied = given.detach().clone().requires_grad_()
    expected, got = exact(copied), layer(given)
    assert got.shape == expected.shape and torch.allclose(got, expected, atol=1e-5)
    upstream = torch.randn_like(expected)
    expected.backward(upstream)
    got.backward(upstream)
    # The gradient is straight-through: that of the exact product.
    assert torch.allclose(given.grad, copied.grad, atol=1e-5)
    assert torch.allclose(layer.weight.grad, exact.weight.grad, atol=1e-5)
    assert torch.allclose(layer.bias.grad, exact.bias.grad, atol=1e-5)


def test_steps_of_sgd_equal_those_of_a_linear_layer():
    torch.manual_seed(1)
    exact = nn.Linear(6, 4)
    layer = convert(exact, IDEAL, weight_at_gmax=4.0)
    ours = CrossbarOptimiser(torch.optim.SGD(layer.parameters(), lr=0.1), layer)
    theirs = torch.optim.SGD(exact.parameters(), lr=0.1)
    for _ in range(5):
        inputs = torch.randn(8, 6)
        for model, optimiser in ((exact, theirs), (layer, ours)):
            optimiser.zero_grad()
            model(inputs).square().mean().backward()
            optimiser.step()
    assert torch.allclose(layer.weight, exact.weight, atol=1e-4) and torch.allclose(layer.bias, exact.bias, atol=1e-4)
    low, high = IDEAL.window
    plus, minus = layer.crossbar.conductance
    assert np.allclose(4.0 * (plus - minus).T / (high - low), exact.weight.detach().numpy(), atol=1e-4)


def test_weights_are_those_in_the_cells():
    layer = CrossbarLinear(20, 10, OXIDE, seed=3)
    start = layer.weight.detach().clone()
    layer.write(torch.full((10, 20), 0.05))
    # The write is noisy, and the layer knows the written weights.
    assert not torch.allclose(layer.weight, start + 0.05, atol=1e-6)
    assert torch.equal(layer.weight.detach(), torch.from_numpy(layer.crossbar.weights.T))


def test_converted_layers_have_chips_of_their_own():
    model = nn.Sequential(nn.Linear(8, 8, bias=False), nn.ReLU(), nn.Linear(8, 8, bias=False))
    with torch.no_grad():
        model[2].weight.copy_(model[0].weight)
    converted = convert(model, OXIDE, seed=2)
    names = [name for name, _ in crossbars(converted)]
    assert names == ["0", "2"] and isinstance(model[0], nn.Linear)
    assert not torch.equal(converted[0].weight, converted[2].weight)
    assert torch.equal(converted[0].weight, convert(model, OXIDE, seed=2)[0].weight)
    with pytest.raises(ValueError, match="model: expected at least one nn.Linear, got none in ReLU"):
        convert(nn.ReLU(), OXIDE)


def test_a_state_dict_restores_the_cells():
    one, other = (CrossbarLinear(12, 5, OXIDE, seed=3, initial=torch.full((5, 12), 0.1)) for _ in range(2))
    one.write(torch.randn(5, 12) * 0.01)
    other.load_state_dict(one.state_dict())
    assert np.array_equal(one.crossbar.conductance, other.crossbar.conductance)
    inputs = torch.rand(3, 12)
    assert torch.equal(one(inputs), other(inputs))


def test_wrong_tensors_are_refused_by_name():
    layer = CrossbarLinear(6, 4, IDEAL)
    with pytest.raises(ValueError, match=r"inputs: expected 6 features, got shape \(2, 5\)"):
        layer(torch.zeros(2, 5))
    with pytest.raises(TypeError, match="inputs: expected a tensor on the CPU, got one on `meta`"):
        layer(torch.zeros(2, 6, device="meta"))
    with pytest.raises(ValueError, match="step: expected 6 x 4"):
        layer.write(torch.zeros(6, 4))
    with pytest.raises(TypeError, match="CPU, got one on `meta`"):
        layer.crossbar.write(torch.zeros(6, 4, device="meta"))


def test_tensors_are_arrays():
    array = ohmspike.Crossbar(IDEAL, 6, 4)
    array.write(torch.full((6, 4), 0.25, dtype=torch.float64))
    assert np.allclose(array.weights, 0.25)
    assert np.allclose(array.read(torch.tensor([1, 0, 1, 0, 0, 0])), 0.5)


def test_a_noisy_network_learns():
    """Two classes of a plane: guessing is half right."""
    torch.manual_seed(2)
    points = torch.randn(400, 2)
    labels = (points[:, 0] * points[:, 1] > 0).long()
    model = nn.Sequential(CrossbarLinear(2, 32, OXIDE, seed=1), nn.ReLU(), CrossbarLinear(32, 2, OXIDE, seed=2))
    optimiser = CrossbarOptimiser(torch.optim.SGD(model.parameters(), lr=0.2), model)
    for _ in range(300):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(points), labels).backward()
        optimiser.step()
    assert (model(points).argmax(1) == labels).float().mean() > 0.85


def test_layers_of_a_seed_are_the_same_layer():
    first, *others = (CrossbarLinear(6, 4, OXIDE, seed=seed) for seed in (3, 3, ohmspike.Seed(3), np.int64(3)))
    assert all(torch.equal(first.weight, second.weight) and torch.equal(first.bias, second.bias) for second in others)
    assert not torch.equal(CrossbarLinear(6, 4, OXIDE, seed=4).weight, first.weight)


def test_a_loaded_state_brings_its_scale():
    first = CrossbarLinear(6, 4, OXIDE, seed=3, initial=torch.full((4, 6), 0.7))
    second = CrossbarLinear(6, 4, OXIDE, seed=3)
    second.load_state_dict(first.state_dict())
    assert second.crossbar.weight_at_gmax == first.crossbar.weight_at_gmax
    assert torch.equal(first.weight, second.weight) and torch.equal(first(torch.ones(6)), second(torch.ones(6)))
    other = CrossbarLinear(6, 4, IDEAL, seed=3)
    before = other.crossbar.weights
    with pytest.raises(ohmspike.OhmspikeError, match="with the same device"):
        other.load_state_dict(first.state_dict())
    assert np.array_equal(other.crossbar.weights, before)


def test_layers_are_copied_and_saved(tmp_path):
    layer = convert(nn.Linear(6, 4), OXIDE)
    torch.save(layer, tmp_path / "layer.pt")
    for same in (copy.deepcopy(layer), torch.load(tmp_path / "layer.pt", weights_only=False)):
        assert torch.equal(same.weight, layer.weight)
        assert same.crossbar.state() == layer.crossbar.state()
    twice = convert(nn.Sequential(convert(nn.Linear(6, 4), IDEAL), nn.Linear(4, 2)), IDEAL)
    assert [type(one) for one in twice] == [CrossbarLinear] * 2


def test_weights_that_change_without_the_cells_are_told():
    layer = convert(nn.Linear(6, 4), IDEAL)
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.1)
    layer(torch.ones(6)).sum().backward()
    optimiser.step()
    with pytest.warns(ohmspike.OhmspikeWarning, match="weight: it changed, but the cells did not"):
        layer(torch.ones(6))


def test_shared_and_frozen_layers_stay_so():
    shared = nn.Linear(4, 4)
    model = convert(nn.Sequential(shared, nn.ReLU(), shared, nn.Linear(4, 2)), OXIDE)
    assert model[0] is model[2] and isinstance(model[0], CrossbarLinear)
    frozen = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    frozen[0].weight.requires_grad_(False)
    model = convert(frozen, OXIDE)
    assert not model[0].weight.requires_grad and model[0].bias.requires_grad
    optimiser = CrossbarOptimiser(torch.optim.SGD(model.parameters(), lr=0.1), model)
    before = [layer.crossbar.usage["counts"]["write_pulses"] for layer in model]
    model(torch.ones(4)).sum().backward()
    optimiser.step()
    after = [layer.crossbar.usage["counts"]["write_pulses"] for layer in model]
    assert after[0] == before[0] and after[1] > before[1]
    assert optimiser.param_groups is optimiser.optimiser.param_groups


def test_weights_that_stay_exact_are_named():
    with pytest.warns(ohmspike.OhmspikeWarning, match=r"weights that stay exact: 1 \(Conv2d\)"):
        convert(nn.Sequential(nn.Linear(4, 4), nn.Conv2d(1, 1, 2)), IDEAL)


def test_an_encoder_layer_reads_its_arrays_without_gradients():
    with pytest.warns(ohmspike.OhmspikeWarning, match="self_attn"):
        model = convert(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), OXIDE).eval()
    with torch.no_grad():
        model(torch.ones(1, 3, 4))
    assert all(layer.crossbar.usage["counts"]["row_reads"] > 0 for _, layer in crossbars(model))


def test_an_encoder_reads_its_arrays_with_a_mask():
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    with pytest.warns(ohmspike.OhmspikeWarning, match="self_attn"):
        model = convert(nn.TransformerEncoder(layer, 1), OXIDE).eval()
    with torch.no_grad():
        model(torch.ones(1, 3, 4), src_key_padding_mask=torch.tensor([[False, False, True]]))
    assert all(layer.crossbar.usage["counts"]["row_reads"] > 0 for _, layer in crossbars(model))


def test_inputs_of_64_bits_have_gradients():
    layer = convert(nn.Linear(6, 4), IDEAL)
    inputs = torch.ones(2, 6, dtype=torch.float64, requires_grad=True)
    layer(inputs).sum().backward()
    assert inputs.grad.dtype == torch.float64 and layer.weight.grad.dtype == torch.float32
