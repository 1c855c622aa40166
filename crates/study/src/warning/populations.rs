//! Excitatory fractions that whole neurons cannot give.

use ohmspike_snn::connection::Connection;
use ohmspike_snn::network::excitatory_neurons;

use super::Warning;
use crate::settings::{Settings, connection_key};

/// A layer whose excitatory fraction is the nearest that whole neurons give, and not the one asked for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{key}: {excitatory} of {hidden} hidden neurons excite: {}, not {asked}\n\n\
     hint: choose a fraction and a number of neurons that together make whole excitatory neurons",
    fraction(*excitatory, *hidden, *asked)
)]
pub struct Rounded {
    /// The key.
    pub key: String,
    /// Its neurons.
    pub hidden: usize,
    /// Those that excite.
    pub excitatory: usize,
    /// The fraction asked for.
    pub asked: f64,
}

/// A difference that is worth a word, neurons: a third of 3 neurons may be written 0.333.
const WORTH_A_WORD: f64 = 0.01;

/// The hidden layers of `settings` whose fraction is not the one asked for.
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

/// `excitatory` of `hidden` as a fraction, in as many digits as tell it from the one `asked` for, four at least.
fn fraction(excitatory: usize, hidden: usize, asked: f64) -> String {
    let made = excitatory as f64 / hidden as f64;
    let rounded = (made * 1e4).round() / 1e4;
    if rounded == asked { made.to_string() } else { rounded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::LayerSettings;

    fn told(hidden: usize, fraction: f64) -> Vec<String> {
        let mut settings = Settings::default();
        settings.network.hidden = hidden;
        settings.network.excitatory_fraction = fraction;
        of(&settings).iter().map(Warning::to_string).collect()
    }

    #[test]
    fn what_was_made_of_a_fraction_is_said() {
        let [message] = &told(50, 0.575)[..] else { panic!("one warning") };
        assert_eq!(
            message,
            "network.excitatory_fraction: 29 of 50 hidden neurons excite: 0.58, not 0.575\n\n\
             hint: choose a fraction and a number of neurons that together make whole excitatory neurons"
        );
        assert!(told(7, 0.5)[0].contains("4 of 7 hidden neurons excite: 0.5714, not 0.5"));
        assert!(told(30_000, 0.33335)[0].contains("10001 of 30000 hidden neurons excite: 0.3334, not 0.33335"));
        assert!(told(3000, 0.3333)[0].contains("1000 of 3000 hidden neurons excite: 0.3333333333333333, not 0.3333"));
        for (hidden, fraction) in [(100, 0.29), (100, 0.8), (200, 0.95), (3, 0.333), (20, 0.0), (20, 1.0), (40, 0.575)]
        {
            assert_eq!(told(hidden, fraction), [""; 0], "{fraction} of {hidden}");
        }
    }

    #[test]
    fn a_further_layer_is_named() {
        let second = toml::from_str("hidden = 9\nexcitatory_fraction = 0.8").expect("a layer");
        let settings = Settings { layers: vec![LayerSettings::default(), second], ..Settings::default() };
        let [message] = &of(&settings)[..] else { panic!("one warning") };
        assert!(
            message
                .to_string()
                .starts_with("layer.2.excitatory_fraction: 7 of 9 hidden neurons excite: 0.7778, not 0.8")
        );
    }
}
