//! The spikes of one sample, by step.

/// Spikes of one sample, of its input or of a hidden layer.
#[derive(Clone, Copy, Debug)]
pub struct SpikeTrain<'a> {
    starts: &'a [u32],
    spikes: &'a [u16],
}

impl<'a> SpikeTrain<'a> {
    /// Wraps `spikes`; those of each step begin at the index in `starts`, which ends with the total number.
    #[inline(always)]
    pub(crate) fn new(starts: &'a [u32], spikes: &'a [u16]) -> SpikeTrain<'a> {
        SpikeTrain { starts, spikes }
    }

    /// Returns the index of the first spike of each step, then the end.
    #[inline(always)]
    pub(super) fn starts(&self) -> &'a [u32] {
        self.starts
    }

    /// Returns the units that spike at `step`, in ascending order; an input of k is k equal entries.
    #[inline(always)]
    pub fn at(&self, step: usize) -> &'a [u16] {
        &self.spikes[self.starts[step] as usize..self.starts[step + 1] as usize]
    }

    /// Returns the units that spike from step `first` to the step before `last`, step by step.
    #[inline(always)]
    pub(crate) fn between(&self, first: usize, last: usize) -> &'a [u16] {
        &self.spikes[self.starts[first] as usize..self.starts[last] as usize]
    }

    /// Returns whether no unit spikes after `step`.
    #[inline(always)]
    pub(crate) fn none_after(&self, step: usize) -> bool {
        self.starts[step + 1] == self.starts[self.starts.len() - 1]
    }

    /// Iterates over the units that spike, step by step.
    pub fn by_step(&self) -> impl Iterator<Item = &'a [u16]> + use<'a> {
        let spikes = self.spikes;
        self.starts.windows(2).map(move |step| &spikes[step[0] as usize..step[1] as usize])
    }

    /// Returns the units of all spikes in order of the steps.
    pub fn all(&self) -> &'a [u16] {
        &self.spikes[self.starts[0] as usize..self.starts[self.starts.len() - 1] as usize]
    }

    /// Returns the number of steps with spikes.
    pub fn active_steps(&self) -> usize {
        self.starts.windows(2).filter(|step| step[1] > step[0]).count()
    }

    /// Returns the first step with a spike, or the number of steps if there is none.
    pub fn first_step(&self) -> usize {
        let steps = self.starts.len() - 1;
        (0..steps).find(|&step| !self.at(step).is_empty()).unwrap_or(steps)
    }
}
