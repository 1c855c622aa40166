//! `ohmspike keys`: the reference of study keys and device keys.

mod nearest;
mod table;

use ohmspike_experiments::presets::PRESETS;
use ohmspike_study::reference::{Key, Section, device_keys, study_keys};

use super::terminal::print;
use super::{ExitCode, Failure};

/// List the keys of a study file with their defaults and ranges
///
/// Prints every key with its unit, default, allowed values and meaning. Name a section to see only its keys, or a key to see
/// everything about it. `device` lists the keys of a device file, which a study overrides as `device.KEY`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ohmspike keys
  ohmspike keys training
  ohmspike keys training.epochs
  ohmspike keys device.write")]
pub struct Arguments {
    /// Section or key, for example `training`, `training.epochs` or `device.write`
    #[arg(value_name = "SECTION|KEY")]
    wanted: Option<String>,
}

/// A name that is neither a section nor a key.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("unknown section or key `{wanted}`\n\nhint: {}", hint(nearest.as_deref()))]
struct UnknownName {
    wanted: String,
    nearest: Option<String>,
}

fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("the nearest name is `{nearest}`"),
        None => "`ohmspike keys` lists the keys of a study, and `ohmspike keys device` those of a device".to_owned(),
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let text = match &arguments.wanted {
        None => table::overview(&study_keys(&PRESETS)),
        Some(wanted) => found(wanted)?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Device keys as a study spells them: `device.write.scheme`.
fn device_sections() -> Vec<Section> {
    let prefixed = |key: Key| Key { key: format!("device.{}", key.key), ..key };
    let mut sections = device_keys();
    // The name, description and sources of a device are not for a study to change.
    sections.retain(|section| !section.name.is_empty());
    for section in &mut sections {
        section.name = format!("device.{}", section.name);
        section.keys = std::mem::take(&mut section.keys).into_iter().map(prefixed).collect();
    }
    sections
}

/// The section or key called `wanted`.
fn found(wanted: &str) -> Result<String, UnknownName> {
    let (study, device) = (study_keys(&PRESETS), device_sections());
    let name = wanted.trim_matches(['[', ']']);
    if name == "device" {
        return Ok(table::overview(&device));
    }
    let sections: Vec<Section> = study.into_iter().filter(|section| section.name != "device").chain(device).collect();
    let numbered = with_n(name);
    if let Some(section) = sections.iter().find(|section| [name, &*numbered].contains(&&*section.name)) {
        return Ok(table::section(section));
    }
    let mut keys = sections.iter().flat_map(|section| &section.keys);
    match keys.find(|key| [name, &*numbered].contains(&&*key.key)) {
        Some(key) => Ok(table::key(key)),
        None => Err(UnknownName { nearest: nearest::nearest(name, &sections), wanted: wanted.to_owned() }),
    }
}

/// `layer.2.hidden` is listed as `layer.N.hidden`.
fn with_n(name: &str) -> String {
    let Some(("layer", rest)) = name.split_once('.') else { return name.to_owned() };
    match rest.split_once('.') {
        Some((number, key)) if number.parse::<usize>().is_ok() => format!("layer.N.{key}"),
        None if rest == "N" || rest.parse::<usize>().is_ok() => "layer".to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_100_columns() {
        let device = device_sections();
        let texts = [table::overview(&study_keys(&PRESETS)), table::overview(&device)];
        let sections = study_keys(&PRESETS).into_iter().chain(device).map(|section| table::section(&section));
        for line in
            texts.into_iter().chain(sections).flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }

    #[test]
    fn shows_a_key_a_section_and_a_layer() {
        let key = found("training.epochs").expect("a key");
        for part in ["training.epochs", "0 to 1000000", "30", "--set training.epochs="] {
            assert!(key.contains(part), "{part} is missing:\n{key}");
        }
        assert_eq!(found("layer.2.hidden"), found("layer.N.hidden"));
        assert_eq!(found("[training]"), found("training"));
        assert!(found("device.write").expect("a section").contains("device.write.scheme"));
        assert!(found("device").expect("sections").contains("device.read.white.noise"));
    }

    #[test]
    fn suggests_the_nearest_name() {
        let nearest = |wanted: &str| found(wanted).expect_err("unknown").nearest;
        for (wanted, name) in [
            ("training.epoch", "training.epochs"),
            ("epochs", "training.epochs"),
            ("trainin", "training"),
            ("write.scheme", "device.write.scheme"),
        ] {
            assert_eq!(nearest(wanted).as_deref(), Some(name), "{wanted}");
        }
        for unlike in ["sa0", "dropout", "xyzzy"] {
            assert_eq!(nearest(unlike), None, "{unlike}");
        }
    }
}
