//! Which of several is the highest, as far as paired tests over shared seeds tell.

use crate::statistics::Sample;
use crate::statistics::draws::Drawn;
use crate::statistics::paired::{Adjusted, Paired, adjusted};

/// How many are compared at most: all pairs are tested, and a page has no room for more.
const MOST: usize = 50;
/// How many names a sentence lists.
const MOST_NAMES: usize = 4;

/// Several, compared with each other.
pub struct Ranking {
    /// Their order, the highest mean first.
    order: Vec<usize>,
    names: Vec<String>,
    /// The tests of all pairs, the smaller number first.
    tests: Vec<((usize, usize), Option<Adjusted>)>,
}

/// What can be said of one end of a ranking.
pub struct End {
    /// The name of the outermost.
    pub name: String,
    /// The names that cannot be told from it, in their order.
    pub like: Vec<String>,
    /// The smallest difference that would have been found to all of them; none where some could not be tested.
    pub least_difference: Option<f64>,
}

impl Ranking {
    /// Compares `values` by name; none with fewer than two of them, or too many.
    pub fn of(values: Vec<(String, Vec<Drawn>)>) -> Option<Ranking> {
        if !(2..=MOST).contains(&values.len()) {
            return None;
        }
        let means: Option<Vec<f64>> = values.iter().map(|(_, drawn)| Some(Sample::of_drawn(drawn)?.mean)).collect();
        let means = means?;
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&one, &other| means[other].total_cmp(&means[one]));
        let pairs: Vec<(usize, usize)> =
            (0..values.len()).flat_map(|one| (one + 1..values.len()).map(move |other| (one, other))).collect();
        let tests = pairs.iter().map(|&(one, other)| Paired::of(&values[one].1, &values[other].1)).collect();
        let tests = pairs.iter().copied().zip(adjusted(tests).into_iter().map(Result::ok)).collect();
        Some(Ranking { order, names: values.into_iter().map(|(name, _)| name).collect(), tests })
    }

    /// Whether any two could be tested.
    pub fn is_tested(&self) -> bool {
        self.tests.iter().any(|(_, test)| test.is_some())
    }

    /// The one with the highest mean.
    pub fn highest(&self) -> End {
        self.end(self.order[0])
    }

    /// The one with the lowest mean.
    pub fn lowest(&self) -> End {
        self.end(self.order[self.order.len() - 1])
    }

    fn end(&self, place: usize) -> End {
        let test = |other: usize| {
            let pair = (place.min(other), place.max(other));
            self.tests.iter().find(|(known, _)| *known == pair).and_then(|(_, test)| *test)
        };
        let others = self.order.iter().copied().filter(|&other| other != place);
        let like: Vec<usize> = others.filter(|&other| !test(other).is_some_and(|test| test.differs())).collect();
        let least = like.iter().map(|&other| test(other).map(|test| test.least_difference()));
        let least: Option<Vec<f64>> = least.collect();
        End {
            name: self.names[place].clone(),
            like: like.iter().map(|&other| self.names[other].clone()).collect(),
            least_difference: least.map(|all| all.into_iter().fold(0.0, f64::max)),
        }
    }
}

impl End {
    /// This one and those like it, as a list.
    pub fn names(&self) -> String {
        let mut names: Vec<&str> =
            std::iter::once(self.name.as_str()).chain(self.like.iter().map(String::as_str)).collect();
        let more = names.len().saturating_sub(MOST_NAMES);
        names.truncate(MOST_NAMES);
        match (more, names.split_last()) {
            (0, Some((last, rest))) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            (0, _) => names.join(", "),
            (more, _) => format!("{} and {more} more", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::draws::Draws;

    fn ranking(means: &[(&str, f64)], spread: f64) -> Ranking {
        let drawn = |place: usize, mean: f64| {
            let own = |seed: u64| spread * (((seed + 1) * (place as u64 + 3) * 7) % 11) as f64;
            (1..=6).map(|seed| (Draws::all(seed), mean + own(seed) + 0.1 * seed as f64)).collect()
        };
        let values = means.iter().enumerate().map(|(place, (name, mean))| ((*name).to_owned(), drawn(place, *mean)));
        Ranking::of(values.collect()).expect("several")
    }

    #[test]
    fn the_highest_is_named_only_beyond_chance() {
        let clear = ranking(&[("a", 0.5), ("b", 0.7), ("c", 0.6)], 1e-4);
        assert!(clear.highest().name == "b" && clear.highest().like.is_empty() && clear.lowest().name == "a");
        let noise = ranking(&[("a", 0.5), ("b", 0.501), ("c", 0.1)], 1e-2);
        let highest = noise.highest();
        assert_eq!(highest.like.len(), 1, "{:?}", highest.like);
        assert!(highest.names().contains(" and ") && highest.least_difference.is_some_and(|least| least > 0.001));
        assert!(noise.lowest().like.is_empty());
    }

    #[test]
    fn few_repeats_tell_nothing() {
        let one = |name: &str, value: f64| (name.to_owned(), vec![(Draws::all(1), value)]);
        let ranking = Ranking::of(vec![one("a", 0.1), one("b", 0.9)]).expect("two");
        assert!(!ranking.is_tested() && ranking.highest().least_difference.is_none());
        assert!(Ranking::of(vec![one("a", 0.1)]).is_none());
    }
}
