//! `ohmspike nir`: networks as NIR files, and their deployment.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use ohmspike_nir::constants::Constants;
use ohmspike_nir::graph::Graph;
use ohmspike_nir::network::{Network, Readout};
use ohmspike_simd::Matrix;

use crate::ohmspike::Folder;

/// Copies a file of `crates/nir/tests/data` to `name`.
fn copy(folder: &Folder, from: &str, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../nir/tests/data").join(from);
    let mut content = Vec::new();
    let packed = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    GzDecoder::new(&*packed).read_to_end(&mut content).expect("gzip");
    folder.write(name, content);
}

/// Trains the tiny study for an epoch and saves its network.
fn train(folder: &Folder) {
    let train = ["train", "tiny.toml", "--set", "noise.level_percent=1", "--set", "training.epochs=1", "--seed", "2"];
    folder.run(&[&train[..], &["--save-weights", "net.npz"]].concat()).succeeds();
}

#[test]
fn a_network_comes_back_byte_by_byte() {
    let folder = Folder::with_tiny_study();
    train(&folder);
    for more in [&[][..], &["--dt", "1e-4", "--readout", "cuba-lif"]] {
        let exported = folder.run(&[&["nir", "export", "net.npz", "-o", "net.nir"], more].concat()).succeeds();
        let dt = if more.is_empty() { "1" } else { "0.1" };
        let told = format!("network: 784-16-10, excitatory and inhibitory rows\nstep: {dt} ms\nsaved: net.nir\n");
        assert_eq!((exported.stdout, exported.stderr.as_str()), (told, ""));
        let imported = folder.run(&["nir", "import", "net.nir", "-o", "again.npz"]).succeeds();
        assert!(imported.stdout.contains("\nsaved: again.npz\n") && imported.stderr.is_empty(), "{imported:#?}");
        assert_eq!(folder.bytes("again.npz"), folder.bytes("net.npz"));
    }
    // The answer of a deployment is the same.
    let answer = |name: &str, out: &str| {
        let deploy = ["deploy", name, "--device", "cmo-hfox-falcone-2025", "--chips", "2", "--out", out];
        let answer = folder.run(&deploy).succeeds();
        assert_eq!(answer.stderr, "", "{name}");
        answer.stdout.replace(out, "OUT")
    };
    fs::rename(folder.path("net.npz"), folder.path("first.npz")).expect("our folder");
    folder.write("net.npz", folder.bytes("first.npz"));
    assert_eq!(answer("net.nir", "of-nir"), answer("net.npz", "of-npz"));
}

#[test]
fn a_network_of_another_tool_is_shown_saved_and_deployed() {
    let folder = Folder::new();
    copy(&folder, "read/snntorch-synaptic.nir.gz", "snn.nir");
    let shown = folder.run(&["nir", "import", "snn.nir"]).succeeds();
    let told = "network: 5-4-3, weights of either sign\ntime constants: membrane 9.49 steps, synapse 4.48 steps\nstep: 0.1 ms\n";
    assert_eq!(shown.stdout, told);
    let warnings: Vec<&str> = shown.stderr.lines().filter(|line| line.starts_with("warning: snn.nir: ")).collect();
    assert_eq!(warnings.len(), 3, "{}", shown.stderr);
    assert!(warnings[0].starts_with("warning: snn.nir: step of 0.0001 s assumed"), "{}", shown.stderr);
    assert!(!folder.path("snn.npz").exists());
    folder.run(&["nir", "import", "snn.nir", "-o", "snn.npz"]).succeeds();
    // A saved network keeps its constants, and exports to the same network.
    folder.run(&["nir", "export", "snn.npz", "-o", "again.nir"]).succeeds();
    folder.run(&["nir", "import", "again.nir", "-o", "again.npz"]).succeeds();
    assert_eq!(folder.bytes("again.npz"), folder.bytes("snn.npz"));
    let refused = folder.run(&["deploy", "snn.nir", "--device", "ideal", "--set", "network.steps=20"]);
    let told = "error: snn.nir: shapes do not fit: w0 (5, 4), w1 (4, 3); expected 784 inputs, 10 classes, ";
    assert!(refused.status == Some(2) && refused.stderr.starts_with(told), "{refused:#?}");
    assert!(
        refused.stderr.ends_with("hint: name a data set of these sizes with `--set data.set=NAME`\n"),
        "{refused:#?}"
    );
}

