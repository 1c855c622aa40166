//! Input spikes of many samples, stored by step for the forward pass.

mod spike_train;

use ohmspike_simd::{Numbers, prefetch};
use serde::{Deserialize, Serialize};

pub use spike_train::SpikeTrain;

/// Sparse spike trains: samples x steps x units, with only the spikes stored.
///
/// An input of k in one step is stored as k entries of its unit. The forward and backward passes process each entry:
/// the current rises by k w and the gradient of the weight contains k i\[t+1\]. The row is driven k times, so the read
/// energy counts k reads and independent read noise adds k times its variance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpikeTrains {
    units: usize,
    steps: usize,
    /// Index into `spikes` of the start of each step of each sample, then the total number: samples x steps + 1
    /// entries.
    starts: Numbers<u32>,
    /// Units that spike, step by step, in ascending order within a step; an input of k is k equal entries.
    spikes: Numbers<u16>,
}

/// Rule for several events of a unit in one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EventsPerStep {
    /// The input is the number of events.
    Count,
    /// The input is one spike.
    #[default]
    Binary,
}

/// Counts of events converted to steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binned {
    /// All events.
    pub events: u64,
    /// Events merged with an earlier event of their unit in the same step; 0 if events are counted.
    pub merged: u64,
    /// Events at or after the end of the window, which are dropped.
    pub late: u64,
    /// Time of the last event, s; 0 without events.
    pub last_seconds: f64,
}

impl std::ops::AddAssign for Binned {
    fn add_assign(&mut self, other: Binned) {
        self.events += other.events;
        self.merged += other.merged;
        self.late += other.late;
        self.last_seconds = self.last_seconds.max(other.last_seconds);
    }
}

/// Reason why a sample cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpikesError {
    /// More units than the index type holds.
    #[error("units: expected at most 65536, got {0}")]
    TooManyUnits(usize),
    /// More spikes than the index type holds.
    #[error("spikes: expected at most 4294967295 in total, got more")]
    TooManySpikes,
}

impl SpikeTrains {
    /// Creates an empty collection for samples of `steps` steps and `units` units.
    ///
    /// # Errors
    /// [`SpikesError::TooManyUnits`] if there are more than 65,536 units.
    pub fn new(units: usize, steps: usize) -> Result<SpikeTrains, SpikesError> {
        if units > 1 << 16 {
            return Err(SpikesError::TooManyUnits(units));
        }
        Ok(SpikeTrains { units, steps, starts: Numbers::Owned(vec![0]), spikes: Numbers::Owned(Vec::new()) })
    }

    /// Wraps lists that [`SpikeTrains::starts`] and [`SpikeTrains::spiking_units`] returned earlier; none if their
    /// lengths disagree.
    pub fn of_lists(units: usize, steps: usize, starts: Numbers<u32>, spikes: Numbers<u16>) -> Option<SpikeTrains> {
        let whole = starts.len() % steps.max(1) == 1 % steps.max(1) && starts.first() == Some(&0);
        let ends = starts.last().is_some_and(|&end| end as usize == spikes.len());
        (units <= 1 << 16 && whole && ends).then_some(SpikeTrains { units, steps, starts, spikes })
    }

    /// Returns the index of the first spike of each step of each sample in [`SpikeTrains::spiking_units`], then their
    /// number.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// Returns the units of all spikes, sample by sample and step by step.
    pub fn spiking_units(&self) -> &[u16] {
        &self.spikes
    }

    /// Appends a sample, given the step at which each unit spikes, in order of the units; `None` for a silent unit.
    ///
    /// # Errors
    /// [`SpikesError::TooManySpikes`] if the number of spikes exceeds 32 bits.
    ///
    /// # Panics
    /// Panics if the latencies are not one per unit, or a step is out of range.
    pub fn push_latencies(&mut self, latencies: &[Option<u16>]) -> Result<(), SpikesError> {
        assert_eq!(latencies.len(), self.units, "every unit has a latency");
        // Without a branch: whether the next pixel is dark is hard to predict.
        let (mut spiking, mut count) = (vec![(0_u16, 0_u16); self.units], 0);
        for (unit, latency) in latencies.iter().enumerate() {
            spiking[count] = (latency.unwrap_or(0), unit as u16);
            count += usize::from(latency.is_some());
        }
        let spiking = &spiking[..count];

        // Counting sort by step: count, accumulate, place.
        let (starts, spikes) = (self.starts.to_mut(), self.spikes.to_mut());
        let base = spikes.len();
        u32::try_from(base + count).map_err(|_| SpikesError::TooManySpikes)?;
        let mut next = vec![0_u32; self.steps + 1];
        spiking.iter().for_each(|&(step, _)| next[usize::from(step) + 1] += 1);
        next[0] = base as u32;
        for step in 0..self.steps {
            next[step + 1] += next[step];
        }
        starts.extend_from_slice(&next[1..]);
        spikes.resize(base + count, 0);
        for &(step, unit) in spiking {
            let place = &mut next[usize::from(step)];
            spikes[*place as usize] = unit;
            *place += 1;
        }
        Ok(())
    }

