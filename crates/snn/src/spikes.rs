//! The input spikes of many samples, stored by step: what the network reads is which units spike now.

use ohmspike_simd::prefetch;
use serde::{Deserialize, Serialize};

/// Spike trains of samples x steps x units, compressed: only the spikes are stored.
///
/// An input of k in one step is k entries of its unit in that step. Whatever reads spikes takes entry after entry, so
/// that the
/// current rises by k w, the gradient of the weight holds k i\[t+1\], and the row is driven k times: read energy counts
/// k reads,
/// and independent read noise adds k times its variance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpikeTrains {
    units: usize,
    steps: usize,
    /// Index into `spikes` where each step of each sample starts, and one last end: samples x steps + 1 entries.
    starts: Vec<u32>,
    /// Units that spike, step after step, rising within a step; an input of k is k equal entries.
    spikes: Vec<u16>,
}

/// What several events of a unit in one step are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EventsPerStep {
    /// An input as large as their number.
    Count,
    /// One spike.
    #[default]
    Binary,
}

/// What became of events that were put into steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binned {
    /// All events.
    pub events: u64,
    /// Those merged with an earlier event of their unit in the same step; none where events are counted.
    pub merged: u64,
    /// Those at or past the end of the window, which are dropped.
    pub late: u64,
}

impl std::ops::AddAssign for Binned {
    fn add_assign(&mut self, other: Binned) {
        self.events += other.events;
        self.merged += other.merged;
        self.late += other.late;
    }
}

/// A sample cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpikesError {
    /// More units than an index can name.
    #[error("units: at most 65536 can be told apart, got {0}")]
    TooManyUnits(usize),
    /// More spikes than an index can name.
    #[error("spikes: at most 4294967295 can be stored together")]
    TooManySpikes,
}

impl SpikeTrains {
    /// An empty collection for samples of `steps` steps over `units` units.
    ///
    /// # Errors
    /// [`SpikesError::TooManyUnits`] above 65,536 units.
    pub fn new(units: usize, steps: usize) -> Result<SpikeTrains, SpikesError> {
        if units > 1 << 16 {
            return Err(SpikesError::TooManyUnits(units));
        }
        Ok(SpikeTrains { units, steps, starts: vec![0], spikes: Vec::new() })
    }

    /// Appends a sample from the step at which each unit spikes, in the order of the units; `None` for a silent unit.
    ///
    /// # Errors
    /// [`SpikesError::TooManySpikes`] where 32 bits no longer count the spikes.
    pub fn push_latencies(&mut self, latencies: &[Option<usize>]) -> Result<(), SpikesError> {
        debug_assert_eq!(latencies.len(), self.units);
        // A counting sort by step: count, accumulate, place.
        let base = self.spikes.len();
        let mut next = vec![0usize; self.steps + 1];
        latencies.iter().flatten().for_each(|&step| next[step + 1] += 1);
        for step in 0..self.steps {
            next[step + 1] += next[step];
            let end = u32::try_from(base + next[step + 1]).map_err(|_| SpikesError::TooManySpikes)?;
            self.starts.push(end);
        }
        self.spikes.resize(base + next[self.steps], 0);
        for (unit, &step) in latencies.iter().enumerate() {
            if let Some(step) = step {
                self.spikes[base + next[step]] = unit as u16;
                next[step] += 1;
            }
        }
        Ok(())
    }

    /// Appends a sample from whether each unit spikes at each step.
    ///
    /// # Errors
    /// [`SpikesError::TooManySpikes`] where 32 bits no longer count the spikes.
    pub fn push_raster(&mut self, spiking: impl Fn(usize, usize) -> bool) -> Result<(), SpikesError> {
        for step in 0..self.steps {
            self.spikes.extend((0..self.units).filter(|&unit| spiking(step, unit)).map(|unit| unit as u16));
            self.starts.push(u32::try_from(self.spikes.len()).map_err(|_| SpikesError::TooManySpikes)?);
        }
        Ok(())
    }

