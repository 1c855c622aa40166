//! Modules of a crate: the definitions and imports of each file, and the resolution of paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::code::{Word, closing, code};
use crate::repository::{shown, sources};

/// Names from the root of a crate to a module.
type ModulePath = Vec<String>;

/// A source file.
#[derive(Debug, Default)]
pub struct Module {
    /// Path from the root of the repository.
    pub file: String,
    defined: BTreeSet<String>,
    /// Imported names with the paths they stand for, as written.
    imported: BTreeMap<String, Vec<String>>,
    /// Modules with all their names in scope.
    globs: Vec<Vec<String>>,
    /// Every path in the file, including imports.
    paths: Vec<Vec<String>>,
}

/// Returns the modules of the crate with sources in `folder`.
pub fn modules(folder: &Path) -> BTreeMap<ModulePath, Module> {
    let files = sources(folder).into_iter();
    files.map(|file| (module_path(folder, &file), module(shown(&file), &code(&file)))).collect()
}

fn module_path(folder: &Path, file: &Path) -> ModulePath {
    let relative = file.strip_prefix(folder).expect("below the folder").with_extension("");
    let mut names: ModulePath = relative.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.len() == 1 && ["lib", "main"].contains(&names[0].as_str()) {
        names.clear();
    }
    names
}

fn module(file: String, words: &[Word]) -> Module {
    let mut module = Module { file, ..Module::default() };
    let (mut at, mut depth) = (0, 0);
    while at < words.len() {
        match words[at].text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "use" => {
                let end = at + words[at..].iter().position(|word| word.text == ";").unwrap_or(1);
                import(&mut module, &words[at + 1..end], Vec::new());
                at = end;
            }
            text if depth == 0 && DEFINING.contains(&text) => {
                module
                    .defined
                    .extend(words[at + 1..].iter().find(|word| word.text != "!").map(|word| word.text.clone()));
            }
            _ => {
                let path = path(&words[at..]);
                at += (2 * path.len()).saturating_sub(2);
                if path.len() > 1 {
                    module.paths.push(path);
                }
            }
        }
        at += 1;
    }
    module
}

/// Words before a defined name.
const DEFINING: [&str; 9] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static", "macro_rules"];

/// Returns the names of `a::b::c` at the start of `words`, or a single name without `::`.
fn path(words: &[Word]) -> Vec<String> {
    let is_name = |word: &Word| word.text.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let mut names = Vec::new();
    for pair in words.chunks(2) {
        if !is_name(&pair[0]) {
            break;
        }
        names.push(pair[0].text.clone());
        if pair.get(1).is_none_or(|sign| sign.text != "::") {
            break;
        }
    }
    names
}

/// Adds the imports of a `use` tree below `prefix`.
fn import(module: &mut Module, words: &[Word], prefix: Vec<String>) {
    let (mut path, mut at) = (prefix, 0);
    while at < words.len() {
        match words[at].text.as_str() {
            "::" => {}
            "*" => return module.globs.push(path),
            "{" => {
                let inner = &words[at + 1..closing(words, at)];
                return branches(inner).into_iter().for_each(|branch| import(module, branch, path.clone()));
            }
            "as" => {
                module.imported.insert(words[at + 1].text.clone(), path.clone());
                return module.paths.push(path);
            }
            name => path.push(name.to_owned()),
        }
        at += 1;
    }
    if path.last().is_some_and(|name| name == "self") {
        path.pop();
    }
    if let Some(name) = path.last().cloned() {
        module.imported.insert(name, path.clone());
        module.paths.push(path);
    }
}

/// Splits a list at commas outside nested brackets.
fn branches(words: &[Word]) -> Vec<&[Word]> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (place, word) in words.iter().enumerate() {
        match word.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                parts.push(&words[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&words[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// Returns the modules that define the names used in `from`.
pub fn uses<'a>(modules: &'a BTreeMap<ModulePath, Module>, from: &ModulePath) -> BTreeSet<&'a ModulePath> {
    let module = &modules[from];
    let globs = module.globs.iter().filter_map(|path| module_of(modules, from, path));
    let named = module.paths.iter().filter_map(|path| definer(modules, from, path, 0));
    globs.chain(named).filter(|to| *to != from).collect()
}

/// Returns the module that a whole path names.
fn module_of<'a>(
    modules: &'a BTreeMap<ModulePath, Module>,
    from: &ModulePath,
    path: &[String],
) -> Option<&'a ModulePath> {
    let mut names = path.to_vec();
    names.push("*".to_owned());
    let (at, rest) = walk(modules, from, &names)?;
    (rest == ["*"]).then(|| modules.get_key_value(&at).map(|(key, _)| key)).flatten()
}

/// Follows `path` from module `from` as far as it names modules. Returns the last module and the remaining names.
fn walk(
    modules: &BTreeMap<ModulePath, Module>,
    from: &ModulePath,
    path: &[String],
) -> Option<(ModulePath, Vec<String>)> {
    let mut at = from.clone();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => (at, rest) = (Vec::new(), &path[1..]),
        "self" => rest = &path[1..],
        _ => {}
    }
    while rest.first().is_some_and(|name| name == "super") {
        at.pop()?;
        rest = &rest[1..];
    }
    while let Some(name) = rest.first() {
        let below: ModulePath = at.iter().chain([name]).cloned().collect();
        if !modules.contains_key(&below) {
            break;
        }
        (at, rest) = (below, &rest[1..]);
    }
    Some((at, rest.to_vec()))
}

/// Returns the module that defines the first name of `path` that is not a module, following imports and re-exports.
fn definer<'a>(
    modules: &'a BTreeMap<ModulePath, Module>,
    from: &ModulePath,
    path: &[String],
    depth: usize,
) -> Option<&'a ModulePath> {
    const DEEPEST: usize = 16;
    let (at, rest) = walk(modules, from, path)?;
    let name = rest.first().filter(|_| depth < DEEPEST)?;
    let (key, module) = modules.get_key_value(&at)?;
    if module.defined.contains(name) {
        return Some(key);
    }
    if let Some(imported) = module.imported.get(name).filter(|imported| imported.as_slice() != path) {
        let whole: Vec<String> = imported.iter().chain(&rest[1..]).cloned().collect();
        return definer(modules, &at, &whole, depth + 1);
    }
    module.globs.iter().find_map(|glob| {
        let whole: Vec<String> = glob.iter().chain(&rest).cloned().collect();
        definer(modules, &at, &whole, depth + 1)
    })
}