    /// Appends the samples of `others`, which have the same numbers of units and steps.
    ///
    /// # Errors
    /// [`SpikesError::TooManySpikes`] if the number of spikes exceeds 32 bits.
    ///
    /// # Panics
    /// Panics if the numbers of units or steps differ.
    pub fn append(&mut self, others: &SpikeTrains) -> Result<(), SpikesError> {
        assert_eq!((self.units, self.steps), (others.units, others.steps), "samples of the same shape");
        u32::try_from(self.spikes.len() + others.spikes.len()).map_err(|_| SpikesError::TooManySpikes)?;
        let base = self.spikes.len() as u32;
        self.starts.to_mut().extend(others.starts[1..].iter().map(|start| base + start));
        self.spikes.to_mut().extend_from_slice(&others.spikes);
        Ok(())
    }

    /// Appends a sample, given whether each unit spikes at each step.
    ///
    /// # Errors
    /// [`SpikesError::TooManySpikes`] if the number of spikes exceeds 32 bits.
    pub fn push_raster(&mut self, spiking: impl Fn(usize, usize) -> bool) -> Result<(), SpikesError> {
        let (starts, spikes) = (self.starts.to_mut(), self.spikes.to_mut());
        for step in 0..self.steps {
            spikes.extend((0..self.units).filter(|&unit| spiking(step, unit)).map(|unit| unit as u16));
            starts.push(u32::try_from(spikes.len()).map_err(|_| SpikesError::TooManySpikes)?);
        }
        Ok(())
    }

    /// Appends a sample, given the time (s) and the unit of each event, in any order. All steps together last
    /// `window_seconds`.
    ///
    /// ```text
    /// step  =  floor(t T / W)        t  time of an event, s        T  number of steps        W  window, s
    /// ```
    ///
    /// A time at the start of a step is in that step, even if it was rounded to f32. Events at or after the end of the
    /// window are dropped. `per_step` sets the rule for several events of a unit in one step.
    ///
    /// # Errors
    /// [`SpikesError::TooManySpikes`] if the number of spikes exceeds 32 bits.
    ///
    /// # Panics
    /// Panics if the numbers of times and units differ, a time is negative or NaN, a unit is out of range, or the
    /// window is not positive. Data sets are checked when they are read.
    pub fn push_events(
        &mut self,
        times: &[f64],
        units: &[u16],
        window_seconds: f64,
        per_step: EventsPerStep,
    ) -> Result<Binned, SpikesError> {
        assert_eq!(times.len(), units.len(), "every event has a time and a unit");
        assert!(window_seconds > 0.0 && window_seconds.is_finite(), "the window is positive");
        // A bit raster sorts the events. Repeated events find their bit set; they are rare and sorted separately.
        let words = self.units.div_ceil(64);
        let mut raster = vec![0_u64; self.steps * words];
        let mut repeats: Vec<(usize, u16)> = Vec::new();
        let mut binned = Binned { events: times.len() as u64, ..Binned::default() };
        for (&time, &unit) in times.iter().zip(units) {
            assert!(time >= 0.0, "times are at least 0");
            assert!(usize::from(unit) < self.units, "units are in range");
            binned.last_seconds = binned.last_seconds.max(time);
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

    /// Appends a sample from the bits of a `raster` (a fixed number of words per step) and its `repeats`, in ascending
    /// order.
    fn push_in_order(&mut self, raster: &[u64], repeats: &[(usize, u16)]) -> Result<(), SpikesError> {
        let words = self.units.div_ceil(64);
        let mut repeats = repeats.iter().peekable();
        let (starts, spikes) = (self.starts.to_mut(), self.spikes.to_mut());
        for step in 0..self.steps {
            for (word, &bits) in raster[step * words..][..words].iter().enumerate() {
                let mut left = bits;
                while left != 0 {
                    let unit = (64 * word) as u16 + left.trailing_zeros() as u16;
                    spikes.push(unit);
                    while repeats.next_if(|&&repeat| repeat == (step, unit)).is_some() {
                        spikes.push(unit);
                    }
                    left &= left - 1;
                }
            }
            starts.push(u32::try_from(spikes.len()).map_err(|_| SpikesError::TooManySpikes)?);
        }
        Ok(())
    }

    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        (self.starts.len() - 1).checked_div(self.steps).unwrap_or(0)
    }

    /// Returns whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of input units.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Returns the steps per sample.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Returns the total number of spikes; an input of k counts as k.
    pub fn total(&self) -> usize {
        self.spikes.len()
    }

    /// Returns the size of spikes and step starts, in memory or in a file, bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.starts[..]) + size_of_val(&self.spikes[..])
    }

