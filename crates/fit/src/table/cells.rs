//! The cells of a table, numbered in order of appearance.

use std::collections::HashMap;

/// Names and places of cells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    numbers: HashMap<Box<[u8]>, u32>,
    names: Vec<Box<[u8]>>,
    /// Row and column line of each cell; empty without columns `row` and `column`.
    pub places: Vec<(u32, u32)>,
}

impl Cells {
    /// Returns the number of the cell called `name`, which is new if unknown.
    pub fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(name.into(), number);
        self.names.push(name.into());
        number
    }

    /// Returns the number of cells.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Returns the name of a cell.
    pub fn name(&self, number: u32) -> String {
        String::from_utf8_lossy(&self.names[number as usize]).into_owned()
    }
}
