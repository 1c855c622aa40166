//! The devices that hold the weights of a trial.

use ohmspike_snn::connection::Connection;

use super::LoadedDevice;

/// The devices of one trial, by connection.
#[derive(Clone, Debug, Default)]
pub struct Devices<'a> {
    /// Device named by `hardware.device`.
    first: Option<&'a LoadedDevice>,
    /// Connections with another device; none for digital weights.
    others: Vec<(Connection, Option<&'a LoadedDevice>)>,
}

impl<'a> From<Option<&'a LoadedDevice>> for Devices<'a> {
    /// Uses the same device for all weights.
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

    /// Returns the device that holds `connection`; none for digital weights.
    pub fn of(&self, connection: Connection) -> Option<&'a LoadedDevice> {
        self.others.iter().find(|(other, _)| *other == connection).map_or(self.first, |(_, device)| *device)
    }

    /// Returns the device named by `hardware.device`.
    pub fn first(&self) -> Option<&'a LoadedDevice> {
        self.first
    }

    /// Returns the devices that the study names for single connections.
    pub fn others(&self) -> impl Iterator<Item = (Connection, &'a LoadedDevice)> {
        self.others.iter().filter_map(|(connection, device)| Some((*connection, (*device)?)))
    }

    /// Returns each device that holds some of `connections`, together with these connections.
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
