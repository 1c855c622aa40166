//! Tables that scroll in their own box, with a fixed first column.

use maud::{Markup, html};

/// Width in letters above which a table does not fit a phone, and above which it does not fit a desktop.
const PHONE: usize = 44;
const DESKTOP: usize = 170;
/// Cells of more letters wrap.
const LONG: usize = 60;
/// Letters of padding per column.
const PADDING: usize = 2;

/// Renders a table. The first cell of a row is its heading and stays visible when the table scrolls.
pub fn table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> Markup {
    let letters = |text: &str| text.chars().count();
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column)).map(|cell| letters(cell));
    // Headings wrap, so a column is at least half as wide as its heading.
    let width = |column: usize| cells(column).max().unwrap_or(0).min(LONG).max(letters(head[column]) / 2) + PADDING;
    let width: usize = (0..head.len()).map(width).sum();
    html! {
        @if !caption.is_empty() { p.caption { (caption) } }
        (scroll_hint(width))
        div.scroll {
            table aria-label=[Some(caption).filter(|caption| !caption.is_empty())] {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (cell) } }
                                @else { td.text[letters(cell) > LONG] { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Tells the reader to scroll, on phones or everywhere, if a table of `width` letters does not fit.
pub fn scroll_hint(width: usize) -> Markup {
    html! {
        @if width > PHONE { p.hint.always[width > DESKTOP] { "Scroll sideways to see all columns." } }
    }
}

/// Renders names with their values.
pub fn facts(caption: &str, rows: &[(String, String)]) -> Markup {
    html! {
        p.caption { (caption) }
        div.scroll {
            table.facts aria-label=(caption) {
                tbody { @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } } }
            }
        }
    }
}
