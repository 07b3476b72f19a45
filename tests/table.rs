//! The order of the house: each column is declared in full, and no module names one that it must not know.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use pcapframe::columns::table::{COLUMNS, Oracle, find, place};

#[test]
fn every_column_is_documented_and_compared() {
    for column in COLUMNS {
        assert!(!column.doc.trim().is_empty(), "{} has no documentation", column.name);
        let (Oracle::Tshark(oracle) | Oracle::Exempt(oracle)) = column.oracle;
        assert!(!oracle.trim().is_empty(), "{} has neither an oracle nor a reason for having none", column.name);
    }
}

#[test]
fn names_are_unique() {
    let names: HashSet<&str> = COLUMNS.iter().map(|column| column.name).collect();
    assert_eq!(names.len(), COLUMNS.len());
    assert!(COLUMNS.iter().enumerate().all(|(at, column)| place(column.name) == at));
    assert_eq!(find("no such column"), None);
}

#[test]
fn companions_are_columns_and_need_no_deeper_decoding() {
    for column in COLUMNS {
        for companion in column.companions() {
            let companion = &COLUMNS[place(companion)];
            assert!(companion.name == "layers" || companion.depth <= column.depth, "{}: {}", column.name, companion.name);
        }
    }
}

/// All Rust files under a folder of `src`, with their path in it.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, out) } else { out.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root.join(folder), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(!paths.is_empty(), "there is nothing in {folder}");
    paths.into_iter().map(|path| (path.strip_prefix(&root).unwrap().to_owned(), std::fs::read_to_string(path).unwrap())).collect()
}

/// A file's code, without what its comments say.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split("//").next().unwrap_or(line))
}

/// Whether a line names a module of this crate, as `crate::name` or in a list `crate::{…}`.
fn names_module(line: &str, module: &str) -> bool {
    let mut paths = line.match_indices("crate::").map(|(at, found)| &line[at + found.len()..]);
    paths.any(|path| match path.strip_prefix('{') {
        Some(list) => list.split([',', '}']).any(|item| item.trim().split(':').next() == Some(module)),
        None => path.split(|c: char| !c.is_alphanumeric() && c != '_').next() == Some(module),
    })
}

#[test]
fn layers_import_only_those_before_them() {
    let forbidden = [
        ("capture", &["wire", "columns", "flow", "read", "python"][..]),
        ("wire", &["capture", "columns", "flow", "read", "python"]),
        ("columns", &["capture", "flow", "read", "python"]),
        ("flow", &["capture", "read", "python"]),
    ];
    for (folder, modules) in forbidden {
        for (path, text) in sources(folder) {
            for (line, module) in code(&text).flat_map(|line| modules.iter().map(move |module| (line, module))) {
                assert!(!names_module(line, module), "{} names {module}: {line}", path.display());
            }
        }
    }
}

#[test]
fn only_the_border_names_python() {
    for (path, text) in sources("").into_iter().filter(|(path, _)| !path.starts_with("python")) {
        for line in code(&text) {
            let named = ["pyo3", "numpy"].into_iter().find(|name| line.contains(name));
            assert_eq!(named, None, "{}: {line}", path.display());
        }
    }
}

#[test]
fn module_names_are_found() {
    assert!(names_module("use crate::wire::layer;", "wire"));
    assert!(names_module("use crate::{error, wire};", "wire"));
    assert!(names_module("use crate::{error::Error, wire::{Packet, layer}};", "wire"));
    assert!(!names_module("use crate::wired::wire;", "wire"));
    assert!(!names_module("let wire = 1;", "wire"));
}
