//! Ranks conditions by paired tests on shared seeds.

use ohmspike_stats::Estimate;
use ohmspike_stats::draws::Drawn;
use ohmspike_stats::paired::{Adjusted, Paired, PairedError, adjusted};

/// Largest number of conditions: all pairs are tested.
const MAX_CONDITIONS: usize = 50;
/// Largest number of names in a sentence.
const MAX_NAMES: usize = 4;

/// Conditions compared with each other.
pub struct Ranking {
    /// Conditions by descending mean.
    order: Vec<usize>,
    names: Vec<String>,
    /// Tests of all pairs, smaller index first.
    tests: Vec<((usize, usize), Result<Adjusted, PairedError>)>,
}

/// One end of a ranking.
#[derive(Clone)]
pub struct End {
    /// Name of the outermost condition.
    pub name: String,
    /// Conditions that do not differ from it significantly.
    pub like: Vec<String>,
    /// Conditions that could not be tested against it, with the reason.
    pub untested: Vec<(String, PairedError)>,
    /// Smallest detectable difference to all conditions in `like`; none if there are none.
    pub least_difference: Option<f64>,
}

impl Ranking {
    /// Compares named outcomes; none for fewer than two conditions, or too many.
    pub fn new(values: Vec<(String, Vec<Drawn>)>) -> Option<Ranking> {
        let mean = |drawn: &Vec<Drawn>| Some(Estimate::from_drawn(drawn)?.mean);
        Ranking::by(values, mean, |one, other| Paired::new(one, other))
    }

    /// Ranks named values by `mean` and tests all pairs with `test`; none for fewer than two, or too many.
    pub fn by<T>(
        values: Vec<(String, T)>,
        mean: impl Fn(&T) -> Option<f64>,
        test: impl Fn(&T, &T) -> Result<Paired, PairedError>,
    ) -> Option<Ranking> {
        if !(2..=MAX_CONDITIONS).contains(&values.len()) {
            return None;
        }
        let means: Option<Vec<f64>> = values.iter().map(|(_, value)| mean(value)).collect();
        let means = means?;
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&one, &other| means[other].total_cmp(&means[one]));
        let pairs: Vec<(usize, usize)> =
            (0..values.len()).flat_map(|one| (one + 1..values.len()).map(move |other| (one, other))).collect();
        let tests = pairs.iter().map(|&(one, other)| test(&values[one].1, &values[other].1)).collect();
        let tests = pairs.iter().copied().zip(adjusted(tests)).collect();
        Some(Ranking { order, names: values.into_iter().map(|(name, _)| name).collect(), tests })
    }

    /// Returns whether any pair could be tested.
    pub fn is_tested(&self) -> bool {
        self.tests.iter().any(|(_, test)| test.is_ok())
    }

    /// Returns the end with the highest mean.
    pub fn highest(&self) -> End {
        self.end(self.order[0])
    }

    /// Returns the end with the lowest mean.
    pub fn lowest(&self) -> End {
        self.end(self.order[self.order.len() - 1])
    }

    fn end(&self, place: usize) -> End {
        let test = |other: usize| {
            let pair = (place.min(other), place.max(other));
            self.tests.iter().find(|(known, _)| *known == pair).map(|(_, test)| *test)
        };
        let others = self.order.iter().copied().filter(|&other| other != place);
        let (mut like, mut untested, mut least_difference) = (Vec::new(), Vec::new(), None);
        for (other, test) in others.filter_map(|other| Some((other, test(other)?))) {
            let name = self.names[other].clone();
            match test {
                Ok(test) if test.differs() => {}
                Ok(test) => {
                    like.push(name);
                    least_difference = Some(test.least_difference().max(least_difference.unwrap_or(0.0)));
                }
                // The order of the pair is arbitrary, so its sign means nothing.
                Err(PairedError::NoSpread { n, difference }) => {
                    untested.push((name, PairedError::NoSpread { n, difference: difference.abs() }));
                }
                Err(error) => untested.push((name, error)),
            }
        }
        End { name: self.names[place].clone(), like, untested, least_difference }
    }
}

impl End {
    /// Returns whether it differs from all other conditions.
    pub fn stands_alone(&self) -> bool {
        self.like.is_empty() && self.untested.is_empty()
    }

    /// Lists this condition and those that do not differ from it.
    pub fn names(&self) -> String {
        listed(std::iter::once(self.name.clone()).chain(self.like.iter().cloned()).collect())
    }

