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

from ohmspike.torch import CrossbarLinear, CrossbarOptimiser, calibrate, convert, crossbars, on_chips  # noqa: E402

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


def test_many_chips_are_those_of_convert_at_every_age():
    device = ohmspike.Device.load("pcm-joshi-2020")
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(12, 8), nn.Dropout(0.5), nn.Linear(8, 3)).train()
    inputs = torch.rand(20, 12)
    evaluate = lambda chip: chip(inputs).square().sum()  # noqa: E731
    results = on_chips(model, device, evaluate, chips=3, after=[86_400, 25], seed=7)
    assert results.values.shape == (3, 2) and results.seeds == [7, 8, 9] and results.after_seconds == [86_400, 25]
    assert model.training
    model.eval()
    with torch.no_grad():
        assert results.exact == float(evaluate(model))
        for seed, row in zip(results.seeds, results.values):
            for value, after in ((row[1], 25.0), (row[0], 86_400.0)):
                chip = convert(model, device, seed=seed)
                for _, layer in crossbars(chip):
                    layer.rest(after)
                assert value == float(evaluate(chip))
    assert len(set(results.values.ravel())) == 6
    table = results.to_dict()
    assert table["seed"].tolist() == [7, 7, 8, 8, 9, 9] and table["after_seconds"].tolist() == [86_400.0, 25.0] * 3
    assert table["value"].tolist() == results.values.ravel().tolist()
    assert str(results).splitlines()[0].endswith("; 3 chips") and len(str(results).splitlines()) == 4
    # The cells of an ideal device lose nothing.
    ideal = on_chips(model, "ideal", evaluate, chips=2)
    assert np.allclose(ideal.values, ideal.exact, rtol=1e-5)


def test_a_value_does_not_depend_on_the_other_times():
    """The converter keeps the range of the new chip. Without noise, all codes are known from the weights in the cells."""
    torch.manual_seed(1)
    adc = {"bits": 5, "codes": "signed", "range": "calibrated"}
    device = ohmspike.Device.load("pcm-joshi-2020").with_({"converters.adc": adc, "write": {"noise": "none"}, "read": {}})
    model, inputs, year = nn.Linear(12, 8, bias=False), torch.rand(20, 12), 31_557_600.0
    seen = []

    def last_sums(chip):
        seen.append(chip(inputs))
        return seen[-1].square().sum()

    alone = on_chips(model, device, last_sums, chips=2, after=year)
    for after in ([0, year], [year, 25, 0], [year, year]):
        together = on_chips(model, device, last_sums, chips=2, after=after)
        assert all(np.array_equal(column, alone.values[:, 0]) for column, time in zip(together.values.T, after) if time == year)
    chip = convert(model, device, seed=2)
    of_new_cells = inputs @ chip.weight.detach().T
    step = of_new_cells.abs().max() / 15
    chip.rest(year)
    of_old_cells = inputs @ chip.weight.detach().T
    # Drift lowers the sums, so a calibration of the old cells has a smaller step.
    assert of_old_cells.abs().max() < 0.8 * of_new_cells.abs().max()
    codes = seen[-1] / step
    assert torch.allclose(codes, codes.round(), atol=1e-3)
    assert (seen[-1] - of_old_cells).abs().max() <= (0.5 + 1e-3) * step
    # Without a call before, a layer calibrates itself on the cells as they are.
    assert not torch.allclose(chip(inputs), seen[-1], atol=1e-4)


def test_read_noise_does_not_depend_on_the_other_times():
    device, model, inputs = ohmspike.Device.load("pcm-joshi-2020"), nn.Linear(12, 8), torch.rand(20, 12)
    evaluate = lambda chip: chip(inputs).sum()  # noqa: E731
    alone = on_chips(model, device, evaluate, chips=2, after=86_400).values[:, 0]
    assert np.array_equal(on_chips(model, device, evaluate, chips=2, after=[86_400, 0, 86_400]).values[:, [0, 2]].T, [alone, alone])


