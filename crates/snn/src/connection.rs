//! The weight matrices of a network, in order of the data flow.
//!
//! ```text
//! feedforward of layer 0, [recurrent of layer 0,] feedforward of layer 1, ..., readout
//! ```
//!
//! Stores, gradients, reports and read counts are kept in this order. Random draws for a matrix come from the stream
//! with its number: 2 l for the feedforward weights of layer l, 1 for the readout, 2 l + 3 for the recurrent weights of
//! layer l. A network with one hidden layer always uses the numbers 0 and 1.

use crate::network::{Network, Sign};

/// A weight matrix. Rows are the presynaptic units, columns the postsynaptic ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Connection {
    /// From the inputs or the lower hidden layer to the hidden layer with this number, from 0.
    Feedforward(usize),
    /// From the hidden layer with this number to itself.
    Recurrent(usize),
    /// From the last hidden layer to the classes.
    Readout,
}

impl Connection {
    /// Returns the number of the random stream of this connection.
    pub fn stream(self) -> u64 {
        match self {
            Connection::Feedforward(layer) => 2 * layer as u64,
            Connection::Recurrent(layer) => 2 * layer as u64 + 3,
            Connection::Readout => 1,
        }
    }
}

impl Network {
    /// Returns the connections in order.
    pub fn connections(&self) -> impl Iterator<Item = Connection> + '_ {
        let of_layer = |(number, layer): (usize, &crate::network::HiddenLayer)| {
            let recurrent = layer.recurrent.then_some(Connection::Recurrent(number));
            [Some(Connection::Feedforward(number)), recurrent].into_iter().flatten()
        };
        self.hidden.iter().enumerate().flat_map(of_layer).chain([Connection::Readout])
    }

    /// Returns the rows and columns of `connection`.
    pub fn shape(&self, connection: Connection) -> (usize, usize) {
        let neurons = |layer: usize| self.hidden[layer].neurons;
        match connection {
            Connection::Feedforward(0) => (self.inputs, neurons(0)),
            Connection::Feedforward(layer) => (neurons(layer - 1), neurons(layer)),
            Connection::Recurrent(layer) => (neurons(layer), neurons(layer)),
            Connection::Readout => (self.last_hidden().neurons, self.classes),
        }
    }

    /// Returns the sign of each row of `connection`: inputs are excitatory, hidden neurons have the sign of their
    /// population.
    pub fn signs(&self, connection: Connection) -> Vec<Sign> {
        let (rows, _) = self.shape(connection);
        let excitatory = match connection {
            Connection::Feedforward(0) => self.inputs,
            Connection::Feedforward(layer) => self.hidden[layer - 1].excitatory,
            Connection::Recurrent(layer) => self.hidden[layer].excitatory,
            Connection::Readout => self.last_hidden().excitatory,
        };
        let sign = |row| match self.constrained {
            true if row < excitatory => Sign::Excitatory,
            true => Sign::Inhibitory,
            false => Sign::Unconstrained,
        };
        (0..rows).map(sign).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::network::Dynamics;
    use crate::network::HiddenLayer;

    use super::Connection::{Feedforward, Readout, Recurrent};
    use super::*;

    #[test]
    fn connections_are_in_order_and_have_distinct_streams() {
        let layer = |neurons, recurrent| HiddenLayer { recurrent, ..HiddenLayer::new(neurons, 0.5).expect("valid") };
        let hidden = vec![layer(4, true), layer(3, false), layer(5, true)];
        let network = Network::from_layers(7, hidden, 2, 10, &Dynamics::default()).expect("valid");
        let connections: Vec<Connection> = network.connections().collect();
        assert_eq!(connections, [Feedforward(0), Recurrent(0), Feedforward(1), Feedforward(2), Recurrent(2), Readout]);
        let shapes: Vec<_> = connections.iter().map(|&connection| network.shape(connection)).collect();
        assert_eq!(shapes, [(7, 4), (4, 4), (4, 3), (3, 5), (5, 5), (5, 2)]);
        for &connection in &connections {
            let signs = network.signs(connection);
            let inhibitory = signs.iter().filter(|&&sign| sign == Sign::Inhibitory).count();
            let from_inputs = connection == Feedforward(0);
            assert_eq!(
                (signs.len(), inhibitory),
                (network.shape(connection).0, if from_inputs { 0 } else { signs.len() / 2 })
            );
        }
        let mut streams: Vec<u64> = connections.iter().map(|connection| connection.stream()).collect();
        assert_eq!((streams[0], streams[5]), (0, 1));
        streams.sort_unstable();
        streams.dedup();
        assert_eq!(streams.len(), connections.len());
    }
}
