//! Chooses single networks for figures by rules that the captions state.

use std::cmp::Ordering;

use ohmspike_analysis::recorded::Recorded;
use ohmspike_study::axis_value::plain;
use ohmspike_study::details::Details;
use ohmspike_study::record::Record;
use ohmspike_study::run::Trial;
use ohmspike_study::store::StoreError;
use ohmspike_study::study::Study;

/// Excitatory fraction of the published examples.
const FRACTION: f64 = 0.8;

/// A trial with its details.
#[derive(Clone, Debug)]
pub(super) struct Chosen<'a> {
    pub(super) trial: &'a Trial,
    pub(super) record: &'a Record,
    pub(super) details: Details,
}

impl<'a> Chosen<'a> {
    /// Returns the trial with fitting details closest to an excitatory fraction of 0.8; ties are broken by the lowest `rank`, then by
    /// trial order.
    pub(super) fn nearest(
        recorded: Recorded<'a>,
        rank: impl Fn(&Trial, &Record) -> [f64; 2],
        fit: impl Fn(&Details) -> bool,
    ) -> Result<Option<Chosen<'a>>, StoreError> {
        let distance = |trial: &Trial, record: &Record| {
            let [first, second] = rank(trial, record);
            [(trial.settings.network.excitatory_fraction - FRACTION).abs(), first, second]
        };
        let mut candidates = with_details(recorded);
        candidates.sort_by(|(one, of_one), (other, of_other)| {
            let (one, other) = (distance(one, of_one), distance(other, of_other));
            one.partial_cmp(&other).unwrap_or(Ordering::Equal)
        });
        for (trial, record) in candidates {
            if let Some(details) = recorded.store.details(&trial.id)?.filter(&fit) {
                return Ok(Some(Chosen { trial, record, details }));
            }
        }
        Ok(None)
    }

    /// Returns the trials with the highest, the median (the lower of two) and the lowest outcome among trials with details, each trial
    /// once.
    pub(super) fn highest_median_lowest(recorded: Recorded<'a>) -> Result<Vec<(&'static str, Chosen<'a>)>, StoreError> {
        let mut ranked: Vec<(&Trial, &Record, f64)> = Vec::new();
        for (trial, record) in with_details(recorded) {
            ranked.extend(record.outcome.map(|outcome| (trial, record, outcome)));
        }
        ranked.sort_by(|one, other| other.2.partial_cmp(&one.2).unwrap_or(Ordering::Equal));
        let last = ranked.len().saturating_sub(1);
        let mut places = vec![("highest", 0), ("lowest", last), ("median", ranked.len() / 2)];
        places.sort_by_key(|(_, place)| *place);
        places.dedup_by_key(|(_, place)| *place);
        let mut chosen = Vec::new();
        for (words, place) in places {
            let Some((trial, record, _)) = ranked.get(place).copied() else { continue };
            let details = recorded.store.details(&trial.id)?;
            chosen.extend(details.map(|details| (words, Chosen { trial, record, details })));
        }
        Ok(chosen)
    }

    /// Formats swept values, seed and name of the trial.
    pub(super) fn words(&self, study: &Study) -> String {
        let values = study.axes.iter().zip(&study.conditions[self.trial.condition].values);
        let values: String = values.map(|(axis, value)| format!("{} = {}, ", axis.key, plain(value))).collect();
        format!("{values}seed {}, trial {}", self.trial.seed, self.trial.id)
    }
}

/// Returns the trials with a record and details.
pub(super) fn with_details(recorded: Recorded<'_>) -> Vec<(&Trial, &Record)> {
    recorded.records().filter(|(trial, _)| recorded.store.has_details(&trial.id)).collect()
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::Fixture;
    use ohmspike_analysis::tables::study_tables;
    use ohmspike_study::details;

    use super::super::{activity_over_time, example_activity, representative, spike_distances, weight_update};
    use super::*;

    const STUDY: &str = "[noise]\nlevel_percent = [1, 20, 40]\n[network]\nexcitatory_fraction = [0.5, 0.9, 1.0]\n";

    /// Accuracy falls with noise and rises with the excitatory fraction.
    fn fixture() -> Fixture {
        Fixture::new(STUDY, |settings, _| {
            Some(0.5 - 0.01 * settings.noise.level_percent + 0.001 * settings.network.excitatory_fraction)
        })
    }

    /// Stores details of the `wanted` trials.
    fn keep(recorded: Recorded, wanted: impl Fn(&Trial) -> bool) {
        for trial in recorded.trials.iter().filter(|trial| wanted(trial)) {
            recorded.store.keep_details(&details::empty_details(&trial.id)).expect("a writable folder");
        }
    }

    fn levels(trial: &Trial) -> (f64, f64) {
        (trial.settings.network.excitatory_fraction, trial.settings.noise.level_percent)
    }

    #[test]
    fn fractions_rank_before_noise_among_trials_with_details() {
        fixture().see(|recorded| {
            keep(recorded, |trial| trial.settings.noise.level_percent < 40.0);
            let nearest = |level: f64| {
                let rank = |trial: &Trial, _: &Record| [(trial.settings.noise.level_percent - level).abs(), 0.0];
                let chosen = Chosen::nearest(recorded, rank, |_| true).expect("readable").expect("a trial");
                (levels(chosen.trial), chosen.words(recorded.study))
            };
            assert_eq!((nearest(0.0).0, nearest(20.0).0), ((0.9, 1.0), (0.9, 20.0)));
            assert_eq!(nearest(100.0).0, (0.9, 20.0));
            let words = nearest(0.0).1;
            assert!(
                words.starts_with("network.excitatory_fraction = 0.9, noise.level_percent = 1, seed 1, trial "),
                "{words}"
            );
            let none = Chosen::nearest(recorded, |_, _| [0.0; 2], |details| details.update.is_some());
            assert!(none.expect("readable").is_none());
        });
    }

    #[test]
    fn chooses_highest_median_and_lowest_outcome() {
        let of = |wanted: fn(&Trial) -> bool| {
            fixture().see(|recorded| {
                keep(recorded, wanted);
                let chosen = Chosen::highest_median_lowest(recorded).expect("readable");
                chosen.iter().map(|(words, chosen)| (*words, levels(chosen.trial))).collect::<Vec<_>>()
            })
        };
        assert_eq!(of(|_| true), [("highest", (1.0, 1.0)), ("median", (0.9, 20.0)), ("lowest", (0.5, 40.0))]);
        let two = of(|trial| levels(trial).0 == 0.5 && levels(trial).1 < 40.0);
        assert_eq!(two, [("highest", (0.5, 1.0)), ("lowest", (0.5, 20.0))]);
        assert_eq!(of(|trial| levels(trial) == (0.5, 20.0)), [("highest", (0.5, 20.0))]);
    }

    #[test]
    fn without_data_there_is_no_figure() {
        fixture().see(|recorded| {
            assert_eq!(example_activity::figure(recorded).expect("readable"), None);
            assert_eq!(weight_update::figure(recorded).expect("readable"), None);
            assert_eq!(representative::figure(recorded).expect("readable"), None);
            assert_eq!(activity_over_time::figure(recorded).expect("readable"), None);
            assert_eq!(spike_distances::figure(recorded), None);
            assert_eq!(study_tables(recorded), []);
        });
    }
}
