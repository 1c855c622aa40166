//! The page of CSV columns.

use ohmspike_analysis::summary;
use ohmspike_fit::{COLUMNS, WIDE_COLUMNS};
use ohmspike_report::export::{EPOCH_COLUMNS, SAMPLE_COLUMNS, TRIAL_COLUMNS};
use ohmspike_study::csv_column::CsvColumn;

use super::Page;
use super::markdown::{code, section, table, title};

/// Columns of recorded events that `ohmspike data import` reads, one row per event.
const EVENT_COLUMNS: [CsvColumn; 8] = [
    CsvColumn::new("sample", "sample, from 0", "Recording of the event."),
    CsvColumn::new("time", "s", "Time of the event. `--time-unit` changes the unit."),
    CsvColumn::new("unit", "unit, from 0", "Input unit of the event."),
    CsvColumn::new("label", "class, from 0", "Class of the recording, the same for all of its events."),
    CsvColumn::new("t", "µs", "Instead of `time`: time of the event. `--time-unit` changes the unit."),
    CsvColumn::new("x", "pixel, from 0", "Instead of `unit`: column of the pixel."),
    CsvColumn::new("y", "pixel, from 0", "With `x`: row of the pixel."),
    CsvColumn::new("p", "0 or 1", "With `x`: polarity of the event."),
];

/// Words of a fault map.
const FAULT_CELLS: [(&str, &str); 5] = [
    ("ok", "The cell works."),
    ("low-resistance", "Stuck at the low resistance of the window."),
    ("high-resistance", "Stuck at the high resistance of the window."),
    ("open", "No current flows."),
    ("a number", "Stuck at this conductance, in the unit of the first line."),
];

/// The page.
pub fn page() -> Page {
    let mut text = title(
        "CSV columns",
        "The first line of every CSV file names its columns. A word in braces stands for any name: \
         `{connection}_write_pulses` becomes `hidden_1_write_pulses`. An empty cell means that the value does not exist.",
    );
    let mut add = |heading: &str, about: &str, columns: &[CsvColumn]| {
        let rows = columns.iter().map(|column| [code(column.name), column.unit.to_owned(), column.meaning.to_owned()]);
        text += &section(heading, about);
        text += &table(["Column", "Unit", "Meaning"], rows);
    };
    add("`summary.csv`", "One row per condition of the study.", &summary::COLUMNS);
    add("`ohmspike export`", "One row per trial.", &TRIAL_COLUMNS);
    add("`ohmspike export --epochs`", "One row per trial and epoch.", &EPOCH_COLUMNS);
    add("`ohmspike device sample`", "One row per cell and cycle.", &SAMPLE_COLUMNS);
    add("Imported events", "One row per event, for `ohmspike data import`.", &EVENT_COLUMNS);
    text += &measurements();
    text += &section(
        "Imported labels",
        "One row per sample, in the order of the samples, with the single column `label` (class, from 0).",
    );
    text += &section(
        "Figures and tables",
        "Every figure in `figures/` and every table in `tables/` has a CSV file of the same name with the plotted numbers. The \
         first columns hold the swept keys or the group of a row. The other columns name their quantity and unit, and intervals \
         have a column for each end.",
    );
    text += &section(
        "Fault maps",
        "A map has no header. It holds one line per row of the array, with cells between commas or white space. Lines that \
         start with `#` are comments. A line like `unit microsiemens` before the first row sets the unit; maps with numbers \
         need it.",
    );
    text += &table(["Cell", "Meaning"], FAULT_CELLS.map(|(word, meaning)| [code(word), meaning.to_owned()]));
    text += &section(
        "Conductance maps",
        "The same layout as a fault map, with a number in every cell: the measured conductance, in the unit of the first line. \
         The line `negative open` before the first row accepts negative numbers and treats them as 0.",
    );
    Page {
        file: "csv.md",
        about: "every column of the CSV files that the program writes and reads.",
        text: text + "\n",
    }
}

/// The tables that `device fit` reads.
fn measurements() -> String {
    let columns = |columns: &[[&str; 3]]| {
        let row = |[name, unit, meaning]: &[&str; 3]| [code(name), (*unit).to_owned(), (*meaning).to_owned()];
        table(["Column", "Unit", "Meaning"], columns.iter().map(row))
    };
    let long = "One row per value, for `ohmspike device fit`. Columns come in any order. Targets, starts, later values and reads \
                may also end in `_ohm`; all but targets may end in `_microamperes`. Lines that start with `#` are comments.";
    let wide = "One row per cell and cycle, for `ohmspike device fit --wide`. Empty cells are missing values.";
    [
        section("Measurements", long),
        columns(&COLUMNS),
        section("Measurements, one column per target", wide),
        columns(&WIDE_COLUMNS),
    ]
    .concat()
}
