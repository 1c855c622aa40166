//! Numbers that stand for `auto` between reading a study and its calibration.

use std::collections::BTreeSet;

use ohmspike_snn::connection::Connection;

use super::scale::FIRST_WEIGHTS;
use super::set_weight_at_gmax;
use crate::settings::value::POSITIVE;
use crate::settings::{Settings, connection_key};

/// Sets the `keys` that are `auto` to numbers that fit the other settings, so that these can be checked: the defaults of
/// [`Settings`], with a spread that fits a given weight at Gmax and the reverse. Connections
/// without a device keep the default, as if the key were not there.
pub(crate) fn provisional(settings: &mut Settings, keys: &BTreeSet<String>) {
    let (sigma, weight) = ("weights.sigma_init", "hardware.weight_at_gmax");
    if keys.contains(sigma) && !keys.contains(weight) {
        let most = settings.hardware.weight_at_gmax / FIRST_WEIGHTS;
        settings.weights.sigma_init = settings.weights.sigma_init.min(most).max(POSITIVE.low);
    }
    let held = |connection: &Connection| settings.device_of(*connection).is_some();
    for connection in settings.connections().into_iter().filter(held).collect::<Vec<_>>() {
        let needed = FIRST_WEIGHTS * settings.sigma_of(connection);
        if keys.contains(&connection_key(connection, "weight_at_gmax"))
            && settings.weight_at_gmax_of(connection) < needed
        {
            set_weight_at_gmax(settings, connection, needed.min(POSITIVE.high));
        }
    }
}

/// Returns the key of the spread that `connection` inherits if it has none: recurrent weights take that of their layer.
pub(crate) fn followers(settings: &Settings, keys: &BTreeSet<String>) -> BTreeSet<String> {
    let of = |connection: Connection| match connection {
        Connection::Recurrent(layer) => {
            let own = connection_key(connection, "sigma_recurrent");
            let given = match layer {
                0 => settings.weights.sigma_recurrent,
                layer => settings.layers.get(layer).and_then(|layer| layer.sigma_recurrent),
            };
            let follows = given.is_none() && keys.contains(&connection_key(connection, "sigma_init"));
            follows.then_some(own)
        }
        _ => None,
    };
    settings.connections().into_iter().filter_map(of).collect()
}
