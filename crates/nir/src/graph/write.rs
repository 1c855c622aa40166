//! A graph as the bytes of an HDF5 file, in the layout of the Python package `nir`.

use hdf5_pure::{DatasetBuilder, FileBuilder, GroupBuilder};
use ohmspike_datasets::NumberArray;

use super::{Graph, Node, Value};
use crate::error::WriteError;

/// Version of the Python package whose layout this is.
const VERSION: &str = "1.0.8";

pub(crate) fn bytes(graph: &Graph) -> Result<Vec<u8>, WriteError> {
    let mut file = FileBuilder::new();
    text(file.create_dataset("version"), VERSION);
    let mut root = file.create_group("node");
    text(root.create_dataset("type"), "NIRGraph");
    let names: Vec<&str> = graph.edges.iter().flat_map(|(source, target)| [source.as_str(), target.as_str()]).collect();
    root.create_dataset("edges").with_vlen_strings(&names).with_shape(&[graph.edges.len() as u64, 2]);
    add_metadata(&mut root, &graph.metadata);
    let mut nodes = root.create_group("nodes");
    for (name, node) in &graph.nodes {
        let mut group = nodes.create_group(name);
        add_node(&mut group, node);
        nodes.add_group(group.finish());
    }
    root.add_group(nodes.finish());
    file.add_group(root.finish());
    file.finish().map_err(|source| WriteError::Form { reason: source.to_string() })
}

fn add_node(group: &mut GroupBuilder, node: &Node) {
    text(group.create_dataset("type"), &node.kind);
    node.parameters.iter().for_each(|(name, value)| add_value(group, name, value));
    add_metadata(group, &node.metadata);
}

/// Adds metadata; the Python package leaves the group out if there is none.
fn add_metadata(group: &mut GroupBuilder, metadata: &std::collections::BTreeMap<String, Value>) {
    if !metadata.is_empty() {
        let mut inner = group.create_group("metadata");
        metadata.iter().for_each(|(name, value)| add_value(&mut inner, name, value));
        group.add_group(inner.finish());
    }
}

fn add_value(group: &mut GroupBuilder, name: &str, value: &Value) {
    match value {
        Value::Numbers(array) => numbers(group.create_dataset(name), array),
        Value::Text(line) => text(group.create_dataset(name), line),
        // Values of other types exist in files that were read only.
        Value::Other(_) => {}
    }
}

fn text(dataset: &mut DatasetBuilder, line: &str) {
    dataset.with_vlen_strings(&[line]).with_shape(&[]);
}

fn numbers(dataset: &mut DatasetBuilder, array: &NumberArray) {
    let all = &array.numbers;
    match array.kind.as_str() {
        "float32" => dataset.with_f32_data(&all.iter().map(|number| *number as f32).collect::<Vec<f32>>()),
        "int64" => dataset.with_i64_data(&all.iter().map(|number| *number as i64).collect::<Vec<i64>>()),
        _ => dataset.with_f64_data(all),
    };
    dataset.with_shape(&array.shape.iter().map(|size| *size as u64).collect::<Vec<u64>>());
}