    /// Returns whether the spikes are in a file that the system pages in and out.
    pub fn is_mapped(&self) -> bool {
        self.spikes.is_mapped()
    }

    /// Returns the number of samples without a spike.
    pub fn silent(&self) -> usize {
        let end = |sample: usize| self.starts[sample * self.steps];
        (0..self.len()).filter(|&sample| end(sample) == end(sample + 1)).count()
    }

    /// Prefetches the samples that follow `position` in `order`. Samples in random order come from main memory, and the
    /// position of a sample's spikes is known only after its starts are loaded.
    #[inline(always)]
    pub(crate) fn prefetch_after(&self, order: &[u32], position: usize) {
        if let Some(&next) = order.get(position + 1) {
            prefetch(self.sample(next as usize).all());
        }
        if let Some(&after) = order.get(position + 2) {
            prefetch(self.sample(after as usize).starts());
        }
    }

    /// Returns the spikes of one sample.
    pub fn sample(&self, sample: usize) -> SpikeTrain<'_> {
        let first = sample * self.steps;
        SpikeTrain::new(&self.starts[first..=first + self.steps], &self.spikes)
    }
}

/// Half the resolution of instruments that count microseconds, s.
const HALF_A_MICROSECOND: f64 = 0.5e-6;

/// Returns floor(t T / W). A time that is the nearest f32 to the start of a step counts as in that step: f32 has a
/// relative error of up to 2^-24, and the nearest f32 to 0.005 s is below 0.005 s. No time is shifted by a microsecond
/// or more, however long the recording.
fn step_of(time: f64, steps: usize, window_seconds: f64) -> usize {
    let place = time * steps as f64 / window_seconds;
    let next = place.floor() + 1.0;
    // Half an ulp of f32, and as much for the f64 rounding; at least the f64 rounding.
    let rounding = (next * 2f64.powi(-23)).min(HALF_A_MICROSECOND * steps as f64 / window_seconds);
    (if next - place <= rounding.max(next * 2f64.powi(-51)) { next } else { place }) as usize
}

/// Labelled samples for training or evaluation.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Input spikes of all samples.
    pub spikes: SpikeTrains,
    /// Class of each sample.
    pub labels: Vec<u8>,
}

