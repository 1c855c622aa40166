//! Which single networks stand for the others in a figure: rules that captions state.

use std::cmp::Ordering;

use super::recorded::Recorded;
use crate::details::Details;
use crate::record::Record;
use crate::run::Trial;
use crate::store::StoreError;
use crate::study::Study;
use crate::summary::plain;

/// The excitatory share of the published examples.
const FRACTION: f64 = 0.8;

/// One trial from inside.
#[derive(Clone, Debug)]
pub(super) struct Chosen<'a> {
    pub(super) trial: &'a Trial<'a>,
    pub(super) record: &'a Record,
    pub(super) details: Details,
}

impl<'a> Chosen<'a> {
    /// Of the trials whose details `fit`, the one whose excitatory share is nearest to 80:20, of these that whose noise is nearest
    /// to `level_percent`, of these the first.
    pub(super) fn nearest(
        recorded: Recorded<'a>,
        level_percent: f64,
        fit: impl Fn(&Details) -> bool,
    ) -> Result<Option<Chosen<'a>>, StoreError> {
        let distance = |trial: &Trial| {
            let settings = trial.settings;
            let fraction = (settings.network.excitatory_fraction - FRACTION).abs();
            (fraction, (settings.noise.level_percent - level_percent).abs())
        };
        let mut candidates = with_details(recorded);
        candidates.sort_by(|(one, _), (other, _)| {
            let (one, other) = (distance(one), distance(other));
            one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
        });
        for (trial, record) in candidates {
            if let Some(details) = recorded.store.details(&trial.id)?.filter(&fit) {
                return Ok(Some(Chosen { trial, record, details }));
            }
        }
        Ok(None)
    }

    /// The trials with the best, the median (the lower of two) and the worst outcome among those with details, as far as they
    /// are different ones; equals in the order of the trials.
    pub(super) fn best_median_worst(recorded: Recorded<'a>) -> Result<Vec<(&'static str, Chosen<'a>)>, StoreError> {
        let mut ranked: Vec<(&Trial, &Record, f64)> = Vec::new();
        for (trial, record) in with_details(recorded) {
            ranked.extend(record.outcome.map(|outcome| (trial, record, outcome)));
        }
        ranked.sort_by(|one, other| other.2.partial_cmp(&one.2).unwrap_or(Ordering::Equal));
        let last = ranked.len().saturating_sub(1);
        let mut places = vec![("best", 0), ("median", ranked.len() / 2), ("worst", last)];
        places.dedup_by_key(|(_, place)| *place);
        let mut chosen = Vec::new();
        for (words, place) in places {
            let Some((trial, record, _)) = ranked.get(place).copied() else { continue };
            let details = recorded.store.details(&trial.id)?;
            chosen.extend(details.map(|details| (words, Chosen { trial, record, details })));
        }
        Ok(chosen)
    }

    /// Values of the axes, seed and name of the trial.
    pub(super) fn words(&self, study: &Study) -> String {
        let values = study.axes.iter().zip(&study.conditions[self.trial.condition].values);
        let values: String = values.map(|(axis, value)| format!("{} = {}, ", axis.key, plain(value))).collect();
        format!("{values}seed {}, trial {}", self.trial.seed, self.trial.id)
    }
}

/// Trials with a record and details.
pub(super) fn with_details(recorded: Recorded<'_>) -> Vec<(&Trial<'_>, &Record)> {
    recorded.records().filter(|(trial, _)| recorded.store.has_details(&trial.id)).collect()
}
