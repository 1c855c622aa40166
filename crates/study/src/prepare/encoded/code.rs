//! Turns decoded samples into spikes that depend on the samples alone.

use std::ops::Range;

use ohmspike_datasets::Part;
use ohmspike_snn::encode::LatencyCode;
use ohmspike_snn::spikes::{Binned, EventsPerStep, Samples, SpikeTrains, SpikesError};

use super::{PrepareError, check_keys};
use crate::settings::Settings;

/// Encoded samples, and counts of their events.
pub(super) type Encoded = (Samples, Option<Binned>);

/// How samples become spikes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    steps: usize,
    /// Duration of all time steps, s; none for dense samples.
    window_seconds: Option<f64>,
    per_step: EventsPerStep,
}

impl Code {
    /// Returns the encoding of recordings of this duration, or of dense samples without one.
    pub fn new(settings: &Settings, duration_seconds: Option<f64>) -> Result<Code, PrepareError> {
        check_keys(settings, duration_seconds)?;
        let window_seconds = settings.data.window_seconds().or(duration_seconds);
        Ok(Code { steps: settings.network.steps, window_seconds, per_step: settings.data.events_per_step() })
    }

    /// Returns the time steps of a sample.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Encodes these `samples` of `part`.
    pub fn encode(&self, part: &Part, samples: Range<usize>) -> Result<Encoded, SpikesError> {
        let (latency, units, labels) = (LatencyCode::default(), part.units(), &part.labels()[samples.clone()]);
        let numbers = samples.start * units..samples.end * units;
        match part {
            Part::Images(images) => {
                let images = images.pixels[numbers].chunks_exact(units);
                Ok((latency.samples(images, labels, self.steps)?, None))
            }
            Part::Values(values) => {
                let values = values.values[numbers].chunks_exact(units);
                Ok((latency.samples_of_values(values, labels, self.steps)?, None))
            }
            Part::Events(events) => {
                let window_seconds = self.window_seconds.expect("recordings last");
                let mut binned = Binned::default();
                let mut spikes = SpikeTrains::new(events.units, self.steps)?;
                for recording in samples {
                    let (times, units) = events.recording(recording);
                    binned += spikes.push_events(times, units, window_seconds, self.per_step)?;
                }
                Ok((Samples { spikes, labels: labels.to_vec() }, Some(binned)))
            }
        }
    }
}