/// Imports samples of five pixels and three classes; the pixel with the number of the class is bright.
fn import_five(folder: &Folder) {
    let (count, head) = (30_u8, [0, 0, 8]);
    let sample = |number: u8| (0..5).map(|place| if place == number % 3 { 255 } else { 0 }).collect::<Vec<u8>>();
    let samples: Vec<u8> = (0..count).flat_map(sample).collect();
    let size = [0, 0, 0, count];
    folder.write("x.idx", [&head[..], &[3], &size, &[0, 0, 0, 1], &[0, 0, 0, 5], &samples].concat());
    let labels: Vec<u8> = (0..count).map(|number| number % 3).collect();
    folder.write("y.idx", [&head[..], &[1], &size, &labels].concat());
    let import = ["data", "import", "five", "--samples", "x.idx", "--labels", "y.idx", "--classes", "3"];
    folder.run(&[&import[..], &["--test-fraction", "0.5"]].concat()).succeeds();
}

/// The readout is square, so that shapes alone do not tell rows from columns.
#[test]
fn deploys_a_network_of_another_tool_with_its_time_constants() {
    let folder = Folder::new();
    import_five(&folder);
    let identity = |rows, weight| Matrix::from_fn(rows, 3, |row, column| if row == column { weight } else { 0.0 });
    let constants = Constants { dt_seconds: 1e-4, synapse_decay: 0.5, membrane_decay: 0.75 };
    let mut graph = Network { weights: vec![identity(5, 3.0), identity(3, 0.5)], constants }.to_graph(Readout::CubaLi);
    graph.metadata.clear();
    graph.write(&folder.path("five.nir")).expect("our folder");
    folder.run(&["nir", "import", "five.nir", "-o", "five.npz"]).succeeds();
    let deploy = |name: &str, out: &str| {
        let base = ["deploy", name, "--device", "ideal", "--chips", "2", "--out", out, "--set", "data.set=five"];
        let answer = folder.run(&[&base[..], &["--set", "training.batch=5", "--set", "network.steps=40"]].concat());
        let answer = answer.succeeds();
        assert!(answer.stderr.contains("reset to zero assumed"), "{answer:#?}");
        // The file has the time constants, but not the encoding.
        assert!(answer.stderr.contains("data.encoding") && !answer.stderr.contains("tau_"), "{answer:#?}");
        let deployment: serde_json::Value =
            serde_json::from_str(&folder.text(&format!("{out}/deployment.json"))).expect("JSON");
        (answer.stdout.replace(out, "OUT").replace(name, "FILE"), deployment["cells"].clone())
    };
    let (answer, cells) = deploy("five.nir", "of-nir");
    let first = "network five: 5-3-3, excitatory and inhibitory rows; 100.00 % with digital weights (15 of 15 test samples of five)\n";
    assert!(answer.starts_with(first), "{answer}");
    assert_eq!((answer, cells), deploy("five.npz", "of-npz"));
    let exported = folder.run(&["nir", "export", "five.npz", "-o", "again.nir"]).succeeds();
    assert!(exported.stdout.contains("step: 0.1 ms\n"), "{}", exported.stdout);
    let [own, again] = ["five.nir", "again.nir"].map(|name| Graph::read(&folder.path(name)).expect("a NIR file"));
    assert_eq!((own.nodes, own.edges), (again.nodes, again.edges));
}

