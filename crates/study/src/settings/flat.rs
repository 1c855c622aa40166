//! Every key of the settings with its value, as a study spells them.

use super::Settings;

impl Settings {
    /// Every key with its section, in the order of the sections, and its value: `layer.2.hidden` is of the second hidden layer.
    /// Seeds beyond the integers of TOML are the text of their digits.
    pub fn keys(&self) -> Vec<(String, toml::Value)> {
        let mut keys = Vec::new();
        for (section, value) in self.with_defaults() {
            match value {
                toml::Value::Array(layers) => {
                    for (number, layer) in layers.into_iter().enumerate() {
                        add(&mut keys, &format!("{section}.{}", number + 1), layer);
                    }
                }
                section_keys => add(&mut keys, &section, section_keys),
            }
        }
        keys
    }

    /// The table of these settings, with the keys that it leaves out where they have their default.
    fn with_defaults(&self) -> toml::Table {
        let mut table = self.table();
        let (network, outcome) = (&self.network, &self.outcome);
        let keys = [
            ("data", "encoding", word(self.data.encoding)),
            ("network", "neuron", word(network.neuron)),
            ("network", "recurrent", network.recurrent.into()),
            ("network", "signs", word(network.signs)),
            ("outcome", "success_of", word(outcome.success_of)),
            ("outcome", "success_above", outcome.success_above.into()),
        ];
        for (section, key, value) in keys {
            let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
            if let Some(keys) = section.as_table_mut() {
                keys.entry(key).or_insert(value);
            }
        }
        table
    }
}

/// The word of a setting that is one of several.
fn word(choice: impl serde::Serialize) -> toml::Value {
    toml::Value::try_from(choice).expect("choices are words")
}

fn add(keys: &mut Vec<(String, toml::Value)>, section: &str, value: toml::Value) {
    let toml::Value::Table(table) = value else { return };
    keys.extend(table.into_iter().map(|(key, value)| (format!("{section}.{key}"), value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_numbered_from_one() {
        let keys = Settings::default().resolved().keys();
        let value = |key: &str| keys.iter().find(|(known, _)| known == key).map(|(_, value)| value.to_string());
        assert_eq!(value("layer.1.hidden").as_deref(), Some("100"));
        assert_eq!(value("readout.weight_at_gmax").as_deref(), Some("8.0"));
        assert_eq!(value("layer.2.hidden"), None);
        assert_eq!(value("network.neuron").as_deref(), Some("\"lif\""));
        assert_eq!(value("outcome.success_above").as_deref(), Some("0.5"));
    }
}
