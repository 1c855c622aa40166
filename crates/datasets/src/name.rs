//! The names of the data sets.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::shown::excerpt;

/// A data set by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// Fashion-MNIST in full: 60,000 training and 10,000 test images.
    FashionMnist,
    /// The first images of each of its classes: 5,120 training and 1,024 test images, part of the program.
    FashionMnistSubset,
}

impl Name {
    /// Every data set.
    pub const ALL: [Name; 2] = [Name::FashionMnist, Name::FashionMnistSubset];

    /// The name as flags and study files spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Name::FashionMnist => "fashion-mnist",
            Name::FashionMnistSubset => "fashion-mnist-subset",
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Name {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Name, UnknownName> {
        Name::ALL.into_iter().find(|name| name.as_str() == text).ok_or_else(|| UnknownName { got: excerpt(text) })
    }
}

/// A text that names no data set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("data set: got `{got}`, must be one of {}", known())]
pub struct UnknownName {
    /// The text.
    pub got: String,
}

fn known() -> String {
    Name::ALL.map(|name| format!("`{name}`")).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for name in Name::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        assert_eq!(
            "mnist".parse::<Name>().unwrap_err().to_string(),
            "data set: got `mnist`, must be one of `fashion-mnist`, `fashion-mnist-subset`"
        );
    }
}
