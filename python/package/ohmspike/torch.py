"""Crossbars as layers of PyTorch models.

The forward pass reads an emulated array, with read noise, converters and faults. The backward pass is straight-through: it
differentiates the exact product of inputs and weights. Writes go through the write model of the device::

    results = ohmspike.torch.on_chips(model, device, accuracy, chips=100)
    model = ohmspike.torch.convert(model, device)
    optimiser = ohmspike.torch.CrossbarOptimiser(torch.optim.SGD(model.parameters(), lr=0.1), model)

Arrays are computed on the CPU; tensors on other devices are refused by name.
"""

from __future__ import annotations

import copy
import operator
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from ._ohmspike import Crossbar, Device, OhmspikeError, OhmspikeWarning, Seed, WriteReport

__all__ = ["ChipResults", "CrossbarLinear", "CrossbarOptimiser", "calibrate", "convert", "crossbars", "on_chips"]

_Signals = np.ndarray[Any, np.dtype[Any]]


class _Read(torch.autograd.Function):
    """Reads the array; differentiates the exact product."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, layer: CrossbarLinear) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        return layer._read(inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        inputs, weight = ctx.saved_tensors
        of_outputs = gradients[0].to(weight.dtype)
        of_inputs = (of_outputs @ weight).to(inputs.dtype) if ctx.needs_input_grad[0] else None
        of_weight = None
        if ctx.needs_input_grad[1]:
            of_weight = of_outputs.reshape(-1, weight.shape[0]).T @ inputs.reshape(-1, weight.shape[1]).to(weight.dtype)
        return of_inputs, of_weight, None


class CrossbarLinear(nn.Module):
    """A linear layer with weights in an emulated crossbar and an exact bias.

    ``weight`` (out_features x in_features) holds the weights that the controller knows. Change it with ``write``, with
    ``program``, or with a ``CrossbarOptimiser``. Other changes do not reach the cells. The next read warns about them, except
    about those through ``weight.data``, which PyTorch does not count.

    Inputs of 0 and 1 are read as spikes. Other inputs drive the rows with voltages: the largest magnitude of a call is the
    read voltage, and negative inputs are read separately and subtracted. Both are chosen per call, so a result depends on the
    other samples of the batch: through the I-V curves, the codes of drivers and converters, read noise and random telegraph noise.
    ``input_range`` fixes the input at the read voltage, so that all inputs drive voltages of the same scale and larger ones are
    refused. ``mode``, "spikes" or "analog", fixes how inputs are read.

    Converters with a calibrated range, and a calibrated gain of the columns, are calibrated on the first inputs that are not all 0
    after the layer is programmed, at the age that the cells have then. For a chip that is calibrated when it is new, call the model
    or ``calibrate`` before ``rest``. A network that is called step by step needs ``calibrate``, which takes whole samples.

    All draws come from ``seed``, initial weights and bias included: layers of the same seed and size are the same chip with
    the same write noise. Give every layer its own seed, as ``convert`` does. ``weight_at_gmax`` is the weight of a fully-on
    cell. By default it is twice the largest initial weight, so that training has room. Further options are those of
    ``ohmspike.Crossbar``.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        device: Device | str | PathLike[str],
        bias: bool = True,
        *,
        seed: int | Seed = 1,
        weight_at_gmax: float | None = None,
        initial: Tensor | np.ndarray[Any, Any] | None = None,
        mode: Literal["spikes", "analog"] | None = None,
        input_range: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        if in_features < 1 or out_features < 1:
            raise ValueError(f"features: expected at least 1 input and 1 output, got {in_features} and {out_features}")
        if mode not in (None, "spikes", "analog"):
            raise ValueError(f"mode: expected 'spikes' or 'analog', got {mode!r}")
        if input_range is not None and not 0 < input_range < float("inf"):
            raise ValueError(f"input_range: expected a positive number, got {input_range}")
        if input_range is not None and mode == "spikes":
            raise ValueError("input_range: expected none with mode='spikes', which has no voltages in between")
        self.mode, self.input_range = "analog" if input_range is not None else mode, input_range
        root = _root(seed)
        # The distribution of nn.Linear.
        draws = torch.Generator().manual_seed(zlib.crc32(repr(root).encode()))
        bound = in_features**-0.5
        weights = torch.empty(out_features, in_features).uniform_(-bound, bound, generator=draws)
        first_bias = torch.empty(out_features).uniform_(-bound, bound, generator=draws) if bias else None
        if initial is not None:
            given = torch.as_tensor(initial)
            if tuple(given.shape) != (out_features, in_features):
                raise ValueError(
                    f"initial: expected {out_features} x {in_features} (out_features x in_features), got {tuple(given.shape)}"
                )
            weights = given.detach().to(torch.float32).clone()
        self.in_features, self.out_features = in_features, out_features
        if weight_at_gmax is None:
            weight_at_gmax = 2 * float(weights.abs().max()) or 1.0
        self._device, self._seed, self._options = device, root, options
        self.crossbar = self._build(weight_at_gmax, initial=weights.numpy().T)
        # A copy does not need the file of the device.
        self._device = self.crossbar.device
        self.weight = nn.Parameter(weights)
        self.bias = None if first_bias is None else nn.Parameter(first_bias)
        self._know()

    # Version of the weights that the controller knows.
    _known: int
    # Inputs of the layers that wait for their calibration, in the order of their first call.
    _recorded: dict[CrossbarLinear, list[_Signals]] | None = None

    def _build(self, weight_at_gmax: float, **more: Any) -> Crossbar:
        """Builds the array, with the same arguments every time."""
        return Crossbar(
            self._device, self.in_features, self.out_features, self._seed, weight_at_gmax=weight_at_gmax, **self._options, **more
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Read the array with ``inputs`` (... x in_features) and add the bias."""
        if not isinstance(inputs, Tensor):
            raise TypeError(f"inputs: expected a tensor, got {type(inputs).__name__}")
        if inputs.shape[-1:] != (self.in_features,):
            raise ValueError(f"inputs: expected {self.in_features} features, got shape {tuple(inputs.shape)}")
        if self.weight._version != self._known:
            self._known = self.weight._version
            warnings.warn(
                "weight: it changed, but the cells did not\n\nhint: train with a CrossbarOptimiser, or use write or program",
                OhmspikeWarning,
                stacklevel=3,
            )
        sums: Tensor = _Read.apply(inputs, self.weight, self)
        return sums if self.bias is None else sums + self.bias

    def write(self, step: Tensor | np.ndarray[Any, Any], seed: int | Seed | None = None) -> WriteReport:
        """Add ``step`` (out_features x in_features) to the weights through the write model of the device."""
        report = self.crossbar.write(_array("step", step).T, seed)
        self._know()
        return report

    def program(self, weights: Tensor | np.ndarray[Any, Any], passes: int = 1, seed: int | Seed | None = None) -> WriteReport:
        """Erase the cells and program ``weights`` (out_features x in_features)."""
        report = self.crossbar.program(_array("weights", weights).T, passes, seed)
        self._know()
        return report

    def rest(self, seconds: float) -> None:
        """Set the time since the last write, s; later reads see the drifted conductances.

        A calibration stays. A layer that is not calibrated yet calibrates itself on the drifted cells.
        """
        self.crossbar.rest(seconds)
        self._know()

    def get_extra_state(self) -> dict[str, Any]:
        """Return the state of the array, so that ``state_dict`` holds it."""
        state = torch.frombuffer(bytearray(self.crossbar.state()), dtype=torch.uint8)
        return {"weight_at_gmax": self.crossbar.weight_at_gmax, "cells": state}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the state of the array. Arrays with another device or other options are refused by name."""
        crossbar = self.crossbar
        if state["weight_at_gmax"] != crossbar.weight_at_gmax:
            crossbar = self._build(state["weight_at_gmax"])
        crossbar.restore(state["cells"].numpy().tobytes())
        self.crossbar = crossbar
        self._know()

    def __getstate__(self) -> dict[str, Any]:
        """Return everything for copies and ``torch.save``."""
        kept = {name: value for name, value in self.__dict__.items() if name != "crossbar"}
        return {**kept, "_cells": self.get_extra_state()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build the array again and restore its cells."""
        cells = state.pop("_cells")
        super().__setstate__(state)
        self.crossbar = self._build(cells["weight_at_gmax"])
        self.set_extra_state(cells)

    def extra_repr(self) -> str:
        """Show sizes, device and scale."""
        crossbar = self.crossbar
        sizes = f"in_features={self.in_features}, out_features={self.out_features}"
        return f"{sizes}, device={crossbar.device.name!r}, weight_at_gmax={crossbar.weight_at_gmax:.4g}"

    def _know(self) -> None:
        """Takes over the weights that the controller knows."""
        with torch.no_grad():
            self.weight.copy_(torch.from_numpy(self.crossbar.gradient_weights.T))
        self._known = self.weight._version

    def _read(self, inputs: Tensor) -> Tensor:
        given = _array("inputs", inputs).reshape(-1, self.in_features)
        finite = np.isfinite(given)
        if not finite.all():
            raise ValueError(f"inputs: expected finite numbers, got {given[~finite][0]}")
        if self._recorded is not None:
            self._recorded.setdefault(self, []).append(given)
            sums = given @ self.crossbar.gradient_weights
        elif self.crossbar.is_calibrated is False and not given.any():
            # Rows that are not driven have no sums, whatever the converters are.
            sums = np.zeros((len(given), self.out_features), np.float32)
        else:
            if self.crossbar.is_calibrated is False:
                self._calibrate([given])
            sums = self._sums(given)
        return torch.from_numpy(sums).reshape(*inputs.shape[:-1], self.out_features).to(inputs.dtype)

    def _sums(self, given: _Signals) -> _Signals:
        """Returns the column sums of samples x rows."""
        signals, scale = self._signals(given)
        if scale is None:
            return self.crossbar.read(signals, mode="spikes")
        sums = self.crossbar.read(np.clip(signals, 0, 1), mode="analog")
        if signals.min(initial=0) < 0:
            sums = sums - self.crossbar.read(np.clip(-signals, 0, 1), mode="analog")
        return sums * np.float32(scale)

    def _signals(self, given: _Signals) -> tuple[_Signals, float | None]:
        """Returns the inputs of a call in units of the read voltage, and the input at the read voltage; None for spikes."""
        if self.mode == "spikes" or self.mode is None and np.isin(given, (0, 1)).all():
            return (given, None) if self.mode else (given != 0, None)
        largest = float(np.abs(given).max(initial=0))
        scale = largest if self.input_range is None else self.input_range
        # A rounding error is not beyond the range.
        if largest > scale * (1 + 1e-6):
            raise ValueError(f"inputs: expected magnitudes up to input_range = {scale:g}, got {largest:g}")
        return given / (scale or 1.0), scale

    def _calibrate(self, calls: list[_Signals]) -> None:
        """Calibrates the read path on the inputs of calls."""
        all_signals = [self._signals(given) for given in calls]
        if all(scale is None for _, scale in all_signals):
            return self.crossbar.calibrate(np.concatenate([signals for signals, _ in all_signals]), mode="spikes")
        parts = [np.clip(sign * signals, 0, 1, dtype=np.float32) for signals, _ in all_signals for sign in (1, -1)]
        return self.crossbar.calibrate(np.concatenate(parts), mode="analog")


class _SecondCall(Exception):
    """An optimiser calls its closure again."""


class CrossbarOptimiser:
    """Wraps an optimiser so that its steps are written into crossbars.

    The optimiser computes a step as usual: -lr * gradient for ``torch.optim.SGD``. The step of every ``CrossbarLinear`` of
    ``model`` then goes through ``CrossbarLinear.write``; other parameters change exactly. Layers without a gradient, and
    layers that the optimiser does not train, are not written. Give learning-rate schedulers the wrapped optimiser.

    Steps and gradients use the weights that the controller of a layer knows: the option ``controller`` of ``CrossbarLinear``,
    which ``convert`` passes on. With "read-back" they are those in the cells, and the noise of all writes adds up in them. With
    "digital-copy" they are digital weights next to the array: steps add up in the copy, the cells are written to it, and the
    network keeps the noise of one write.
    """

    def __init__(self, optimiser: torch.optim.Optimizer, model: nn.Module) -> None:
        self.optimiser = optimiser
        trained = {id(parameter) for group in optimiser.param_groups for parameter in group["params"]}
        self.layers = [layer for _, layer in crossbars(model) if id(layer.weight) in trained]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Return the groups of the wrapped optimiser."""
        return self.optimiser.param_groups

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients."""
        self.optimiser.zero_grad(set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Compute a step and write it. Returns the loss of ``closure``, if there is one.

        An optimiser that calls the closure several times in a step, such as ``torch.optim.LBFGS``, is refused: a step is written
        once, so the later calls would read cells without it.
        """
        if closure is not None:
            return self._step_with(closure)
        before = [layer.weight.detach().clone() for layer in self.layers]
        loss = self.optimiser.step()
        self._write(before)
        return loss

    def _step_with(self, closure: Callable[[], Any]) -> Any:
        """Computes a step with a closure. The parameters stay as they were if the optimiser is refused."""
        parameters = [parameter for group in self.param_groups for parameter in group["params"]]
        kept = [parameter.detach().clone() for parameter in parameters]
        before = [layer.weight.detach().clone() for layer in self.layers]
        calls = 0

        def once() -> Any:
            nonlocal calls
            calls += 1
            if calls > 1:
                raise _SecondCall
            return closure()

        try:
            loss = self.optimiser.step(once)
        except _SecondCall:
            with torch.no_grad():
                for parameter, value in zip(parameters, kept):
                    parameter.copy_(value)
            for layer in self.layers:
                layer._know()
            name = type(self.optimiser).__name__
            raise OhmspikeError(
                f"optimiser: expected one that calls the closure once per step, got {name}, which calls it several times\n\n"
                "hint: use an optimiser such as torch.optim.SGD or Adam"
            ) from None
        self._write(before)
        return loss

    def _write(self, before: list[Tensor]) -> None:
        """Writes the difference from the weights ``before``."""
        for layer, weight in zip(self.layers, before):
            if layer.weight.grad is not None:
                layer.write(layer.weight.detach() - weight)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the optimiser. That of the arrays is in the ``state_dict`` of the model."""
        return self.optimiser.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state of the optimiser."""
        self.optimiser.load_state_dict(state)


def crossbars(model: nn.Module) -> Iterator[tuple[str, CrossbarLinear]]:
    """Return the crossbar layers of ``model`` with their names."""
    for name, module in model.named_modules():
        if isinstance(module, CrossbarLinear):
            yield name, module


def calibrate(model: nn.Module, *inputs: Any) -> None:
    """Calibrate the crossbar layers of ``model`` on a batch: the ranges of their converters, and the gains of their columns.

    Calls ``model(*inputs)`` without gradients and in evaluation mode, once per layer: each layer is calibrated on all its inputs of
    the call, which come from the already calibrated layers. A layer that is not calibrated calibrates itself
    on its first inputs. Studies calibrate before every epoch, on the first batch.
    """
    named = {layer: name or "model" for name, layer in crossbars(model) if layer.crossbar.is_calibrated is not None}
    waiting = dict(named)
    if not waiting:
        warnings.warn("calibrate: no effect: no layer has converters or gains to calibrate", OhmspikeWarning, stacklevel=2)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        while waiting:
            recorded: dict[CrossbarLinear, list[_Signals]] = {}
            for layer in waiting:
                layer._recorded = recorded
            with torch.no_grad():
                model(*inputs)
            if not recorded:
                uncalled = ", ".join(waiting.values())
                warnings.warn(f"calibrate: no effect on layers that were not called: {uncalled}", OhmspikeWarning, stacklevel=2)
                break
            first, calls = next(iter(recorded.items()))
            try:
                first._calibrate(calls)
            except ValueError as error:
                raise OhmspikeError(f"{waiting[first]}: {error}") from None
            del waiting[first]
            first._recorded = None
    finally:
        for layer in named:
            layer._recorded = None
        for module, is_training in modes:
            module.training = is_training


def convert(
    model: nn.Module,
    device: Device | str | PathLike[str],
    *,
    seed: int | Seed = 1,
    passes: int = 1,
    weight_at_gmax: float | None = None,
    **options: Any,
) -> nn.Module:
    """Return a copy of ``model`` with every ``nn.Linear`` on a chip of ``device``.

    The weights are programmed into erased cells with ``passes`` writes, write noise included; biases stay exact.
    ``weight_at_gmax`` is by default the largest weight of each layer, as for ``ohmspike.deploy``. Layer NAME draws from
    ``seed.named(NAME)``, and a layer that is used twice stays one layer. Layers of other types with weights stay exact, which a
    warning says. Further options are those of ``CrossbarLinear``. Training continues on the copy.
    """
    copied = copy.deepcopy(model)
    root = _root(seed)
    # A module that is used at several places stays one module.
    named = list(copied.named_modules(remove_duplicate=False))
    linear = [(name, module) for name, module in named if type(module) is nn.Linear]
    if not linear:
        raise ValueError(f"model: expected at least one nn.Linear, got none in {type(model).__name__}")
    exact = [
        f"{name or 'model'} ({type(module).__name__})"
        for name, module in named
        if not isinstance(module, CrossbarLinear) and type(module) is not nn.Linear
        if any(parameter.dim() > 1 for parameter in module.parameters(recurse=False))
    ]
    if exact:
        shown = ", ".join(exact[:5]) + (f" and {len(exact) - 5} more" if len(exact) > 5 else "")
        warnings.warn(f"model: weights that stay exact: {shown}", OhmspikeWarning, stacklevel=2)
    for _, module in named:
        # Its fast path would compute with the weights and never read the array.
        if isinstance(module, nn.TransformerEncoderLayer):
            module.activation_relu_or_gelu = 0
        elif isinstance(module, nn.TransformerEncoder):
            module.enable_nested_tensor = module.use_nested_tensor = False
    layers: dict[int, CrossbarLinear] = {}
    for name, module in linear:
        if id(module) not in layers:
            layers[id(module)] = _programmed(module, device, root.named(name), passes, weight_at_gmax, options)
        if not name:
            return layers[id(module)]
        parent, _, own = name.rpartition(".")
        setattr(copied.get_submodule(parent), own, layers[id(module)])
    return copied


class ChipResults:
    """What ``on_chips`` measured: one value per chip and time.

    ``print`` shows, per time, the mean over the chips, their standard deviation, and the smallest and largest value; for one chip,
    its value.
    """

    def __init__(self, values: np.ndarray[Any, Any], seeds: list[int], after_seconds: list[float], exact: float) -> None:
        self._values, self._seeds, self._after, self._exact = values, seeds, after_seconds, exact

    @property
    def values(self) -> np.ndarray[Any, Any]:
        """Values, chips x times, float64."""
        return self._values

    @property
    def seeds(self) -> list[int]:
        """Seed of each chip: ``convert`` with this seed and the same options gives the chip again."""
        return self._seeds

    @property
    def after_seconds(self) -> list[float]:
        """Times after programming, s."""
        return self._after

    @property
    def exact(self) -> float:
        """The value of the model itself, with digital weights."""
        return self._exact

    def to_dict(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return the columns ``seed``, ``after_seconds`` and ``value``, one row per chip and time, for ``pandas.DataFrame``."""
        chips, times = self._values.shape
        return {
            "seed": np.repeat(np.array(self._seeds, np.uint64), times),
            "after_seconds": np.tile(np.array(self._after, np.float64), chips),
            "value": self._values.reshape(-1),
        }

    def __str__(self) -> str:
        """Show a table with one row per time."""
        title = f"exact: {self._exact:.6g}; {_counted(len(self._seeds), 'chip')}"
        one = len(self._seeds) == 1
        lines = [title, "after (s)     value" if one else "after (s)      mean      s.d.  smallest   largest"]
        for after, column in zip(self._after, self._values.T):
            shown = column if one else (column.mean(), column.std(ddof=1), column.min(), column.max())
            lines.append(f"{after:9.6g}" + "".join(f"{value:10.4g}" for value in shown))
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Show the size."""
        sizes = f"{_counted(len(self._seeds), 'chip')}, {_counted(len(self._after), 'time')}"
        return f"<ohmspike.torch.ChipResults: {sizes}>"


def on_chips(
    model: nn.Module,
    device: Device | str | PathLike[str],
    evaluate: Callable[[nn.Module], Any],
    *,
    chips: int = 100,
    after: float | Sequence[float] = 0.0,
    seed: int = 1,
    **options: Any,
) -> ChipResults:
    """Put ``model`` onto many chips of ``device``, and evaluate each: what a product would deliver.

    Chip n, from 0, is ``convert(model, device, seed=seed + n, **options)``. ``evaluate`` takes a chip and returns a number, such as
    its accuracy on a test set. It is called per chip and time ``after`` programming, s, and once with ``model`` itself, in
    evaluation mode and without gradients. Every time starts from the programmed chip, so a value does not depend on the other
    times. Layers that need a calibration get it right after programming: ``evaluate`` is called then, and they calibrate
    themselves. Chips are made one after the other, so memory does not grow with their number.
    """
    count, first, times = _whole("chips", chips, 1, _MAX_CHIPS), _whole("seed", seed, 0, _LARGEST), _times(after)
    if first + count - 1 > _LARGEST:
        raise ValueError(f"seed: expected at most 2^64 - {count} with {_counted(count, 'chip')}, got {first}")
    seeds = [first + number for number in range(count)]
    values = np.empty((len(seeds), len(times)))
    device = device if isinstance(device, Device) else Device.load(device)
    exact = _evaluated(copy.deepcopy(model), evaluate)
    for row, of_chip in zip(values, seeds):
        row[:] = _at_times(convert(model, device, seed=of_chip, **options), evaluate, times)
    return ChipResults(values, seeds, times, exact)


# Largest seed, and largest number of chips.
_LARGEST = 2**64 - 1
_MAX_CHIPS = 1_000_000


def _at_times(chip: nn.Module, evaluate: Callable[[nn.Module], Any], times: list[float]) -> list[float]:
    """Returns the values of a programmed chip, which are calls of their own from the same state of its cells."""
    layers = [layer for _, layer in crossbars(chip)]
    # A chip is calibrated when it is new: later calibrations would hide the drift.
    new = _evaluated(chip, evaluate) if any(layer.crossbar.is_calibrated is False for layer in layers) else None
    values = []
    for place, time in enumerate(times):
        if time == 0 and new is not None:
            values.append(new)
            continue
        aged = chip if place + 1 == len(times) else copy.deepcopy(chip)
        if time > 0:
            for _, layer in crossbars(aged):
                layer.rest(time)
        values.append(_evaluated(aged, evaluate))
    return values


def _evaluated(model: nn.Module, evaluate: Callable[[nn.Module], Any]) -> float:
    """Returns the value of ``model`` in evaluation mode."""
    model.eval()
    with torch.no_grad():
        value = evaluate(model)
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"evaluate: expected a function that returns a number, got {_shown(value)}") from None


def _times(after: Any) -> list[float]:
    """Returns times in seconds from a number or a sequence of numbers."""
    try:
        times = np.asarray(after)
    except (TypeError, ValueError, RuntimeError):
        times = np.array(None)
    if times.dtype.kind not in "iuf" or times.ndim > 1:
        raise TypeError(f"after: expected a time in seconds, or a sequence of these, got {_shown(after)}")
    seconds: list[float] = times.astype(np.float64).reshape(-1).tolist()
    if not seconds or any(not 0 <= time < float("inf") for time in seconds):
        raise ValueError(f"after: expected times of at least 0 s, got {after}")
    return seconds


def _whole(what: str, given: Any, least: int, most: int) -> int:
    """Returns a whole number, or raises an exception that names the argument, its value, and what is allowed."""
    message = f"{what}: expected a whole number from {least} to {'2^64 - 1' if most == _LARGEST else most}, got {_shown(given)}"
    try:
        number = operator.index(given)
    except TypeError:
        raise TypeError(message) from None
    if isinstance(given, bool):
        raise TypeError(message)
    if not least <= number <= most:
        raise ValueError(message)
    return number


def _root(seed: Any) -> Seed:
    """Returns the seed of an argument ``seed``."""
    return seed if isinstance(seed, Seed) else Seed(_whole("seed", seed, 0, _LARGEST))


def _shown(given: Any) -> str:
    """Shows a value with its type in one line."""
    text = " ".join(repr(given).split())
    return f"{type(given).__name__} {text if len(text) <= 80 else text[:77] + '...'}"


def _counted(number: int, noun: str) -> str:
    """Returns a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _programmed(
    module: nn.Linear,
    device: Device | str | PathLike[str],
    seed: Seed,
    passes: int,
    weight_at_gmax: float | None,
    options: dict[str, Any],
) -> CrossbarLinear:
    """Returns a layer with the weights of ``module``, programmed into erased cells."""
    weights = module.weight.detach()
    layer = CrossbarLinear(
        module.in_features,
        module.out_features,
        device,
        module.bias is not None,
        seed=seed,
        weight_at_gmax=weight_at_gmax or float(weights.abs().max()) or 1.0,
        initial=torch.zeros_like(weights),
        **options,
    )
    layer.program(weights, passes)
    layer.weight.requires_grad_(module.weight.requires_grad)
    if module.bias is not None:
        layer.bias = nn.Parameter(module.bias.detach().clone(), module.bias.requires_grad)
    return layer.train(module.training)


def _array(what: str, given: Tensor | np.ndarray[Any, Any]) -> _Signals:
    """Returns a tensor on the CPU, or an array, as an array."""
    tensor = given if isinstance(given, Tensor) else torch.as_tensor(given)
    if tensor.device.type != "cpu":
        raise TypeError(f"{what}: expected a tensor on the CPU, got one on `{tensor.device}`\n\nhint: call `.cpu()`")
    return tensor.detach().to(torch.float32).numpy()