    /// Lists the untested conditions by reason. Many conditions with one reason are counted.
    pub fn untested_names(&self) -> String {
        let mut by_reason: Vec<(String, Vec<String>)> = Vec::new();
        for (name, error) in &self.untested {
            let reason = error.to_string();
            match by_reason.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, names)) => names.push(name.clone()),
                None => by_reason.push((reason, vec![name.clone()])),
            }
        }
        let words = |(reason, names): (String, Vec<String>)| match names.len() {
            many if many > MAX_NAMES => format!("{many} conditions ({reason})"),
            _ => format!("{} ({reason})", listed(names)),
        };
        listed(by_reason.into_iter().map(words).collect())
    }
}

/// Lists a few names and counts the rest.
fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(MAX_NAMES);
    names.truncate(MAX_NAMES);
    match (more, names.split_last()) {
        (0, Some((last, rest))) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        (0, _) => names.join(", "),
        (more, _) => format!("{} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_stats::draws::Draws;

    use super::*;

    fn ranking(means: &[(&str, f64)], spread: f64) -> Ranking {
        let drawn = |place: usize, mean: f64| {
            let own = |seed: u64| spread * (((seed + 1) * (place as u64 + 3) * 7) % 11) as f64;
            (1..=6).map(|seed| (Draws::all(seed), mean + own(seed) + 0.1 * seed as f64)).collect()
        };
        let values = means.iter().enumerate().map(|(place, (name, mean))| ((*name).to_owned(), drawn(place, *mean)));
        Ranking::new(values.collect()).expect("several")
    }

    #[test]
    fn the_highest_is_named_only_if_significant() {
        let clear = ranking(&[("a", 0.5), ("b", 0.7), ("c", 0.6)], 1e-4);
        assert!(clear.highest().name == "b" && clear.highest().like.is_empty() && clear.lowest().name == "a");
        let noise = ranking(&[("a", 0.5), ("b", 0.501), ("c", 0.1)], 1e-2);
        let highest = noise.highest();
        assert_eq!(highest.like.len(), 1, "{:?}", highest.like);
        assert!(highest.names().contains(" and ") && highest.least_difference.is_some_and(|least| least > 0.001));
        assert!(noise.lowest().like.is_empty());
    }

    #[test]
    fn one_repeat_is_not_tested() {
        let one = |name: &str, value: f64| (name.to_owned(), vec![(Draws::all(1), value)]);
        let ranking = Ranking::new(vec![one("a", 0.1), one("b", 0.9)]).expect("two");
        assert!(!ranking.is_tested() && ranking.highest().least_difference.is_none());
        assert!(Ranking::new(vec![one("a", 0.1)]).is_none());
    }

    /// b is exactly 0.5 above a in every seed and shares one seed with c: neither pair can be tested.
    #[test]
    fn untested_conditions_are_not_called_alike() {
        let drawn = |seeds: &[u64], value: f64| {
            seeds.iter().map(|&seed| (Draws::all(seed), value + 0.125 * (seed * seed) as f64)).collect::<Vec<Drawn>>()
        };
        let values = [("a", drawn(&[1, 2, 3], 0.0)), ("b", drawn(&[1, 2, 3], 0.5)), ("c", drawn(&[3, 4, 5], -9.0))];
        let mut values: Vec<(String, Vec<Drawn>)> = values.map(|(name, drawn)| (name.to_owned(), drawn)).into();
        // d can be tested and differs.
        values.push(("d".to_owned(), (1..=3).map(|seed| (Draws::all(seed), -20.0 + 0.001 * seed as f64)).collect()));
        let highest = Ranking::new(values).expect("four").highest();
        assert!(highest.name == "b" && highest.like.is_empty() && !highest.stands_alone());
        assert_eq!(highest.least_difference, None);
        assert_eq!(
            highest.untested_names(),
            "a (all 3 pairs differ by exactly 0.5) and c (shared repeats: expected at least 3, got 1)"
        );
        let untested = ["a", "b", "c", "d", "e"].map(|name| (name.to_owned(), PairedError::TooFew { n: 1 }));
        let end = |count| End { untested: untested[..count].to_vec(), ..highest.clone() };
        assert_eq!(end(2).untested_names(), "a and b (shared repeats: expected at least 3, got 1)");
        assert_eq!(end(5).untested_names(), "5 conditions (shared repeats: expected at least 3, got 1)");
    }
}
