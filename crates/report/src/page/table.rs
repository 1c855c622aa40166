//! Tables that scroll within their own box.

use maud::{Markup, html};

/// A table under its caption where it has one, which stays where it is while the table scrolls; the first cell of a row names it.
pub fn table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        @if !caption.is_empty() { p.caption { (caption) } }
        div.scroll {
            table aria-label=[Some(caption).filter(|caption| !caption.is_empty())] {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Names and what there is to say of them, in whole texts.
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