def test_the_table_of_one_chip_has_no_spread():
    model = nn.Linear(3, 2)
    one = on_chips(model, "ideal", lambda chip: 2.5, chips=1)
    assert str(one).splitlines() == ["exact: 2.5; 1 chip", "after (s)     value", "        0       2.5"]
    assert repr(one) == "<ohmspike.torch.ChipResults: 1 chip, 1 time>"
    two = str(on_chips(model, "ideal", lambda chip: 2.5, chips=2)).splitlines()
    assert two[:2] == ["exact: 2.5; 2 chips", "after (s)      mean      s.d.  smallest   largest"]


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        ({"chips": 0}, ValueError, "chips: expected a whole number from 1 to 1000000, got int 0"),
        ({"chips": float("nan")}, TypeError, "chips: expected a whole number from 1 to 1000000, got float nan"),
        ({"chips": "3"}, TypeError, "chips: expected a whole number from 1 to 1000000, got str '3'"),
        ({"chips": None}, TypeError, "chips: expected a whole number from 1 to 1000000, got NoneType None"),
        ({"chips": True}, TypeError, "chips: expected a whole number from 1 to 1000000, got bool True"),
        ({"seed": None}, TypeError, "seed: expected a whole number from 0 to 2^64 - 1, got NoneType None"),
        ({"seed": -1}, ValueError, "seed: expected a whole number from 0 to 2^64 - 1, got int -1"),
        ({"seed": 2**64}, ValueError, "seed: expected a whole number from 0 to 2^64 - 1, got int 18446744073709551616"),
        ({"seed": 2**64 - 1}, ValueError, "seed: expected at most 2^64 - 2 with 2 chips, got 18446744073709551615"),
        ({"after": "12"}, TypeError, "after: expected a time in seconds, or a sequence of these, got str '12'"),
        ({"after": b"12"}, TypeError, "after: expected a time in seconds, or a sequence of these, got bytes b'12'"),
        ({"after": ["1", 2]}, TypeError, "after: expected a time in seconds, or a sequence of these, got list ['1', 2]"),
        ({"after": True}, TypeError, "after: expected a time in seconds, or a sequence of these, got bool True"),
        ({"after": None}, TypeError, "after: expected a time in seconds, or a sequence of these, got NoneType None"),
        ({"after": [[1], [2, 3]]}, TypeError, "after: expected a time in seconds, or a sequence of these, got list [[1], [2, 3]]"),
        ({"after": []}, ValueError, "after: expected times of at least 0 s, got []"),
        ({"after": -1.0}, ValueError, "after: expected times of at least 0 s, got -1.0"),
        ({"after": float("nan")}, ValueError, "after: expected times of at least 0 s, got nan"),
    ],
)
def test_wrong_numbers_of_many_chips_are_named(wrong, kind, told):
    with pytest.raises(kind) as raised:
        on_chips(nn.Linear(3, 2), "ideal", lambda chip: 0.0, **{"chips": 2, **wrong})
    assert str(raised.value) == told


def test_times_are_numbers_of_any_kind():
    for after in (3, 3.0, np.float32(3), np.array([3]), torch.tensor(3.0), torch.tensor([3]), (3,), range(3, 4)):
        assert on_chips(nn.Linear(3, 2), "pcm-joshi-2020", lambda chip: 0.0, chips=1, after=after).after_seconds == [3.0]


def test_wrong_seeds_and_values_are_named():
    for call in (lambda seed: convert(nn.Linear(3, 2), IDEAL, seed=seed), lambda seed: CrossbarLinear(3, 2, IDEAL, seed=seed)):
        with pytest.raises(TypeError, match=r"^seed: expected a whole number from 0 to 2\^64 - 1, got NoneType None$"):
            call(None)
        with pytest.raises(ValueError, match=r"^seed: expected a whole number from 0 to 2\^64 - 1, got int -1$"):
            call(-1)
    for value in (None, torch.ones(2), "high"):
        with pytest.raises(TypeError, match="^evaluate: expected a function that returns a number, got "):
            on_chips(nn.Linear(3, 2), IDEAL, lambda chip: value, chips=1)


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
    """Two classes of a plane: chance is 50 %."""
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


def test_a_digital_copy_keeps_the_noise_of_one_write():
    """Gradients of a sum do not depend on reads, so the digital weights are known. Nine writes add up in the cells of read-back."""
    steps, rows, columns, sigma = 9, 80, 60, 2.0
    # With signs, only one cell of a pair is written.
    noise = {"write.noise": "constant", "write.sigma_microsiemens": sigma}
    device = ohmspike.Device.load("study-1k-1m").with_(noise)
    inputs = np.linspace(0.5, 1.0, rows, dtype=np.float32)
    outputs = np.linspace(-1.0, 1.0, columns, dtype=np.float32)
    errors = {}
    for controller in ("read-back", "digital-copy"):
        options = {"weight_at_gmax": 1.0, "signs": np.ones(rows), "controller": controller}
        layer = CrossbarLinear(rows, columns, device, bias=False, initial=np.full((columns, rows), 0.5), **options)
        start = layer.weight.detach().numpy().copy()
        optimiser = CrossbarOptimiser(torch.optim.SGD(layer.parameters(), lr=0.01), layer)
        for _ in range(steps):
            optimiser.zero_grad()
            (layer(torch.from_numpy(inputs)) @ torch.from_numpy(outputs)).backward()
            optimiser.step()
        asked = start - 0.01 * steps * np.outer(outputs, inputs)
        errors[controller] = (layer.crossbar.weights.T - asked).std()
        known = np.abs(layer.weight.detach().numpy() - asked).max()
        assert (known < 1e-5) == (controller == "digital-copy")
    one = sigma / 999
    # Five standard errors of a standard deviation of 4800 cells.
    assert errors["digital-copy"] == pytest.approx(one, rel=5 / (2 * rows * columns) ** 0.5)
    assert errors["read-back"] == pytest.approx(one * steps**0.5, rel=5 / (2 * rows * columns) ** 0.5)


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