impl Samples {
    /// Returns a copy of the samples with the given numbers, in that order.
    ///
    /// # Panics
    /// Panics if a number is out of range.
    pub fn choose(&self, numbers: impl Iterator<Item = usize>) -> Samples {
        let SpikeTrains { units, steps, .. } = self.spikes;
        let (mut starts, mut spikes, mut labels) = (vec![0], Vec::new(), Vec::new());
        for number in numbers {
            for step in self.spikes.sample(number).by_step() {
                spikes.extend_from_slice(step);
                starts.push(spikes.len() as u32);
            }
            labels.push(self.labels[number]);
        }
        let spikes = SpikeTrains { units, steps, starts: Numbers::Owned(starts), spikes: Numbers::Owned(spikes) };
        Samples { spikes, labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_and_raster_store_equal_spikes() {
        let latencies = [Some(3), None, Some(0), Some(3), Some(4)];
        let mut by_latency = SpikeTrains::new(5, 5).expect("few units");
        let mut by_raster = by_latency.clone();
        for shift in 0..2 {
            let shifted = latencies.map(|step| step.map(|step: u16| (step + shift) % 5));
            by_latency.push_latencies(&shifted).expect("few spikes");
            by_raster.push_raster(|step, unit| shifted[unit].map(usize::from) == Some(step)).expect("few spikes");
        }
        assert_eq!(by_latency, by_raster);
        assert_eq!(by_latency.len(), 2);
        assert_eq!(by_latency.sample(0).at(3), [0, 3]);
        assert_eq!(by_latency.sample(1).first_step(), 0);
        assert_eq!(by_latency.sample(1).at(1), [2]);
        assert_eq!(by_latency.total(), 8);
        // Two samples of five steps and the total, 4 bytes each; eight spikes of 2 bytes.
        assert_eq!(by_latency.bytes(), 11 * 4 + 8 * 2);
    }

    /// Computed by hand for four steps of a quarter second: ends of steps, two events of one unit in one step, one
    /// event at the end of the window and one after it.
    #[test]
    fn converts_events_to_steps() {
        let mut trains = SpikeTrains::new(700, 4).expect("few units");
        let times = [0.0, 0.2499, 0.25, 0.9999, 0.99, 0.3, 0.35, 1.0, 7.0];
        let units = [699, 64, 0, 63, 5, 9, 9, 1, 2];
        let binned = trains.push_events(&times, &units, 1.0, EventsPerStep::Binary).expect("few spikes");
        assert_eq!(binned, Binned { events: 9, merged: 1, late: 2, last_seconds: 7.0 });
        trains.push_events(&[], &[], 1.0, EventsPerStep::Binary).expect("few spikes");
        let sample = trains.sample(0);
        assert_eq!([0, 1, 2, 3].map(|step| sample.at(step)), [&[64, 699][..], &[0, 9], &[], &[5, 63]]);
        assert_eq!((trains.len(), trains.total(), trains.sample(1).first_step()), (2, 6, 4));
    }

    /// The same events with counting: three of unit 65 in one step, in any order, and single events of its neighbours.
    #[test]
    fn counts_several_events_in_a_step() {
        let mut trains = SpikeTrains::new(700, 4).expect("few units");
        let times = [0.30, 0.76, 0.31, 0.26, 0.27, 0.35, 0.36, 2.0, 2.0];
        let units = [65, 65, 9, 65, 64, 65, 9, 3, 3];
        let binned = trains.push_events(&times, &units, 1.0, EventsPerStep::Count).expect("few spikes");
        assert_eq!(binned, Binned { events: 9, merged: 0, late: 2, last_seconds: 2.0 });
        let sample = trains.sample(0);
        assert_eq!([0, 1, 2, 3].map(|step| sample.at(step)), [&[][..], &[9, 9, 64, 65, 65, 65], &[], &[65]]);
        assert_eq!((trains.total(), sample.active_steps()), (7, 2));
        let mut merged = SpikeTrains::new(700, 4).expect("few units");
        let binned = merged.push_events(&times, &units, 1.0, EventsPerStep::Binary).expect("few spikes");
        assert_eq!((binned.merged, merged.sample(0).at(1)), (3, &[9, 64, 65][..]));
    }

    /// Instruments count milliseconds, most of which are not exact in f32.
    #[test]
    fn a_time_at_the_start_of_a_step_is_in_that_step() {
        for (steps, window, ticks) in [(500, 0.5, 1), (1000, 1.0, 1), (100, 1.4, 14), (200, 1.4, 7), (7, 0.35, 50)] {
            let mut trains = SpikeTrains::new(1, steps).expect("few units");
            let times: Vec<f64> = (0..steps).map(|step| f64::from((0.001 * (step * ticks) as f64) as f32)).collect();
            trains.push_events(&times, &vec![0; steps], window, EventsPerStep::Count).expect("few spikes");
            assert!((0..steps).all(|step| trains.sample(0).at(step) == [0]), "{steps} steps of {ticks} ms");
        }
        // A time 1 µs before the next step stays in its step.
        let mut trains = SpikeTrains::new(1, 100).expect("few units");
        trains.push_events(&[0.349_999], &[0], 0.7, EventsPerStep::Binary).expect("few spikes");
        assert_eq!(trains.sample(0).at(49), [0]);
    }

    /// Whole microseconds around the start of each step, in recordings of an hour and of a day.
    #[test]
    fn steps_are_exact_to_a_microsecond_over_hours() {
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
    fn appended_samples_follow_the_first() {
        let of = |samples: &[[Option<u16>; 3]]| {
            let mut trains = SpikeTrains::new(3, 4).expect("few units");
            samples.iter().for_each(|latencies| trains.push_latencies(latencies).expect("few spikes"));
            trains
        };
        let samples = [[Some(3), None, Some(0)], [None; 3], [Some(1); 3]];
        for first in 0..=samples.len() {
            let mut trains = of(&samples[..first]);
            trains.append(&of(&samples[first..])).expect("few spikes");
            assert_eq!(trains, of(&samples));
        }
    }

    #[test]
    fn events_and_raster_store_equal_spikes() {
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
