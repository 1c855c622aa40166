"""Crossbars as layers of PyTorch models.

The forward pass reads an emulated array, with read noise, converters and faults. The backward pass is straight-through: it
differentiates the exact product of inputs and weights. Writes go through the write model of the device::

    model = ohmspike.torch.convert(model, device)
    optimiser = ohmspike.torch.CrossbarOptimiser(torch.optim.SGD(model.parameters(), lr=0.1), model)

Arrays are computed on the CPU; tensors on other devices are refused by name.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ._ohmspike import Crossbar, Device, Seed, WriteReport

__all__ = ["CrossbarLinear", "CrossbarOptimiser", "convert", "crossbars"]


class _Read(torch.autograd.Function):
    """Reads the array; differentiates the exact product."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, layer: CrossbarLinear) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        return layer._read(inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        (of_outputs,) = gradients
        inputs, weight = ctx.saved_tensors
        of_inputs = of_outputs @ weight if ctx.needs_input_grad[0] else None
        of_weight = None
        if ctx.needs_input_grad[1]:
            of_weight = of_outputs.reshape(-1, weight.shape[0]).T @ inputs.reshape(-1, weight.shape[1])
        return of_inputs, of_weight, None


class CrossbarLinear(nn.Module):
    """A linear layer with weights in an emulated crossbar and an exact bias.

    ``weight`` (out_features x in_features) holds the weights that the controller knows. Change it with ``write``, with
    ``program``, or with a ``CrossbarOptimiser``; other changes do not reach the cells.

    Inputs of 0 and 1 are read as spikes. Other inputs drive the rows with voltages: the largest magnitude of a call is the
    read voltage, and negative inputs are read separately and subtracted.

    ``weight_at_gmax`` is the weight of a fully-on cell. By default it is twice the largest initial weight, so that training
    has room. Further options are those of ``ohmspike.Crossbar``.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        device: Device,
        bias: bool = True,
        *,
        seed: int | Seed = 1,
        weight_at_gmax: float | None = None,
        initial: Tensor | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        exact = nn.Linear(in_features, out_features, bias)
        if initial is not None:
            if tuple(initial.shape) != (out_features, in_features):
                raise ValueError(
                    f"initial: expected {out_features} x {in_features} (out_features x in_features), got {tuple(initial.shape)}"
                )
            exact.weight.data.copy_(initial)
        self.in_features, self.out_features = in_features, out_features
        weights = exact.weight.detach().numpy().T
        if weight_at_gmax is None:
            weight_at_gmax = 2 * float(np.abs(weights).max()) or 1.0
        self.crossbar = Crossbar(
            device, in_features, out_features, seed, weight_at_gmax=weight_at_gmax, initial=weights, **options
        )
        self.weight = nn.Parameter(exact.weight.detach().clone())
        self.bias = exact.bias
        self._know()

    def forward(self, inputs: Tensor) -> Tensor:
        """Read the array with ``inputs`` (... x in_features) and add the bias."""
        if inputs.shape[-1:] != (self.in_features,):
            raise ValueError(f"inputs: expected {self.in_features} features, got shape {tuple(inputs.shape)}")
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

    def get_extra_state(self) -> Tensor:
        """Return the state of the array, so that ``state_dict`` holds it."""
        return torch.frombuffer(bytearray(self.crossbar.state()), dtype=torch.uint8)

    def set_extra_state(self, state: Tensor) -> None:
        """Restore the state of the array. The layer must have been built with the same arguments."""
        self.crossbar.restore(state.numpy().tobytes())
        self._know()

    def __deepcopy__(self, memo: dict[int, Any]) -> CrossbarLinear:
        raise TypeError("CrossbarLinear: expected a new layer, got a request for a copy\n\nhint: build a layer with the "
                        "same arguments and load its `state_dict`")

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, device={self.crossbar.device.name!r}"

    def _know(self) -> None:
        """Takes over the weights that the controller knows."""
        with torch.no_grad():
            self.weight.copy_(torch.from_numpy(self.crossbar.gradient_weights.T))

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
    ``model`` then goes through ``CrossbarLinear.write``; other parameters change exactly.
    """

    def __init__(self, optimiser: torch.optim.Optimizer, model: nn.Module) -> None:
        self.optimiser = optimiser
        self.layers = [layer for _, layer in crossbars(model)]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients."""
        self.optimiser.zero_grad(set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Compute a step and write it. Returns the loss of ``closure``, if there is one."""
        before = [layer.weight.detach().clone() for layer in self.layers]
        loss = self.optimiser.step() if closure is None else self.optimiser.step(closure)
        for layer, weight in zip(self.layers, before):
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
    device: Device,
    *,
    seed: int | Seed = 1,
    passes: int = 1,
    weight_at_gmax: float | None = None,
    **options: Any,
) -> nn.Module:
    """Return a copy of ``model`` with every ``nn.Linear`` on a chip of ``device``.

    The weights are programmed into erased cells with ``passes`` writes, write noise included; biases stay exact.
    ``weight_at_gmax`` is by default the largest weight of each layer, as for ``ohmspike.deploy``. Layer NAME draws from
    ``seed.named(NAME)``. Further options are those of ``ohmspike.Crossbar``. Training continues on the copy.
    """
    copied = copy.deepcopy(model)
    root = seed if isinstance(seed, Seed) else Seed(seed)
    linear = [(name, module) for name, module in copied.named_modules() if type(module) is nn.Linear]
    if not linear:
        raise ValueError(f"model: expected at least one nn.Linear, got none in {type(model).__name__}")
    for name, module in linear:
        weights = module.weight.detach()
        layer = CrossbarLinear(
            module.in_features,
            module.out_features,
            device,
            module.bias is not None,
            seed=root.named(name),
            weight_at_gmax=weight_at_gmax or float(weights.abs().max()) or 1.0,
            initial=torch.zeros_like(weights),
            **options,
        )
        layer.program(weights, passes)
        if module.bias is not None:
            layer.bias = nn.Parameter(module.bias.detach().clone())
        layer.train(module.training)
        if not name:
            return layer
        parent, _, own = name.rpartition(".")
        setattr(copied.get_submodule(parent), own, layer)
    return copied


def _array(what: str, tensor: Tensor) -> np.ndarray[Any, np.dtype[Any]]:
    """Returns a tensor on the CPU as an array."""
    if tensor.device.type != "cpu":
        raise TypeError(f"{what}: expected a tensor on the CPU, got one on `{tensor.device}`\n\nhint: call `.cpu()`")
    return tensor.detach().to(torch.float32).numpy()
