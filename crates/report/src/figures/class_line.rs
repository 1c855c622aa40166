//! Line styles of classes: all different, also in grey, and none black.

use ohmspike_plot::grid::{Entry, Swatch};
use ohmspike_plot::mark::Dash;
use ohmspike_plot::palette::{BLACK, GREY, Look};
use ohmspike_study::settings::Settings;

/// Returns the colour and the dash pattern of a class.
pub(super) fn class_line(class: usize) -> (&'static str, Dash) {
    // Periods of 7 colours and 3 dash patterns are coprime: 21 classes differ, and neighbours differ in both. Black is
    // reserved for all classes together.
    let color = Look::new(class).color;
    (if color == BLACK { GREY } else { color }, [Dash::Solid, Dash::Dashed, Dash::Dotted][class % 3])
}

/// Returns the legend of `classes` classes.
pub(super) fn class_entries(settings: &Settings, classes: usize) -> Vec<Entry> {
    let entry = |class: usize| {
        let (color, dash) = class_line(class);
        Entry::new(Swatch::Line(color, dash), settings.data.class_name(class))
    };
    (0..classes).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_one_classes_look_different() {
        for one in 0..21 {
            assert_ne!(class_line(one).0, BLACK);
            assert!((0..one).all(|other| class_line(one) != class_line(other)));
        }
    }
}
