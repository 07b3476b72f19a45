//! Captures that are not part of this repository, for those who have them.

use std::path::{Path, PathBuf};

/// Their paths, in order, beside the repository at `root`; none where they are not there.
pub fn others(root: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    gather(&root.join("../shared/captures"), &mut paths);
    paths.sort();
    paths
}

fn gather(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { gather(&path, out) } else { out.push(path) }
    }
}
