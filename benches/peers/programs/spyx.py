"""Spyx: `CuBaLIF` and two leaky integrators in a row, scanned over steps, with the whole batch compiled by JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import spyx
import spyx.nn
from flax import nnx

import task


def network(weights):
    """Linear, current-based LIF, linear, current, voltage."""
    random = nnx.Rngs(0)
    activation = spyx.axn.superspike(task.STEEPNESS)
    layers = [
        nnx.Linear(task.PIXELS, task.HIDDEN, use_bias=False, rngs=random),
        spyx.nn.CuBaLIF((task.HIDDEN,), task.ALPHA, task.BETA, activation=activation, rngs=random),
        nnx.Linear(task.HIDDEN, task.CLASSES, use_bias=False, rngs=random),
        spyx.nn.LI((task.CLASSES,), task.ALPHA, rngs=random),
        spyx.nn.LI((task.CLASSES,), task.BETA, rngs=random),
    ]
    for layer, matrix in zip(layers[::2], weights):
        layer.kernel[...] = jnp.asarray(matrix)
    return spyx.nn.Sequential(*layers)


class Trainer:
    """Splits the parameters into trained kernels and everything else."""

    def __init__(self, weights):
        model = network(weights)
        definition, self.kernels, rest = nnx.split(model, nnx.PathContains("kernel"), ...)
        self.random = jax.random.key(1)
        positive = [jnp.asarray(sign > 0) for sign in task.row_signs()]

        def loss(kernels, latencies, labels):
            steps = jnp.arange(task.STEPS, dtype=jnp.uint8)[:, None, None]
            spikes = (latencies[None] == steps).astype(jnp.float32)
            voltages, _ = spyx.nn.run(nnx.merge(definition, kernels, rest), spikes)
            likelihoods = jax.nn.log_softmax(voltages.max(0))
            return -jnp.take_along_axis(likelihoods, labels[:, None], 1).mean()

        def disturbed(weights, slope, random, positive):
            noise = task.SIGMA_NOISE * jax.random.normal(random, weights.shape)
            weights = weights - task.LEARNING_RATE * slope + noise
            return jnp.where(positive, jnp.maximum(weights, 0), jnp.minimum(weights, 0))

        def update(kernels, latencies, labels, random):
            value, slopes = jax.value_and_grad(loss)(kernels, latencies, labels)
            leaves, form = jax.tree.flatten(kernels)
            keys = jax.random.split(random, len(leaves))
            moved = [disturbed(*parts) for parts in zip(leaves, jax.tree.leaves(slopes), keys, positive)]
            return value, jax.tree.unflatten(form, moved)

        self.update = jax.jit(update)
        self.value_and_slopes = jax.jit(jax.value_and_grad(loss))

    def train(self, latencies, labels):
        """Runs forward, backward and update of one batch; returns the loss."""
        self.random, random = jax.random.split(self.random)
        loss, self.kernels = self.update(self.kernels, latencies, labels, random)
        return float(loss)

    def slopes(self, latencies, labels):
        """Returns the loss and its gradients by weights, rows x columns."""
        loss, slopes = self.value_and_slopes(self.kernels, latencies, labels)
        return float(loss), [np.asarray(slope) for slope in jax.tree.leaves(slopes)]


def trainer(weights):
    return Trainer(weights)
