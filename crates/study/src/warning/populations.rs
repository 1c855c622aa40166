//! Warnings about excitatory fractions that no whole number of neurons matches.

use ohmspike_snn::connection::Connection;
use ohmspike_snn::network::excitatory_neurons;

use super::Warning;
use crate::settings::{Settings, connection_key};

/// A layer with its excitatory fraction rounded to whole neurons.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{key}: {excitatory} of {hidden} hidden neurons {} excitatory: a fraction of {} instead of {asked}\n\n\
     hint: choose a fraction that yields a whole number of excitatory neurons",
    super::hint::is_are(*excitatory),
    fraction(*excitatory, *hidden, *asked)
)]
pub struct Rounded {
    /// The key.
    pub key: String,
    /// Hidden neurons of the layer.
    pub hidden: usize,
    /// Excitatory neurons of the layer.
    pub excitatory: usize,
    /// Requested fraction.
    pub asked: f64,
}

/// Smallest rounding that warns, neurons: a third of 3 neurons may be written 0.333.
const WORTH_A_WORD: f64 = 0.01;

/// Returns the hidden layers of `settings` with a rounded excitatory fraction.
pub(super) fn of(settings: &Settings) -> Vec<Warning> {
    let layers = settings.hidden_layers();
    let rounded = layers.iter().enumerate().filter_map(|(number, layer)| {
        let (hidden, asked) = (layer.hidden, layer.excitatory_fraction);
        let excitatory = excitatory_neurons(hidden, asked);
        let off = (excitatory as f64 - hidden as f64 * asked).abs();
        let key = connection_key(Connection::Feedforward(number), "excitatory_fraction");
        (off > WORTH_A_WORD).then_some(Warning::Rounded(Rounded { key, hidden, excitatory, asked }))
    });
    rounded.collect()
}

/// Formats `excitatory` of `hidden` as a fraction, with at least four digits and enough to differ from `asked`.
fn fraction(excitatory: usize, hidden: usize, asked: f64) -> String {
    let made = excitatory as f64 / hidden as f64;
    let rounded = (made * 1e4).round() / 1e4;
    if rounded == asked { made.to_string() } else { rounded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::LayerSettings;

    fn messages(hidden: usize, fraction: f64) -> Vec<String> {
        let mut settings = Settings::default();
        settings.network.hidden = hidden;
        settings.network.excitatory_fraction = fraction;
        of(&settings).iter().map(Warning::to_string).collect()
    }

    #[test]
    fn warns_about_a_rounded_fraction() {
        let [message] = &messages(50, 0.575)[..] else { panic!("one warning") };
        assert_eq!(
            message,
            "network.excitatory_fraction: 29 of 50 hidden neurons are excitatory: a fraction of 0.58 instead of \
             0.575\n\n\
             hint: choose a fraction that yields a whole number of excitatory neurons"
        );
        assert!(
            messages(7, 0.5)[0].contains("4 of 7 hidden neurons are excitatory: a fraction of 0.5714 instead of 0.5")
        );
        assert!(
            messages(30_000, 0.33335)[0]
                .contains("10001 of 30000 hidden neurons are excitatory: a fraction of 0.3334 instead of 0.33335")
        );
        assert!(messages(3000, 0.3333)[0].contains(
            "1000 of 3000 hidden neurons are excitatory: a fraction of 0.3333333333333333 instead of 0.3333"
        ));
        for (hidden, fraction) in [(100, 0.29), (100, 0.8), (200, 0.95), (3, 0.333), (20, 0.0), (20, 1.0), (40, 0.575)]
        {
            assert_eq!(messages(hidden, fraction), [""; 0], "{fraction} of {hidden}");
        }
    }

    #[test]
    fn names_a_further_layer() {
        let second = toml::from_str("hidden = 9\nexcitatory_fraction = 0.8").expect("a layer");
        let settings = Settings { layers: vec![LayerSettings::default(), second], ..Settings::default() };
        let [message] = &of(&settings)[..] else { panic!("one warning") };
        assert!(message.to_string().starts_with(
            "layer.2.excitatory_fraction: 7 of 9 hidden neurons are excitatory: a fraction of 0.7778 instead of 0.8"
        ));
    }
}