def with_adc(bits, **more):
    adc = {"bits": bits, "codes": "signed", "range": "calibrated"}
    return IDEAL.with_({"read.volts": 0.2, "converters.adc": adc, **more})


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("is_spikes", [True, False])
def test_a_layer_calibrates_on_its_first_batch(bits, is_spikes):
    torch.manual_seed(0)
    exact = nn.Linear(100, 10, bias=False)
    layer = convert(exact, with_adc(bits))
    inputs = (torch.rand(64, 100) < 0.3).float() if is_spikes else torch.rand(64, 100) * 3
    # Silent inputs have no sums, and nothing to calibrate on.
    assert not layer(torch.zeros(2, 100)).any() and layer.crossbar.is_calibrated is False
    sums = exact(inputs)
    step = sums.abs().max() / (2 ** (bits - 1) - 1)
    read = layer(inputs)
    # A sum within the range is at most half a code away; f32 sums round by 1e-4 of a code.
    assert 0.1 * step < (read - sums).abs().max() <= (0.5 + 1e-3) * step
    assert torch.allclose(read / step, (read / step).round(), atol=1e-3)
    assert layer.crossbar.usage["counts"]["conversions"] == 64 * 10
    # The range stays until the layer is programmed again.
    small = layer(inputs[:1] * 0 + 0.01 * inputs[:1]) if is_spikes else layer(inputs[:1])
    assert small.shape == (1, 10) and layer.crossbar.is_calibrated
    layer.program(exact.weight.detach() / 2)
    assert torch.allclose(layer(inputs) / step * 2, (layer(inputs) / step * 2).round(), atol=1e-3)


def test_negative_inputs_calibrate_both_reads():
    exact = nn.Linear(20, 5, bias=False)
    layer = convert(exact, with_adc(8))
    inputs = torch.randn(30, 20)
    scale = inputs.abs().max()
    parts = torch.cat([exact(inputs.clamp(min=0)), exact((-inputs).clamp(min=0))]) / scale
    step = parts.abs().max() / 127
    # Two conversions, each half a code off at most.
    assert (layer(inputs) - exact(inputs)).abs().max() <= (1 + 1e-3) * step * scale


