//! A fitted device: its estimates as text, data and laws as a figure and as CSV, and all of it as a page.

mod figure;
mod page;
mod retention;
mod table;
mod words;

pub use figure::{fit_csv, fit_figure};
pub use page::FitPage;
pub use table::fit_table;

#[cfg(test)]
mod fixture {
    //! A fit with one mechanism of every kind of content.

    use ohmspike_fit::{
        Bin, Candidate, Curve, FitInput, FitOptions, FitReport, FittedNumber, InputFile, Mechanism, MechanismFit, Plot,
        QqPoint, Quality, QuantileError, Role, SourceFile, Withheld, fit,
    };

    /// Returns a report with known numbers.
    pub fn report() -> FitReport {
        let value = |number: u32| 98.0 + f64::from(number * 7 % 40) / 10.0;
        let row = |number: u32| format!("{},{},100,{}\n", number % 20 + 1, number / 20 + 1, value(number));
        let rows: String = (0..40).map(row).collect();
        let bytes = format!("cell,cycle,target_microsiemens,conductance_microsiemens\n{rows}").into_bytes();
        let input = FitInput { writes: Some(InputFile { name: "w.csv".to_owned(), bytes }), ..FitInput::default() };
        let options = FitOptions { name: "mine <1>".to_owned(), window: Some((10.0, 300.0)), ..FitOptions::default() };
        let mut report = fit(&input, &options).unwrap_or_else(|error| panic!("{error}"));
        report.files = vec![SourceFile {
            role: Role::Writes,
            name: "w.csv".to_owned(),
            sha256: "ab12".to_owned(),
            values: 4000,
            cells: 1000,
        }];
        report.mechanisms = vec![writes()];
        let reason = "needs reads of the same state".to_owned();
        report.withheld = vec![Withheld { mechanism: Mechanism::Rtn, reason }];
        report
    }

    fn writes() -> MechanismFit {
        let number = |point: usize, value: f64| FittedNumber {
            key: format!("write.points[{point}].sigma_ln_resistance"),
            unstated: None,
            value,
            unit: "",
            interval_95: Some((0.9 * value, 1.1 * value)),
            interval_99: Some((0.8 * value, 1.2 * value)),
            n: 2000,
            cells: 1000,
        };
        let choice = FittedNumber {
            key: "write.points[0].resistance_ohm".to_owned(),
            unstated: None,
            value: 5000.0,
            unit: "ohm",
            interval_95: None,
            interval_99: None,
            n: 0,
            cells: 0,
        };
        let bin = |x: f64, y: f64| Bin { x, y, low: 0.5 * y, high: 1.5 * y, n: 2000 };
        let curve = Curve {
            name: String::new(),
            bins: vec![bin(5e3, 0.02), bin(5e4, 0.05)],
            law: vec![(5e3, 0.021), (2e4, 0.035), (5e4, 0.049)],
        };
        let quantile = |probability: f64, law: f64, data: f64| QuantileError { probability, law, data };
        let qq = |law: f64| QqPoint { law, data: 1.05 * law, low: law - 0.2, high: law + 0.2 };
        MechanismFit {
            mechanism: Mechanism::Writes,
            law: "table",
            method: "Maximum likelihood of ln R per target".to_owned(),
            numbers: vec![choice, number(0, 0.02), number(1, 0.05)],
            candidates: vec![
                Candidate { law: "relative", criterion: "BIC", value: 25.0, chosen: false },
                Candidate { law: "table", criterion: "BIC", value: 12.5, chosen: true },
            ],
            quality: Some(Quality {
                independent: 50.0,
                n: 800,
                cells: 200,
                distance: 0.031,
                quantiles: vec![quantile(0.05, -1.64, -1.7), quantile(0.5, 0.0, 0.01)],
                qq: (-2..=2).map(|step| qq(f64::from(step))).collect(),
            }),
            plot: Some(Plot {
                x_label: "resistance (Ω)",
                y_label: "σ of ln R",
                x_log: true,
                y_log: true,
                curves: vec![curve],
            }),
            notes: vec!["2 of 1000 cells do not respond".to_owned()],
        }
    }
}
