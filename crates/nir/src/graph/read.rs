//! The tree of an HDF5 file as a graph.

use std::collections::BTreeMap;

use ohmspike_datasets::{Hdf5Object, Hdf5Tree};

use super::{Graph, Node, Value};
use crate::error::NirError;

type Members = BTreeMap<String, Hdf5Object>;

/// Kind of a graph.
const GRAPH: &str = "NIRGraph";

pub(crate) fn graph(tree: Hdf5Tree) -> Result<Graph, NirError> {
    let Hdf5Tree { file, mut root } = tree;
    let missing = |place: &str| NirError::Missing { file: file.clone(), place: place.to_owned() };
    let Some(Hdf5Object::Group(mut members)) = root.remove("node") else {
        return Err(NirError::NoNode { file, got: listed(root.keys()) });
    };
    let kind = kind_of(&file, "node", &mut members)?;
    if kind != GRAPH {
        return Err(NirError::OneNode { file, kind });
    }
    let Some(Hdf5Object::Group(described)) = members.remove("nodes") else { return Err(missing("node/nodes")) };
    let edges = edges(&file, members.remove("edges").ok_or_else(|| missing("node/edges"))?)?;
    let metadata = values(members.remove("metadata"));
    let mut nodes = BTreeMap::new();
    for (name, node) in described {
        let place = format!("node/nodes/{name}");
        let Hdf5Object::Group(mut members) = node else {
            return Err(NirError::Type { file, place, expected: "a group", got: value(node).told() });
        };
        let kind = kind_of(&file, &place, &mut members)?;
        let metadata = values(members.remove("metadata"));
        let parameters = members.into_iter().map(|(name, object)| (name, value(object))).collect();
        nodes.insert(name, Node { kind, parameters, metadata });
    }
    Ok(Graph { file, nodes, edges, metadata })
}

fn kind_of(file: &str, place: &str, members: &mut Members) -> Result<String, NirError> {
    let (file, place) = (file.to_owned(), format!("{place}/type"));
    match members.remove("type").map(value) {
        Some(Value::Text(kind)) => Ok(kind),
        Some(other) => Err(NirError::Type { file, place, expected: "the kind of a node as text", got: other.told() }),
        None => Err(NirError::Missing { file, place }),
    }
}

fn edges(file: &str, object: Hdf5Object) -> Result<Vec<(String, String)>, NirError> {
    let names = match object {
        Hdf5Object::Text(names) if names.len().is_multiple_of(2) => names,
        // h5py writes an empty list as numbers.
        Hdf5Object::Numbers(array) if array.numbers.is_empty() => Vec::new(),
        other => {
            let got = match &other {
                Hdf5Object::Text(names) => format!("{} names", names.len()),
                _ => value(other).told(),
            };
            let (file, place) = (file.to_owned(), "node/edges".to_owned());
            return Err(NirError::Type { file, place, expected: "pairs of names of nodes", got });
        }
    };
    Ok(names.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
}

fn values(object: Option<Hdf5Object>) -> BTreeMap<String, Value> {
    match object {
        Some(Hdf5Object::Group(members)) => members.into_iter().map(|(name, object)| (name, value(object))).collect(),
        _ => BTreeMap::new(),
    }
}

fn value(object: Hdf5Object) -> Value {
    match object {
        Hdf5Object::Numbers(array) => Value::Numbers(array),
        Hdf5Object::Text(mut lines) if lines.len() == 1 => Value::Text(lines.remove(0)),
        Hdf5Object::Text(lines) => Value::Other(format!("{} texts", lines.len())),
        Hdf5Object::Group(members) => Value::Other(format!("a group with {}", listed(members.keys()))),
        Hdf5Object::Other(told) => Value::Other(told),
        _ => Value::Other("an unknown object".to_owned()),
    }
}

/// Names listed in a message.
const LISTED: usize = 8;

fn listed<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let first: Vec<String> = names.take(LISTED).map(|name| format!("`{}`", ohmspike_datasets::excerpt(name))).collect();
    match (first.is_empty(), more) {
        (true, _) => "nothing".to_owned(),
        (false, 0) => first.join(", "),
        (false, more) => format!("{} and {more} more", first.join(", ")),
    }
}
