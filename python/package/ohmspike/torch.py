"""Crossbars as layers of PyTorch models.

The forward pass reads an emulated array, with read noise, converters and faults. The backward pass is straight-through: it
differentiates the exact product of inputs and weights. Writes go through the write model of the device::

    model = ohmspike.torch.convert(model, device)
    optimiser = ohmspike.torch.CrossbarOptimiser(torch.optim.SGD(model.parameters(), lr=0.1), model)

Arrays are computed on the CPU; tensors on other devices are refused by name.
"""

from __future__ import annotations

import copy
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ._ohmspike import Crossbar, Device, OhmspikeWarning, Seed, WriteReport

__all__ = ["CrossbarLinear", "CrossbarOptimiser", "convert", "crossbars"]


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
    ``program``, or with a ``CrossbarOptimiser``. Other changes do not reach the cells, and the next read warns about them.

    Inputs of 0 and 1 are read as spikes. Other inputs drive the rows with voltages: the largest magnitude of a call is the
    read voltage, and negative inputs are read separately and subtracted.

    All draws come from ``seed``, initial weights and bias included: layers of the same seed and size are the same chip with
    the same write noise. Give every layer its own seed, as ``convert`` does. ``weight_at_gmax`` is the weight of a fully-on
    cell. By default it is twice the largest initial weight, so that training has room. Further options are those of
    ``ohmspike.Crossbar``.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        device: Device | str,
        bias: bool = True,
        *,
        seed: int | Seed = 1,
        weight_at_gmax: float | None = None,
        initial: Tensor | np.ndarray[Any, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        if in_features < 1 or out_features < 1:
            raise ValueError(f"features: expected at least 1 input and 1 output, got {in_features} and {out_features}")
        root = seed if isinstance(seed, Seed) else Seed(seed)
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
        self.weight = nn.Parameter(weights)
        self.bias = None if first_bias is None else nn.Parameter(first_bias)
        self._know()

    def _build(self, weight_at_gmax: float, **more: Any) -> Crossbar:
        """Builds the array, with the same arguments every time."""
        return Crossbar(
            self._device, self.in_features, self.out_features, self._seed, weight_at_gmax=weight_at_gmax, **self._options, **more
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Read the array with ``inputs`` (... x in_features) and add the bias."""
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

    def write(self, step: Tensor, seed: int | Seed | None = None) -> WriteReport:
        """Add ``step`` (out_features x in_features) to the weights through the write model of the device."""
        report = self.crossbar.write(_array("step", step).T, seed)
        self._know()
        return report

    def program(self, weights: Tensor, passes: int = 1, seed: int | Seed | None = None) -> WriteReport:
        """Erase the cells and program ``weights`` (out_features x in_features)."""
        report = self.crossbar.program(_array("weights", weights).T, passes, seed)
        self._know()
        return report

    def rest(self, seconds: float) -> None:
        """Set the time since the last write, s; later reads see the drifted conductances."""
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
        if np.isin(given, (0, 1)).all():
            sums = self.crossbar.read(given != 0)
        else:
            scale = float(np.abs(given).max())
            given = given / scale
            sums = self.crossbar.read(np.clip(given, 0, 1))
            if given.min() < 0:
                sums = sums - self.crossbar.read(np.clip(-given, 0, 1))
            sums = sums * np.float32(scale)
        return torch.from_numpy(sums).reshape(*inputs.shape[:-1], self.out_features).to(inputs.dtype)


class CrossbarOptimiser:
    """Wraps an optimiser so that its steps are written into crossbars.

    The optimiser computes a step as usual: -lr * gradient for ``torch.optim.SGD``. The step of every ``CrossbarLinear`` of
    ``model`` then goes through ``CrossbarLinear.write``; other parameters change exactly. Layers without a gradient, and
    layers that the optimiser does not train, are not written. Give learning-rate schedulers the wrapped optimiser.
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
        """Compute a step and write it. Returns the loss of ``closure``, if there is one."""
        before = [layer.weight.detach().clone() for layer in self.layers]
        loss = self.optimiser.step() if closure is None else self.optimiser.step(closure)
        for layer, weight in zip(self.layers, before):
            if layer.weight.grad is not None:
                layer.write(layer.weight.detach() - weight)
        return loss

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


def convert(
    model: nn.Module,
    device: Device | str,
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
    warning says. Further options are those of ``ohmspike.Crossbar``. Training continues on the copy.
    """
    copied = copy.deepcopy(model)
    root = seed if isinstance(seed, Seed) else Seed(seed)
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


def _programmed(
    module: nn.Linear, device: Device | str, seed: Seed, passes: int, weight_at_gmax: float | None, options: dict[str, Any]
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


def _array(what: str, tensor: Tensor) -> np.ndarray[Any, np.dtype[Any]]:
    """Returns a tensor on the CPU as an array."""
    if tensor.device.type != "cpu":
        raise TypeError(f"{what}: expected a tensor on the CPU, got one on `{tensor.device}`\n\nhint: call `.cpu()`")
    return tensor.detach().to(torch.float32).numpy()