/// ln 2 = 1 / 1.442695 and ln (4 / 3) = 1 / 3.476059.
#[test]
fn settings_that_contradict_the_file_are_named() {
    let folder = Folder::new();
    import_five(&folder);
    let identity = |rows, weight| Matrix::from_fn(rows, 3, |row, column| if row == column { weight } else { 0.0 });
    let constants = Constants { dt_seconds: 1e-3, synapse_decay: 0.5, membrane_decay: 0.75 };
    let mut graph = Network { weights: vec![identity(5, 3.0), identity(3, 0.5)], constants }.to_graph(Readout::CubaLi);
    graph.metadata.clear();
    graph.write(&folder.path("five.nir")).expect("our folder");
    let study = |hidden: usize, recurrent: bool, tau_mem: &str, tau_syn: &str| {
        let head = "name = \"s\"\n[data]\nset = \"five\"\n[network]\nsteps = 40";
        let network = format!("hidden = {hidden}\nrecurrent = {recurrent}");
        let training = format!("[training]\nbatch = 5\ntau_mem_steps = {tau_mem}\ntau_syn_steps = {tau_syn}");
        folder.write("s.toml", format!("{head}\n{network}\n{training}\n"));
    };
    let deploy = |name: &str, more: &[&str]| {
        folder.run(&[&["deploy", name, "--device", "ideal", "--chips", "1"][..], more].concat())
    };
    study(7, true, "2", "[2, 30]");
    let told = deploy("five.nir", &["--study", "s.toml"]).succeeds().stderr;
    for expected in [
        "s.toml:6: network.hidden: 7 has no effect: five.nir has 3\n\nhint: leave the key out\n",
        "s.toml:7: network.recurrent: true has no effect: five.nir has false\n",
        "s.toml:10: training.tau_mem_steps: 2 has no effect: five.nir has 3.476059\n",
        "s.toml:11: training.tau_syn_steps: 2, 30 has no effect: five.nir has 1.442695\n",
    ] {
        assert!(told.contains(&format!("warning: {expected}")), "{told}");
    }
    let told = deploy("five.nir", &["--study", "s.toml", "--set", "training.tau_mem_steps=2"]).succeeds().stderr;
    assert!(
        told.contains("warning: five.nir: training.tau_mem_steps: the file has 3.476059, and 2 is used\n"),
        "{told}"
    );
    assert!(!told.contains("tau_mem_steps: 2 has no effect"), "{told}");
    study(3, false, "3.4760594967822072", "1.4426950408889634");
    let told = deploy("five.nir", &["--study", "s.toml"]).succeeds().stderr;
    assert!(!told.contains("has no effect") && !told.contains("is used"), "{told}");
    deploy("five.nir", &["--study", "s.toml", "--set", "network.neuron=izhikevich"]).refuses_with(
        "error: --set network.neuron=izhikevich: network.neuron: expected `lif`, the neurons of five.nir, got `izhikevich`\n\n\
         hint: leave the key out\n",
    );
    // A network with a header.
    let train = ["train", "s.toml", "--set", "training.epochs=1", "--save-weights", "own.npz"];
    folder.run(&[&train[..], &["--set", "weights.sigma_init=0.5"]].concat()).succeeds();
    let told = deploy("own.npz", &["--set", "training.tau_syn_steps=30"]).stderr;
    assert!(
        told.contains("warning: own.npz: training.tau_syn_steps: the file has 1.442695, and 30 is used\n"),
        "{told}"
    );
    let refused = deploy("own.npz", &["--set", "network.neuron=izhikevich"]);
    assert!(refused.stderr.contains("expected `lif`, the neurons of own.npz, got `izhikevich`"), "{refused:#?}");
}