    /// Appends a sample from events, in any order: the time of each, s, and its unit. All steps together last
    /// `window_seconds`.
    ///
    /// ```text
    /// step = floor(t T / W)     t time of an event, s     T number of steps     W window, s
    /// ```
    ///
    /// A time at the start of a step lies in that step, though it be rounded to f32. Events at or past the end of the
    /// window are
    /// dropped; `per_step` says what several events of a unit in one step are.
    ///
    /// # Errors
    /// [`SpikesError::TooManySpikes`] where 32 bits no longer count the spikes.
    ///
    /// # Panics
    /// Where there are not as many times as units, a time is negative or no number, a unit is not one of the
    /// collection, or the window does not last: a data set is checked when it is read.
    pub fn push_events(
        &mut self,
        times: &[f64],
        units: &[u16],
        window_seconds: f64,
        per_step: EventsPerStep,
    ) -> Result<Binned, SpikesError> {
        assert_eq!(times.len(), units.len(), "every event has a time and a unit");
        assert!(window_seconds > 0.0 && window_seconds.is_finite(), "a window lasts");
        // A raster of bits puts the events in order; those that find their bit set are few, and sorted by themselves.
        let words = self.units.div_ceil(64);
        let mut raster = vec![0_u64; self.steps * words];
        let mut repeats: Vec<(usize, u16)> = Vec::new();
        let mut binned = Binned { events: times.len() as u64, ..Binned::default() };
        for (&time, &unit) in times.iter().zip(units) {
            assert!(time >= 0.0, "times count from the start of the sample");
            assert!(usize::from(unit) < self.units, "events are of units of the collection");
            let step = step_of(time, self.steps, window_seconds);
            if step >= self.steps {
                binned.late += 1;
                continue;
            }
            let (word, bit) = (&mut raster[step * words + usize::from(unit) / 64], 1 << (unit % 64));
            match per_step {
                _ if *word & bit == 0 => *word |= bit,
                EventsPerStep::Count => repeats.push((step, unit)),
                EventsPerStep::Binary => binned.merged += 1,
            }
        }
        repeats.sort_unstable();
        self.push_in_order(&raster, &repeats)?;
        Ok(binned)
    }

    /// Appends a sample from the bits of a `raster`, so many words a step, and from `repeats` of them, which rise.
    fn push_in_order(&mut self, raster: &[u64], repeats: &[(usize, u16)]) -> Result<(), SpikesError> {
        let words = self.units.div_ceil(64);
        let mut repeats = repeats.iter().peekable();
        for step in 0..self.steps {
            for (word, &bits) in raster[step * words..][..words].iter().enumerate() {
                let mut left = bits;
                while left != 0 {
                    let unit = (64 * word) as u16 + left.trailing_zeros() as u16;
                    self.spikes.push(unit);
                    while repeats.next_if(|&&repeat| repeat == (step, unit)).is_some() {
                        self.spikes.push(unit);
                    }
                    left &= left - 1;
                }
            }
            self.starts.push(u32::try_from(self.spikes.len()).map_err(|_| SpikesError::TooManySpikes)?);
        }
        Ok(())
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        (self.starts.len() - 1).checked_div(self.steps).unwrap_or(0)
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of input units.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Steps of every sample.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Spikes of all samples together, an input of k as k.
    pub fn total(&self) -> usize {
        self.spikes.len()
    }

    /// Memory of the spikes and of where each step starts, bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.starts[..]) + size_of_val(&self.spikes[..])
    }

    /// Brings near what the samples of `order` after the one at `position` will need: samples in random order come from
    /// main memory, and where a sample's spikes lie is known only once its starts are there.
    #[inline(always)]
    pub(crate) fn prefetch_after(&self, order: &[u32], position: usize) {
        if let Some(&next) = order.get(position + 1) {
            prefetch(self.sample(next as usize).all());
        }
        if let Some(&after) = order.get(position + 2) {
            prefetch(self.sample(after as usize).starts);
        }
    }

    /// The spikes of one sample.
    pub fn sample(&self, sample: usize) -> SpikeTrain<'_> {
        let first = sample * self.steps;
        SpikeTrain { starts: &self.starts[first..=first + self.steps], spikes: &self.spikes }
    }
}

/// Half of what instruments resolve that count microseconds, s.
const HALF_A_MICROSECOND: f64 = 0.5e-6;

