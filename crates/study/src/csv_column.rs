//! Descriptions of CSV columns, kept beside the code that writes them.

/// A column of a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvColumn {
    /// Name in the first line. A word in braces stands for any text: `{connection}_write_pulses`.
    pub name: &'static str,
    /// Unit of the values, or `none`.
    pub unit: &'static str,
    /// What the values mean.
    pub meaning: &'static str,
}

impl CsvColumn {
    /// Describes a column.
    pub const fn new(name: &'static str, unit: &'static str, meaning: &'static str) -> CsvColumn {
        CsvColumn { name, unit, meaning }
    }

    /// Returns whether this is the description of the column `name`.
    ///
    /// ```
    /// use ohmspike_study::csv_column::CsvColumn;
    ///
    /// let pulses = CsvColumn::new("{connection}_write_pulses", "pulses", "Write pulses.");
    /// assert!(pulses.describes("hidden_1_write_pulses") && !pulses.describes("write_pulses_"));
    /// ```
    pub fn describes(&self, name: &str) -> bool {
        matches(self.name, name)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('{') else { return pattern == name };
    let Some(name) = name.strip_prefix(before) else { return false };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    name.char_indices().skip(1).map(|(at, _)| at).chain([name.len()]).any(|at| at > 0 && matches(after, &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_braces_stand_for_any_text() {
        let stage = CsvColumn::new("{connection}_{stage}_conversions", "none", "");
        assert!(stage.describes("readout_test_conversions") && !stage.describes("_conversions"));
        let key = CsvColumn::new("{section}.{key}", "none", "");
        assert!(key.describes("noise.level_percent") && !key.describes("seed") && !key.describes("noise."));
    }
}
