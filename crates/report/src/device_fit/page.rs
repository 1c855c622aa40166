//! A fit as a self-contained HTML page: result, figure, estimates, tests, files, and the device file.

use maud::{Markup, html};
use ohmspike_fit::{FitReport, MechanismFit, not_fitted};
use ohmspike_study::significant::signed;
use serde_json::Value;

use super::{fit_csv, fit_figure, words};
use crate::datasheet::{clip_caption, device_page};
use crate::page::table::{facts, table};
use crate::page::{Section, whole_page, with_figure};

/// Input of the page.
#[derive(Clone, Copy, Debug)]
pub struct FitPage<'a> {
    /// The fit.
    pub report: &'a FitReport,
    /// Command that writes this page.
    pub command: &'a str,
    /// Machine that writes the page.
    pub machine: &'a str,
    /// Commit of the program and its date, if known.
    pub commit: Option<&'a str>,
}

impl FitPage<'_> {
    /// Returns the page. The same fit and program give the same page on the same machine.
    pub fn html(&self) -> String {
        let name = &self.report.device.name;
        let mut sections = vec![self.result()];
        sections.push(Section { id: "estimates", heading: "Estimates", body: self.estimates() });
        sections.extend(self.held_out());
        sections.push(self.files());
        sections.push(not_covered());
        let details = [self.device_file(), self.datasheet(), self.provenance()];
        let question = format!("Device fitted to {}", listed(self.report));
        whole_page(name, &question, &sections, &details)
    }

    fn result(&self) -> Section {
        let report = self.report;
        let clipped = clip_caption(&report.device);
        let text = html! {
            ul.answer {
                @for line in words::key_numbers(report) { li { (line) } }
                @if let Some(line) = words::not_fitted(report) { li { (line) } }
                @if !clipped.is_empty() { li { (clipped) } }
            }
            p.method { "Brackets hold 95 % intervals." }
        };
        let figure = fit_figure(report);
        let name = format!("{}-fit", report.device.name);
        let body = html! { (text) (with_figure(&name, &figure, &fit_csv(report))) };
        Section { id: "answer", heading: "Result", body }
    }

    fn estimates(&self) -> Markup {
        let device = words::device_file(self.report);
        html! {
            @for fit in &self.report.mechanisms { (estimates(&device, fit)) }
            p.method {
                "Intervals resample whole cells, so values of one cell are not counted as independent. A number without an interval \
                 is a choice or a position."
            }
        }
    }

    /// Returns the tests on held-out cells; none without any.
    fn held_out(&self) -> Option<Section> {
        let row = |fit: &MechanismFit| {
            let quality = fit.quality.as_ref()?;
            let mut cells = vec![
                words::heading(fit),
                quality.n.to_string(),
                quality.cells.to_string(),
                format!("{:.1}", 100.0 * quality.distance),
            ];
            cells.extend([0.01, 0.05, 0.5, 0.95, 0.99].map(|probability| {
                let at = quality.quantiles.iter().find(|at| at.probability == probability);
                at.map_or_else(|| "-".to_owned(), |at| signed(at.error(), 2))
            }));
            Some(cells)
        };
        let rows: Vec<Vec<String>> = self.report.mechanisms.iter().filter_map(row).collect();
        let head = [
            "mechanism",
            "values",
            "cells",
            "largest distance (%)",
            "1 % (σ)",
            "5 % (σ)",
            "50 % (σ)",
            "95 % (σ)",
            "99 % (σ)",
        ];
        let body = html! {
            (table("Cells that the fit has not seen, compared with the fitted law.", &head, &rows))
            p.method {
                "The largest distance is that between the two cumulative distributions. Errors of quantiles are law minus data, in \
                 standard deviations of the law. With many values any law is rejected by a test; these sizes tell whether it matters."
            }
        };
        (!rows.is_empty()).then_some(Section { id: "held-out", heading: "Held-out cells", body })
    }

    fn files(&self) -> Section {
        let row = |file: &ohmspike_fit::SourceFile| {
            vec![
                file.name.clone(),
                file.role.to_string(),
                file.values.to_string(),
                file.cells.to_string(),
                file.sha256.clone(),
            ]
        };
        let rows: Vec<Vec<String>> = self.report.files.iter().map(row).collect();
        let body = table("Measured files.", &["file", "content", "values", "cells", "SHA-256"], &rows);
        Section { id: "files", heading: "Files", body }
    }

    fn device_file(&self) -> Section {
        let body = html! { pre tabindex="0" { (self.report.device_json()) } };
        Section { id: "device-file", heading: "Device file", body }
    }

    fn datasheet(&self) -> Section {
        let body = html! { pre tabindex="0" { (device_page(&self.report.device)) } };
        Section { id: "datasheet", heading: "Datasheet", body }
    }

    fn provenance(&self) -> Section {
        let commit = self.commit.map(|commit| format!(" (commit {commit})")).unwrap_or_default();
        let rows = [
            ("program", format!("ohmspike {}{commit}", env!("CARGO_PKG_VERSION"))),
            ("command", self.command.to_owned()),
            ("machine of this page", self.machine.to_owned()),
        ];
        let rows = rows.map(|(name, value)| (name.to_owned(), value));
        Section { id: "provenance", heading: "Provenance", body: facts("Origin of this page", &rows) }
    }
}

/// Renders the numbers of one mechanism with its method, the compared laws and the notes.
fn estimates(device: &Value, fit: &MechanismFit) -> Markup {
    let rows: Vec<Vec<String>> = fit.numbers.iter().map(|number| words::cells(device, number).to_vec()).collect();
    let compared = words::candidates(fit);
    html! {
        h3 { (words::heading(fit)) }
        p { (words::sentence(&fit.method)) }
        @if !rows.is_empty() { (table("", &["key", "estimate", "95 % interval", "values", "cells"], &rows)) }
        @if !compared.is_empty() { p { (compared) "." } }
        @for note in &fit.notes { p.method { "Note: " (words::sentence(note)) } }
    }
}

/// Returns the keys of a device file that no fit determines.
fn not_covered() -> Section {
    let rows = not_fitted().iter().map(|not| (not.key.to_owned(), words::sentence(not.reason)));
    let body = facts("Keys of a device file that no fit determines", &rows.collect::<Vec<_>>());
    Section { id: "not-covered", heading: "Not covered", body }
}

/// Lists the names of the files.
fn listed(report: &FitReport) -> String {
    let names: Vec<&str> = report.files.iter().map(|file| file.name.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::report;
    use super::*;

    #[test]
    fn the_page_is_self_contained_and_escaped() {
        let report = report();
        let page =
            FitPage { report: &report, command: "ohmspike device fit w.csv", machine: "here", commit: None }.html();
        assert!(page.starts_with("<!DOCTYPE html>"), "{}", &page[..60]);
        for part in [
            "mine &lt;1&gt;",
            "write.points[1].sigma_ln_resistance",
            "0.0450 to 0.0550",
            "Not fitted: random telegraph noise (needs reads of the same state).",
            "ab12",
            "Maximum likelihood",
            "+0.06",
            "data:image/svg+xml",
            "ohmspike device fit w.csv",
        ] {
            assert!(page.contains(part), "{part}");
        }
        // Narrow screens get one panel per row, with text of twice the size.
        assert!(page.contains("max-width: 40rem"));
        assert!(!page.contains("mine <1>") && !page.contains("src=\"http"), "escaped, no foreign content");
    }
}
