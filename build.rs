//! Builds the binary again when the web app was built again: its files stand in the binary.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Before the web app was ever built its folder stands in: a path that does not exist would make each build start over.
    for pages in ["web/app/dist", "web/app/dist-operations"] {
        if let Some(pages) = [pages, "web/app"].into_iter().find(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={pages}");
        }
    }
}