/// floor(t T / W), where a time that is the nearest f32 to the start of a step lies in that step: f32 is off by up to
/// 2^-24 of a
/// time, and the nearest number to 0.005 s lies below it. No time is moved by as much as a microsecond, however long the
/// recording.
fn step_of(time: f64, steps: usize, window_seconds: f64) -> usize {
    let place = time * steps as f64 / window_seconds;
    let next = place.floor() + 1.0;
    // Half an ulp of f32, and as much again for the roundings of f64; at least those of f64.
    let rounding = (next * 2f64.powi(-23)).min(HALF_A_MICROSECOND * steps as f64 / window_seconds);
    (if next - place <= rounding.max(next * 2f64.powi(-51)) { next } else { place }) as usize
}

/// The spikes of one sample: of its input, or of a hidden layer.
#[derive(Clone, Copy, Debug)]
pub struct SpikeTrain<'a> {
    starts: &'a [u32],
    spikes: &'a [u16],
}

impl<'a> SpikeTrain<'a> {
    /// Those of `spikes`, of which those of each step start where `starts` says; one last end.
    #[inline(always)]
    pub(crate) fn new(starts: &'a [u32], spikes: &'a [u16]) -> SpikeTrain<'a> {
        SpikeTrain { starts, spikes }
    }

    /// Units that spike at `step`, rising; an input of k is k equal entries.
    #[inline(always)]
    pub fn at(&self, step: usize) -> &'a [u16] {
        &self.spikes[self.starts[step] as usize..self.starts[step + 1] as usize]
    }

    /// Units that spike, step after step.
    pub fn by_step(&self) -> impl Iterator<Item = &'a [u16]> + use<'a> {
        let spikes = self.spikes;
        self.starts.windows(2).map(move |step| &spikes[step[0] as usize..step[1] as usize])
    }

    /// All units that spike, step after step.
    pub fn all(&self) -> &'a [u16] {
        &self.spikes[self.starts[0] as usize..self.starts[self.starts.len() - 1] as usize]
    }

    /// Number of steps at which a unit spikes.
    pub fn active_steps(&self) -> usize {
        self.starts.windows(2).filter(|step| step[1] > step[0]).count()
    }

    /// The first step at which a unit spikes, or the number of steps where none does.
    pub fn first_step(&self) -> usize {
        let steps = self.starts.len() - 1;
        (0..steps).find(|&step| !self.at(step).is_empty()).unwrap_or(steps)
    }
}