class Stepped(nn.Module):
    """Two layers that see a sample in several steps, the first one without signals."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(12, 8, bias=False), nn.Linear(8, 3, bias=False)
        self.drop = nn.Dropout(0.5)

    def forward(self, steps):
        return torch.stack([self.second(self.drop(self.first(step).relu())) for step in steps])


def test_a_model_is_calibrated_layer_by_layer_on_all_steps():
    torch.manual_seed(3)
    exact = Stepped()
    model = convert(exact, with_adc(8)).train()
    steps = torch.stack([torch.zeros(4, 12), 0.1 * torch.rand(4, 12), torch.rand(4, 12)])
    calibrate(model, steps)
    assert model.training and all(layer.crossbar.is_calibrated for _, layer in crossbars(model))
    # The scale of analog inputs is that of a call, so the range is that of sums over it.
    first = max((exact.first(step) / step.max()).abs().max() for step in steps[1:])
    model.eval()
    hidden = [model.first(step).relu() for step in steps[1:]]
    second = max((exact.second(one) / one.max()).abs().max() for one in hidden)
    for layer, of_model, largest, inputs in (
        (exact.first, model.first, first, steps[2]), (exact.second, model.second, second, hidden[1]),
    ):
        codes = of_model(inputs) / (inputs.max() * largest / 127)
        assert torch.allclose(codes, codes.round(), atol=1e-2)
        assert (of_model(inputs) - layer(inputs)).abs().max() <= 0.51 * inputs.max() * largest / 127
    with pytest.raises(ohmspike.OhmspikeError, match="first: inputs: expected signals to calibrate on"):
        calibrate(model, torch.zeros(3, 4, 12))
    with pytest.warns(ohmspike.OhmspikeWarning, match="calibrate: no effect: no layer has converters or gains"):
        calibrate(convert(exact, IDEAL), steps)
    copied = copy.deepcopy(model)
    assert all(layer.crossbar.is_calibrated for _, layer in crossbars(copied))


def test_a_calibrated_gain_makes_up_for_the_wires():
    torch.manual_seed(1)
    window = {"low_resistance_ohm": 5000, "high_resistance_ohm": 50_000}
    wires = {"access": "gated", "line_ohm_per_cell": 20}
    exact = nn.Linear(60, 4, bias=False)
    with torch.no_grad():
        exact.weight.abs_()
    inputs = torch.rand(50, 60)
    ratio = {}
    for name, more in (("none", {}), ("calibrated", {"column_gain": "calibrated"})):
        layer = convert(exact, IDEAL.with_({"window": window, "wires": wires | more}))
        ratio[name] = (layer(inputs) / exact(inputs)).mean()
    # The least-squares factor makes the ratio of sums of the same size nearly 1.
    assert ratio["none"] < 0.9 and abs(ratio["calibrated"] - 1) < 0.02


def test_a_fixed_range_of_inputs_makes_samples_independent():
    torch.manual_seed(2)
    exact = nn.Linear(20, 5, bias=False)
    device = IDEAL.with_({"read.volts": 0.2, "converters.dac": {"bits": 3}})
    sample, loud = torch.rand(1, 20), 3 * torch.ones(1, 20)
    free, fixed = convert(exact, device), convert(exact, device, input_range=3.0)
    assert not torch.allclose(free(sample)[0], free(torch.cat([sample, loud]))[0], atol=1e-4)
    assert torch.equal(fixed(sample)[0], fixed(torch.cat([sample, loud]))[0])
    # Three bits: codes of 3/7.
    assert torch.allclose(fixed(sample), exact((sample / (3 / 7)).round() * 3 / 7), atol=1e-5)
    with pytest.raises(ValueError, match="inputs: expected magnitudes up to input_range = 3, got 4"):
        fixed(4 * torch.ones(20))
    for options, words in (
        ({"mode": "volts"}, "mode: expected 'spikes' or 'analog', got 'volts'"),
        ({"input_range": 0}, "input_range: expected a positive number, got 0"),
        ({"input_range": 1, "mode": "spikes"}, "input_range: expected none with mode='spikes'"),
    ):
        with pytest.raises(ValueError, match=words):
            convert(exact, device, **options)
    with pytest.raises(ValueError, match="inputs: expected 0 or 1 as spikes, got 0.5"):
        convert(exact, device, mode="spikes")(torch.full((20,), 0.5))


def test_layers_do_not_depend_on_the_file_of_their_device(tmp_path, monkeypatch):
    OXIDE.save("mine.json")
    layers = [CrossbarLinear(6, 4, "mine.json"), convert(nn.Linear(6, 4), tmp_path / "mine.json")]
    torch.save(layers, tmp_path / "layers.pt")
    IDEAL.save("mine.json")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for same in (copy.deepcopy(layers), torch.load(tmp_path / "layers.pt", weights_only=False)):
        for one, layer in zip(same, layers):
            assert one.crossbar.state() == layer.crossbar.state() and one.crossbar.device == OXIDE


def test_an_optimiser_that_calls_its_closure_again_is_refused():
    torch.manual_seed(4)
    model = convert(nn.Linear(6, 4), IDEAL, weight_at_gmax=2.0)
    inputs = torch.rand(8, 6)
    optimiser = CrossbarOptimiser(torch.optim.LBFGS(model.parameters(), lr=0.5), model)

    def closure():
        optimiser.zero_grad()
        loss = model(inputs).square().mean()
        loss.backward()
        return loss

    before = {name: value.clone() for name, value in model.named_parameters()}
    with pytest.raises(ohmspike.OhmspikeError, match="optimiser: expected one that calls the closure once per step, got LBFGS"):
        optimiser.step(closure)
    assert all(torch.equal(value, before[name]) for name, value in model.named_parameters())
    model(inputs)
    # One call is a step like any other.
    optimiser = CrossbarOptimiser(torch.optim.SGD(model.parameters(), lr=0.5), model)
    losses = [optimiser.step(closure).item() for _ in range(5)]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0]


def test_arrays_and_wrong_inputs_are_told_apart():
    layer = CrossbarLinear(8, 5, IDEAL)
    start = layer.weight.detach().clone()
    layer.write(np.full((5, 8), 0.01))
    assert torch.allclose(layer.weight, start + 0.01, atol=1e-5)
    with pytest.raises(TypeError, match="inputs: expected a tensor, got ndarray"):
        layer(np.ones(8))
    for value in (float("inf"), float("nan")):
        with pytest.raises(ValueError, match=f"inputs: expected finite numbers, got {value}"):
            layer(torch.tensor([value] + [0.5] * 7))
