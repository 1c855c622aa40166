//! The page of the fields in records and details.

use ohmspike_study::reference::record_fields;

use super::Page;
use super::markdown::{code, section, table, title};

/// The page.
pub fn page() -> Page {
    let mut text = title(
        "Record fields",
        "A results folder holds one line of JSON per trial in `records/*.jsonl`. Trials with saved details have a file \
         `details/ID.json`, where `ID` is the name of the trial. In the field paths below, `[]` stands for each entry of a \
         list.\n\n\
         To load records in other programs, use `ohmspike export` ([CSV columns](csv.md)).",
    );
    for group in record_fields() {
        text += &section(&group.title, &format!("File: `{}`", group.file));
        let rows = group.fields.into_iter().map(|field| [code(&field.path), field.kind, field.unit, field.meaning]);
        text += &table(["Field", "Type", "Unit", "Meaning"], rows);
    }
    text += &section(
        "Study",
        "File: `study.toml`\n\n\
         The study as it was run, with presets and overrides resolved. Its keys are the [study keys](study-keys.md).",
    );
    Page { file: "records.md", about: "every field of records and details.", text }
}