/// Samples with their classes: what a network is trained on or tested with.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Input spikes of every sample.
    pub spikes: SpikeTrains,
    /// Class of every sample.
    pub labels: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_and_raster_store_the_same_spikes() {
        let latencies = [Some(3), None, Some(0), Some(3), Some(4)];
        let mut by_latency = SpikeTrains::new(5, 5).expect("few units");
        let mut by_raster = by_latency.clone();
        for shift in 0..2 {
            let shifted = latencies.map(|step| step.map(|step: usize| (step + shift) % 5));
            by_latency.push_latencies(&shifted).expect("few spikes");
            by_raster.push_raster(|step, unit| shifted[unit] == Some(step)).expect("few spikes");
        }
        assert_eq!(by_latency, by_raster);
        assert_eq!(by_latency.len(), 2);
        assert_eq!(by_latency.sample(0).at(3), [0, 3]);
        assert_eq!(by_latency.sample(1).first_step(), 0);
        assert_eq!(by_latency.sample(1).at(1), [2]);
        assert_eq!(by_latency.total(), 8);
        // Two samples of five steps and a last end of 4 bytes each, and eight spikes of 2.
        assert_eq!(by_latency.bytes(), 11 * 4 + 8 * 2);
    }

    /// By hand, for four steps of a quarter of a second: the ends of steps, two events of one unit in one step, one event
    /// at the end of the window and one past it.
    #[test]
    fn events_are_put_into_steps() {
        let mut trains = SpikeTrains::new(700, 4).expect("few units");
        let times = [0.0, 0.2499, 0.25, 0.9999, 0.99, 0.3, 0.35, 1.0, 7.0];
        let units = [699, 64, 0, 63, 5, 9, 9, 1, 2];
        let binned = trains.push_events(&times, &units, 1.0, EventsPerStep::Binary).expect("few spikes");
        assert_eq!(binned, Binned { events: 9, merged: 1, late: 2 });
        trains.push_events(&[], &[], 1.0, EventsPerStep::Binary).expect("few spikes");
        let sample = trains.sample(0);
        assert_eq!([0, 1, 2, 3].map(|step| sample.at(step)), [&[64, 699][..], &[0, 9], &[], &[5, 63]]);
        assert_eq!((trains.len(), trains.total(), trains.sample(1).first_step()), (2, 6, 4));
    }

    /// The same events, counted: three of unit 65 in one step, in any order, and neighbours that are not repeated.
    #[test]
    fn several_events_in_a_step_are_an_input_of_their_number() {
        let mut trains = SpikeTrains::new(700, 4).expect("few units");
        let times = [0.30, 0.76, 0.31, 0.26, 0.27, 0.35, 0.36, 2.0, 2.0];
        let units = [65, 65, 9, 65, 64, 65, 9, 3, 3];
        let binned = trains.push_events(&times, &units, 1.0, EventsPerStep::Count).expect("few spikes");
        assert_eq!(binned, Binned { events: 9, merged: 0, late: 2 });
        let sample = trains.sample(0);
        assert_eq!([0, 1, 2, 3].map(|step| sample.at(step)), [&[][..], &[9, 9, 64, 65, 65, 65], &[], &[65]]);
        assert_eq!((trains.total(), sample.active_steps()), (7, 2));
        let mut merged = SpikeTrains::new(700, 4).expect("few units");
        let binned = merged.push_events(&times, &units, 1.0, EventsPerStep::Binary).expect("few spikes");
        assert_eq!((binned.merged, merged.sample(0).at(1)), (3, &[9, 64, 65][..]));
    }

    /// Instruments count in milliseconds, and most of these are no f32.
    #[test]
    fn a_time_at_the_start_of_a_step_lies_in_it() {
        for (steps, window, ticks) in [(500, 0.5, 1), (1000, 1.0, 1), (100, 1.4, 14), (200, 1.4, 7), (7, 0.35, 50)] {
            let mut trains = SpikeTrains::new(1, steps).expect("few units");
            let times: Vec<f64> = (0..steps).map(|step| f64::from((0.001 * (step * ticks) as f64) as f32)).collect();
            trains.push_events(&times, &vec![0; steps], window, EventsPerStep::Count).expect("few spikes");
            assert!((0..steps).all(|step| trains.sample(0).at(step) == [0]), "{steps} steps of {ticks} ms");
        }
        // A time well before the next step stays where it is: by a microsecond here.
        let mut trains = SpikeTrains::new(1, 100).expect("few units");
        trains.push_events(&[0.349_999], &[0], 0.7, EventsPerStep::Binary).expect("few spikes");
        assert_eq!(trains.sample(0).at(49), [0]);
    }

    /// In recordings of an hour and of a day: whole microseconds, as an instrument counts them, around the start of each
    /// step.
    #[test]
    fn a_microsecond_decides_over_hours() {
        for (steps, window) in [(3600, 3600.0), (36_000, 3600.0), (86_400, 86_400.0), (1000, 0.1)] {
            for step in [1, steps / 2 + 1, steps - 1] {
                let microseconds = (step as f64 * (1e6 * window / steps as f64)).round();
                for (early, expected) in [(0.0, step), (1.0, step - 1)] {
                    let time = (microseconds - early) / 1e6;
                    assert_eq!(step_of(time, steps, window), expected, "{time} s in {steps} steps of {window} s");
                }
            }
        }
    }

    #[test]
    fn events_and_raster_store_the_same_spikes() {
        let mut by_events = SpikeTrains::new(130, 10).expect("few units");
        let mut by_raster = by_events.clone();
        let spiking = |step: usize, unit: usize| (step * 31 + unit * 17).is_multiple_of(5);
        let events = (0..10).rev().flat_map(|step| (0..130).map(move |unit| (step, unit)));
        let events = events.filter(|&(step, unit)| spiking(step, unit));
        let (times, units): (Vec<f64>, Vec<u16>) = events.map(|(step, unit)| (step as f64 + 0.5, unit as u16)).unzip();
        by_events.push_events(&times, &units, 10.0, EventsPerStep::Count).expect("few spikes");
        by_raster.push_raster(spiking).expect("few spikes");
        assert_eq!(by_events, by_raster);
    }

    #[test]
    fn a_silent_sample_has_no_first_step() {
        let mut trains = SpikeTrains::new(2, 7).expect("few units");
        trains.push_latencies(&[None, None]).expect("few spikes");
        assert_eq!(trains.sample(0).first_step(), 7);
        assert_eq!(SpikeTrains::new(70_000, 1), Err(SpikesError::TooManyUnits(70_000)));
    }
}
