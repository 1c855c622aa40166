//! Which device holds which weights of a trial.

use ohmspike_snn::connection::Connection;

use super::LoadedDevice;

/// The devices of one trial.
#[derive(Clone, Debug, Default)]
pub struct Devices<'a> {
    /// That of `hardware.device`.
    first: Option<&'a LoadedDevice>,
    /// Where the study names another one; none where weights are abstract there.
    others: Vec<(Connection, Option<&'a LoadedDevice>)>,
}

impl<'a> From<Option<&'a LoadedDevice>> for Devices<'a> {
    /// The same for all weights.
    fn from(first: Option<&'a LoadedDevice>) -> Devices<'a> {
        Devices { first, others: Vec::new() }
    }
}

impl<'a> Devices<'a> {
    pub(crate) fn new(
        first: Option<&'a LoadedDevice>,
        others: Vec<(Connection, Option<&'a LoadedDevice>)>,
    ) -> Devices<'a> {
        Devices { first, others }
    }

    /// What holds the weights of `connection`; none where they are abstract.
    pub fn of(&self, connection: Connection) -> Option<&'a LoadedDevice> {
        self.others.iter().find(|(other, _)| *other == connection).map_or(self.first, |(_, device)| *device)
    }

    /// That of `hardware.device`.
    pub fn first(&self) -> Option<&'a LoadedDevice> {
        self.first
    }

    /// Every device that the study names for a connection of its own.
    pub fn others(&self) -> impl Iterator<Item = (Connection, &'a LoadedDevice)> {
        self.others.iter().filter_map(|(connection, device)| Some((*connection, (*device)?)))
    }

    /// Each device that holds weights of some of these `connections`, with those of them that it holds.
    pub fn with<C: Copy>(&self, connections: &[(Connection, C)]) -> Vec<(&'a LoadedDevice, Vec<(Connection, C)>)> {
        let mut held: Vec<(&LoadedDevice, Vec<(Connection, C)>)> = Vec::new();
        for &(connection, what) in connections {
            let Some(device) = self.of(connection) else { continue };
            match held.iter_mut().find(|(known, _)| std::ptr::eq(*known, device)) {
                Some((_, connections)) => connections.push((connection, what)),
                None => held.push((device, vec![(connection, what)])),
            }
        }
        held
    }
}
