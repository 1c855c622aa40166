//! Builds the network that settings describe.

use ohmspike_snn::network::{Network, NetworkError};

use crate::prepare::DataShape;
use crate::settings::{DescribedLayer, Settings, WeightSigns};

/// Builds the network: layer sizes, time constants and excitatory neurons.
///
/// # Errors
/// Returns a [`NetworkError`] for an invalid network, which checked settings never describe.
pub fn network(settings: &Settings, data: DataShape) -> Result<Network, NetworkError> {
    let (inputs, steps) = (data.inputs, settings.network.steps);
    let hidden = settings.hidden_layers().iter().map(DescribedLayer::of_network).collect::<Result<_, _>>()?;
    let network = Network::from_layers(inputs, hidden, data.classes, steps, &settings.dynamics())?;
    let network = Network { neuron: settings.network.neuron, ..network };
    Ok(match settings.network.signs {
        WeightSigns::Constrained => network,
        WeightSigns::Unconstrained => network.unconstrained(),
    })
}
