//! `ohmspike array solve`: currents, node voltages, a netlist, and what it refuses.

use crate::ohmspike::Folder;

const WIRES: &str = "word_line_ohm_per_cell=2,bit_line_ohm_per_cell=3,driver_ohm=150,sense_ohm=80";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("map.csv", "unit microsiemens\n1000 10\n20 500\n");
    folder
}

#[test]
fn prints_currents_and_node_voltages_and_writes_a_netlist() {
    let folder = folder();
    let solve = ["array", "solve", "map.csv", "--inputs", "0.2,0", "--wires", WIRES];
    let answer = folder.run(&solve).succeeds().stdout;
    let lines: Vec<&str> = answer.lines().collect();
    assert_eq!(lines[0], "column,current_microampere,without_wires_microampere");
    let numbers = |line: &str| line.split(',').map(|cell| cell.parse::<f64>().expect("a number")).collect::<Vec<f64>>();
    let (first, second) = (numbers(lines[1]), numbers(lines[2]));
    assert!((first[2], second[2]) == (200.0, 2.0) && first[1] < 200.0, "{answer}");
    assert_eq!((lines[3], lines[4]), ("", "row,column,word_line_volts,bit_line_volts"));
    // The current into the sense amplifier is the voltage of the last row over its resistance.
    assert!((numbers(lines[7])[3] / 80.0 * 1e6 - first[1]).abs() < 1e-6 * first[1], "{answer}");

    let files = ["--voltages", "nodes.csv", "--spice", "array.cir"];
    let answer = folder.run(&[&solve[..], &files].concat()).succeeds().stdout;
    assert!(answer.ends_with("\nnodes.csv\narray.cir\n") && !answer.contains("bit_line_volts"), "{answer}");
    assert_eq!(folder.text("nodes.csv").lines().count(), 5);
    let netlist = folder.text("array.cir");
    assert!(netlist.contains("\nRcell_1_1 w_1_1 b_1_1 1e3\n") && netlist.ends_with(".end\n"), "{netlist}");

    let gated = format!("{WIRES},access=gated");
    let answer = folder.run(&["array", "solve", "map.csv", "--inputs", "0.2", "--wires", &gated]).succeeds();
    assert_eq!(answer.stdout.lines().count(), 3);
}

#[test]
fn one_key_sets_all_lines() {
    let folder = folder();
    let solve = |lines: &str| {
        let wires = format!("{lines},driver_ohm=150,sense_ohm=80");
        folder.run(&["array", "solve", "map.csv", "--inputs", "0.2,0", "--wires", &wires]).succeeds().stdout
    };
    let one = solve("line_ohm_per_cell=2");
    assert_eq!(one, solve("word_line_ohm_per_cell=2,bit_line_ohm_per_cell=2"));
    assert_ne!(one, solve("line_ohm_per_cell=3"));
}

#[test]
fn draws_a_map_of_the_losses() {
    let folder = folder();
    let solve = ["array", "solve", "map.csv", "--inputs", "0.2,0", "--plot", "map.svg", "--wires"];
    for access in ["driven", "gated"] {
        let answer = folder.run(&[&solve[..], &[&format!("{WIRES},access={access}")]].concat()).succeeds();
        assert!(answer.stdout.ends_with("\nmap.svg\n"), "{}", answer.stdout);
        let svg = folder.text("map.svg");
        // The title is wrapped after "of".
        assert!(svg.contains(&format!("{access} array of")) && folder.path("map.png").exists(), "{svg}");
    }
    let refused = folder.run(
        &[&["array", "solve", "map.csv", "--inputs", "0.2", "--plot", "map.pdf", "--wires"], &[WIRES][..]].concat(),
    );
    assert_eq!(refused.status, Some(2));
    assert!(
        refused.stderr.contains("error: --plot: expected a path that ends in .svg, got `map.pdf`"),
        "{}",
        refused.stderr
    );
}

#[test]
fn refuses_bad_maps_inputs_and_wires() {
    let folder = folder();
    folder.write("ragged.csv", "unit microsiemens\n1 2\n3\n");
    folder.write("negative.csv", "unit microsiemens\n1 -2\n");
    for (map, inputs, wires, expected) in [
        ("none.csv", "0.1", WIRES, "error: cannot read `none.csv`: "),
        ("ragged.csv", "0.1", WIRES, "error: ragged.csv:3: expected 2 cells, like the first row, got 1"),
        ("negative.csv", "0.1", WIRES, "error: negative.csv:2"),
        ("map.csv", "0.1,0.2,0.3", WIRES, "error: inputs: expected one voltage per row, 2 in all, got 3"),
        ("map.csv", "0.1,nan", WIRES, "error: input of row 2: expected a finite voltage, got NaN V"),
        (
            "map.csv",
            "0.1",
            "driver_ohm=0,sense_ohm=0",
            "error: wires.driver_ohm: expected 0.001 to 1000000000 ohm, got 0",
        ),
        ("map.csv", "0.1", "driver_ohm=-3", "error: wires.driver_ohm: expected 0.001 to 1000000000 ohm, got -3"),
        (
            "map.csv",
            "0.1",
            "driver_ohm=1e12",
            "error: wires.driver_ohm: expected 0.001 to 1000000000 ohm, got 1000000000000",
        ),
        ("map.csv", "0.1", "driver=3", "unknown key `driver`; expected line_ohm_per_cell"),
        ("map.csv", "0.1", "driver_ohm=x", "driver_ohm: expected a resistance in ohm, got `x`"),
        ("map.csv", "0.1", "access=open", "access: expected `gated` or `driven`, got `open`"),
    ] {
        let answer = folder.run(&["array", "solve", map, "--inputs", inputs, "--wires", wires]);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{map} {inputs} {wires}: {answer:#?}");
        assert!(answer.stderr.contains(expected), "{map} {inputs} {wires}: {}", answer.stderr);
    }
    let gates = format!("{WIRES},access=gated");
    let answer = folder.run(&["array", "solve", "map.csv", "--inputs", "0.1,0.2", "--wires", &gates]);
    assert!(
        answer.stderr.contains("error: inputs of a gated array: expected 0 or one common read voltage"),
        "{answer:#?}"
    );
}
