//! The matrices of weights of a network, in the order in which a sample meets them.
//!
//! ```text
//! feedforward of layer 0, [recurrent of layer 0,] feedforward of layer 1, ..., readout
//! ```
//!
//! Everything that there is once a matrix (stores, gradients, reports, counts of reads) is kept in this order. What is
//! drawn for a matrix comes from the stream of its number: 2 l for the feedforward weights of layer l, 1 for the readout,
//! 2 l + 3 for the recurrent weights of layer l. A network of one layer has the numbers 0 and 1, whatever is added to it.

use crate::network::{Network, Sign};

/// One matrix of weights. Its rows are the units that send, its columns those that receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Connection {
    /// From the inputs, or the hidden layer below, to the hidden layer of this number, from 0.
    Feedforward(usize),
    /// From the neurons of the hidden layer of this number to themselves.
    Recurrent(usize),
    /// From the last hidden layer to the classes.
    Readout,
}

impl Connection {
    /// The number of the streams of what is drawn for it.
    pub fn stream(self) -> u64 {
        match self {
            Connection::Feedforward(layer) => 2 * layer as u64,
            Connection::Recurrent(layer) => 2 * layer as u64 + 3,
            Connection::Readout => 1,
        }
    }
}

impl Network {
    /// Its matrices of weights, in their order.
    pub fn connections(&self) -> impl Iterator<Item = Connection> + '_ {
        let of_layer = |(number, layer): (usize, &crate::network::HiddenLayer)| {
            let recurrent = layer.recurrent.then_some(Connection::Recurrent(number));
            [Some(Connection::Feedforward(number)), recurrent].into_iter().flatten()
        };
        self.hidden.iter().enumerate().flat_map(of_layer).chain([Connection::Readout])
    }

    /// Rows and columns of the weights of `connection`.
    pub fn shape(&self, connection: Connection) -> (usize, usize) {
        let neurons = |layer: usize| self.hidden[layer].neurons;
        match connection {
            Connection::Feedforward(0) => (self.inputs, neurons(0)),
            Connection::Feedforward(layer) => (neurons(layer - 1), neurons(layer)),
            Connection::Recurrent(layer) => (neurons(layer), neurons(layer)),
            Connection::Readout => (self.last_hidden().neurons, self.classes),
        }
    }

    /// Signs of the rows of `connection`: inputs excite, and hidden neurons do what they are.
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
    fn a_sample_meets_every_matrix_in_turn_and_each_has_streams_of_its_own() {
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
