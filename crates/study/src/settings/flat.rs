//! Lists all keys of the settings with their values, as a study file spells them.

use super::Settings;

impl Settings {
    /// Returns every key with its value, in the order of the sections. `layer.2.hidden` belongs to the second hidden layer.
    /// Seeds above the largest TOML integer are strings of digits.
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

    /// Returns the table of these settings, with the keys that serialisation skips at their default.
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

/// Returns the word of a choice.
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
    fn numbers_layers_from_one() {
        let keys = Settings::default().resolved().keys();
        let value = |key: &str| keys.iter().find(|(known, _)| known == key).map(|(_, value)| value.to_string());
        assert_eq!(value("layer.1.hidden").as_deref(), Some("100"));
        assert_eq!(value("readout.weight_at_gmax").as_deref(), Some("8.0"));
        assert_eq!(value("layer.2.hidden"), None);
        assert_eq!(value("network.neuron").as_deref(), Some("\"lif\""));
        assert_eq!(value("outcome.success_above").as_deref(), Some("0.5"));
    }
}
