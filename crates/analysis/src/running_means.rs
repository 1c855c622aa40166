//! Mean outcomes of a run so far by axis value, shown while trials run.

use ohmspike_study::axis_value::plain;
use ohmspike_study::study::{Axis, Study};

/// Sums of outcomes by value of each axis.
#[derive(Clone, Debug)]
pub struct RunningMeans<'a> {
    study: &'a Study,
    /// By axis and value: sum of outcomes, number of outcomes, number of excluded trials.
    sums: Vec<Vec<(f64, usize, usize)>>,
}

impl RunningMeans<'_> {
    /// Starts without outcomes of `study`.
    pub fn new(study: &Study) -> RunningMeans<'_> {
        RunningMeans { sums: study.axes.iter().map(|axis| vec![(0.0, 0, 0); axis.values.len()]).collect(), study }
    }

    /// Adds the `outcome` of a trial, and whether it is usable.
    pub fn add(&mut self, condition: usize, outcome: f64, usable: bool) {
        for (sums, place) in self.sums.iter_mut().zip(self.study.places(condition)) {
            sums[place].0 += outcome;
            sums[place].1 += 1;
            sums[place].2 += usize::from(!usable);
        }
    }

    /// Formats one small table per axis, at most `width` letters wide if its key and one value fit. It shows the
    /// values, the mean outcomes over all other axes in percent, the number of trials, and the number of excluded
    /// trials if there are any.
    pub fn table(&self, width: usize) -> String {
        let axes = self.study.axes.iter().zip(&self.sums).filter(|(axis, _)| axis.values.len() > 1);
        axes.map(|(axis, sums)| axis_table(axis, sums, width)).collect::<Vec<_>>().join("\n")
    }
}

fn axis_table(axis: &Axis, sums: &[(f64, usize, usize)], width: usize) -> String {
    let mean = |&(sum, count, _): &(f64, usize, usize)| {
        if count == 0 { "-".to_owned() } else { format!("{:.1}", 100.0 * sum / count as f64) }
    };
    let unusable: usize = sums.iter().map(|sum| sum.2).sum();
    let rows = if unusable > 0 { 4 } else { 3 };
    let column = |(value, sum): (&toml::Value, &(f64, usize, usize))| {
        [plain(value), mean(sum), sum.1.to_string(), sum.2.to_string()]
    };
    let columns: Vec<[String; 4]> = axis.values.iter().zip(sums).map(column).collect();
    let heads = [axis.key.as_str(), "  mean outcome, %", "  trials", "  excluded"];
    let letters = |text: &str| text.chars().count();
    let head = heads.iter().map(|head| letters(head)).max().unwrap_or(0);
    let cell = columns.iter().flatten().map(|cell| letters(cell)).max().unwrap_or(0).max(5);
    let per_row = (width.saturating_sub(head) / (cell + 2)).max(1);
    let line = |columns: &[[String; 4]], row: usize| {
        let cells: String = columns.iter().map(|column| format!("  {:>cell$}", column[row])).collect();
        format!("{:<head$}{cells}\n", heads[row])
    };
    columns.chunks(per_row).flat_map(|columns| (0..rows).map(move |row| line(columns, row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study() -> Study {
        let text = "name = \"tally\"\n[network]\nexcitatory_fraction = [0.5, 1.0]\n[noise]\nlevel_percent = [1, 20, \
                    100]\n\
                    [hardware]\ndevice = [\"none\"]\n";
        Study::parse("tally.toml", text, &[]).expect("the test's own study")
    }

    #[test]
    fn outcomes_are_averaged_over_the_other_axes() {
        let study = study();
        let mut tally = RunningMeans::new(&study);
        for (condition, outcome) in [(0, 0.8), (0, 0.7), (1, 0.5), (3, 0.6)] {
            tally.add(condition, outcome, true);
        }
        // An axis with one value has nothing to compare.
        let expected = "\
network.excitatory_fraction    0.5    1.0
  mean outcome, %             66.7   60.0
  trials                         3      1

noise.level_percent      1     20    100
  mean outcome, %     70.0   50.0      -
  trials                 3      1      0
";
        assert_eq!(tally.table(78), expected);
        tally.add(2, 0.1, false);
        assert!(
            tally
                .table(78)
                .contains("  trials                 3      1      1\n  excluded               0      0      1\n")
        );
    }

    #[test]
    fn a_narrow_table_has_several_rows() {
        let study = study();
        let table = RunningMeans::new(&study).table(34);
        assert!(table.lines().all(|line| line.chars().count() <= 34), "{table}");
        assert_eq!(table.lines().filter(|line| line.starts_with("noise.level_percent")).count(), 2, "{table}");
        assert!(!RunningMeans::new(&study).table(0).is_empty(), "one value per row");
    }
}
