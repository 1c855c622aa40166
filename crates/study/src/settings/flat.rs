//! Every key of the settings with its value, as a study spells them.

use super::Settings;

impl Settings {
    /// Every key with its section, in the order of the sections, and its value: `layer.2.hidden` is of the second hidden layer.
    /// Seeds beyond the integers of TOML are the text of their digits.
    pub fn keys(&self) -> Vec<(String, toml::Value)> {
        let mut keys = Vec::new();
        for (section, value) in self.table() {
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
    }
}
