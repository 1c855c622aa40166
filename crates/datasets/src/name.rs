//! Names of the built-in data sets.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::shown::excerpt;

/// Name of a built-in data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// The complete Fashion-MNIST: 60,000 training and 10,000 test images.
    FashionMnist,
    /// The first images of each class of Fashion-MNIST: 5,120 training and 1,024 test images, embedded in the program.
    FashionMnistSubset,
}

impl Name {
    /// All built-in data sets.
    pub const ALL: [Name; 2] = [Name::FashionMnist, Name::FashionMnistSubset];

    /// Returns the name used in flags and study files.
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

/// Error: unknown data set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown data set `{got}`; expected one of {}", known())]
pub struct UnknownName {
    /// The unknown name.
    pub got: String,
}

fn known() -> String {
    Name::ALL.map(Name::as_str).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_round_trips() {
        for name in Name::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        assert_eq!(
            "mnist".parse::<Name>().unwrap_err().to_string(),
            "unknown data set `mnist`; expected one of fashion-mnist, fashion-mnist-subset"
        );
    }
}