/// 0.5 s of recorded events in 50 steps are steps of 10 ms, in which a network of 2 ms steps is five times slower; 250 steps
/// are those of the network.
#[test]
fn deployment_tells_of_steps_that_are_not_those_of_the_network() {
    let folder = Folder::new();
    let events: String = (0..30).map(|sample| format!("{sample},0.1,{},{}\n", sample % 5, sample % 3)).collect();
    folder.write("events.csv", format!("sample,time,unit,label\n{events}"));
    let import = ["data", "import", "bursts", "--events", "events.csv", "--units", "5", "--classes", "3"];
    folder.run(&[&import[..], &["--duration", "0.5", "--test-fraction", "0.5"]].concat()).succeeds();
    let constants = Constants { dt_seconds: 2e-3, synapse_decay: 0.5, membrane_decay: 0.75 };
    let weights = vec![Matrix::from_fn(5, 4, |_, _| 3.0), Matrix::from_fn(4, 3, |_, _| 0.5)];
    let mut graph = Network { weights, constants }.to_graph(Readout::CubaLi);
    graph.metadata.clear();
    graph.write(&folder.path("net.nir")).expect("our folder");
    let warned = |name: &str, steps: &str| {
        let (set, steps) = ("data.set=bursts", format!("network.steps={steps}"));
        let base = ["deploy", name, "--device", "ideal", "--chips", "2", "--set", set, "--set", &steps];
        folder.run(&[&base[..], &["--set", "training.batch=5"]].concat()).stderr
    };
    let slower = "warning: net.nir: its time constants are for steps of 2 ms, and the steps of the data last 10 ms: they are kept \
                  in steps, so the network is slower than it was\n\n\
                  hint: `--set network.steps=250` gives the data the steps of the network\n";
    let told = warned("net.nir", "50");
    assert!(told.contains(slower), "{told}");
    let told = warned("net.nir", "500");
    assert!(
        told.contains("steps of the data last 1 ms") && told.contains("faster") && told.contains("=250`"),
        "{told}"
    );
    let told = warned("net.nir", "250");
    assert!(!told.contains("steps of the data"), "{told}");
    // Recorded events need no encoding.
    assert!(!told.contains("data.encoding"), "{told}");
    // A network that was trained here says so as well, of the steps of its own study.
    let train = ["train", "--set", "data.set=bursts", "--set", "network.steps=50", "--set", "training.epochs=1"];
    let sizes = ["--set", "network.hidden=4", "--set", "training.batch=5", "--save-weights", "own.npz"];
    folder.run(&[&train[..], &sizes].concat()).succeeds();
    let told = warned("own.npz", "25");
    assert!(told.contains("own.npz: its time constants are for steps of 10 ms") && told.contains("=50`"), "{told}");
    let told = warned("own.npz", "50");
    assert!(!told.contains("steps of the data"), "{told}");
}

#[test]
fn refuses_files_by_node() {
    let folder = Folder::new();
    for name in ["bias", "recurrent", "convolution", "negative-tau", "cut", "text", "unknown-step"] {
        copy(&folder, &format!("refused/{name}.nir.gz"), &format!("{name}.nir"));
        let message = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../nir/tests/data/refused/{name}.error"));
        let expected = format!("error: {}", fs::read_to_string(message).expect("a message"));
        folder.run(&["nir", "import", &format!("{name}.nir")]).refuses_with(&expected);
        folder.run(&["deploy", &format!("{name}.nir"), "--device", "ideal"]).refuses_with(&expected);
    }
    folder.run(&["nir", "import", "gone.nir"]).refuses_with("error: cannot read `gone.nir`: no such file\n");
    // A step given by hand makes a network of the last one.
    folder.run(&["nir", "import", "unknown-step.nir", "--dt", "1e-4"]).succeeds();
}

#[test]
fn refuses_networks_that_nir_does_not_have() {
    let folder = Folder::with_tiny_study();
    let train = |keys: &[&str]| {
        let base =
            ["train", "tiny.toml", "--set", "noise.level_percent=1", "--set", "training.epochs=1", "--seed", "2"];
        folder.run(&[&base[..], keys, &["--save-weights", "net.npz"]].concat()).succeeds();
    };
    let export = ["nir", "export", "net.npz", "-o", "net.nir"];
    train(&["--set", "network.recurrent=true"]);
    folder.run(&export).refuses_with(
        "error: net.npz: r0: recurrent layers cannot be exported: NIR does not state at which step a recurrent spike arrives\n",
    );
    train(&["--set", "network.neuron=izhikevich"]);
    folder.run(&export).refuses_with(
        "error: net.npz: network.neuron: Izhikevich neurons cannot be exported: NIR has only leaky integrate-and-fire neurons\n",
    );
    assert!(!folder.path("net.nir").exists());
    let arrays = [("w0", [4, 3]), ("w1", [3, 2])].map(|(name, shape)| (name.to_owned(), shape.to_vec()));
    let cells = [0.5_f32; 12];
    let arrays: Vec<_> = arrays
        .into_iter()
        .map(|(name, shape)| {
            let count = shape.iter().product();
            (name, shape, ohmspike_datasets::ArrayContent::Floats(&cells[..count]))
        })
        .collect();
    ohmspike_datasets::write_arrays(&folder.path("net.npz"), &arrays).expect("our folder");
    folder.run(&export).refuses_with(
        "error: net.npz: unknown time constants: the file has no header\n\n\
         hint: export a network of `ohmspike train --save-weights`\n",
    );
    folder
        .run(&["nir", "export", "net.npz", "-o", "gone/net.nir"])
        .refuses_with("error: cannot write `gone/net.nir`: no such folder\n");
}
