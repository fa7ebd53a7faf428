//! The files of the repository as the rules see them: paths from the root, with `/`, without what is built or fetched.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 9] =
    [".cache", ".git", ".venv", "dist", "node_modules", "playwright-report", "target", "test-results", "var"];

/// All files of the repository.
pub(crate) struct Tree {
    root: PathBuf,
    files: Vec<String>,
}

impl Tree {
    /// Walks the repository that this test was compiled from.
    pub(crate) fn read() -> io::Result<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name();
                if entry.file_type()?.is_dir() {
                    if !FOREIGN.iter().any(|foreign| name == *foreign) {
                        folders.push(entry.path());
                    }
                } else {
                    files.push(from_root(&root, &entry.path()));
                }
            }
        }
        files.sort();
        Ok(Self { root, files })
    }

    /// The files below the given folders that end in one of the given extensions.
    pub(crate) fn below<'a>(
        &'a self,
        folders: &'a [&str],
        extensions: &'a [&str],
    ) -> impl Iterator<Item = &'a str> {
        self.files.iter().map(String::as_str).filter(move |path| {
            let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
            extensions.contains(&extension) && folders.iter().any(|folder| path.starts_with(folder))
        })
    }

    /// The pages that people read: those of `docs/` and those at the root.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str).filter(|path| {
            let markdown = Path::new(path).extension().is_some_and(|extension| extension == "md");
            markdown && (path.starts_with("docs/") || !path.contains('/'))
        })
    }

    /// A file's text; what is not UTF-8 is replaced, which no rule minds.
    pub(crate) fn text(&self, path: &str) -> String {
        let bytes = fs::read(self.root.join(path)).expect("a file that was just listed can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether a file or folder of this path exists.
    pub(crate) fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }
}

fn from_root(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    relative.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_holds_our_files_and_nothing_built() {
        let tree = Tree::read().expect("the tree can be read");
        assert!(tree.exists("src/lib.rs") && !tree.exists("src/nowhere.rs"));
        assert!(tree.below(&["src/"], &["rs"]).any(|path| path == "src/lib.rs"));
        assert!(tree.pages().any(|path| path == "README.md"));
        assert!(!tree.files.iter().any(|path| path.starts_with("target/")));
    }
}
