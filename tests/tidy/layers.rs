//! Imports go down only: which top-level module may import which.
//!
//! The table is the law, and `docs/ARCHITECTURE.md` explains it. Code for tests may also import whatever lies on a lower
//! level than its own, since it needs the real thing to test with; upward or sideways it may not reach either.

use super::finding::Finding;
use super::source::{Sight, Source};

/// One top-level module.
struct Layer {
    level: u8,
    module: &'static str,
    /// Modules that it may import, by name; [`EVERYTHING`] for the top.
    may_import: &'static str,
}

const EVERYTHING: &str = "everything";

const fn layer(level: u8, module: &'static str, may_import: &'static str) -> Layer {
    Layer { level, module, may_import }
}

/// From the top down. Modules of later issues have their row already.
const LAYERS: &[Layer] = &[
    layer(9, "lib", EVERYTHING),
    layer(9, "main", EVERYTHING),
    layer(9, "app", EVERYTHING),
    layer(9, "config", EVERYTHING),
    layer(9, "commands", EVERYTHING),
    layer(
        8,
        "http",
        "session identity hub lesson items admission report broker ledger engine protocol access roster calendar base",
    ),
    layer(7, "session", "hub lesson broker admission access protocol roster base"),
    layer(7, "identity", "access base"),
    layer(6, "hub", "broker engine access protocol base"),
    layer(6, "lesson", "access protocol base"),
    layer(6, "items", "broker ledger roster calendar access protocol base"),
    layer(6, "digest", "broker ledger roster calendar access protocol base"),
    layer(6, "outreach", "ledger roster calendar protocol base"),
    layer(5, "admission", "calendar access base"),
    layer(5, "report", "ledger base"),
    layer(4, "broker", "store base"),
    layer(4, "ledger", "store base"),
    layer(3, "store", "base"),
    layer(3, "engine", "base"),
    layer(2, "protocol", "base"),
    layer(2, "access", "roster base"),
    layer(2, "roster", "base"),
    layer(2, "calendar", "base"),
    layer(1, "base", ""),
];

fn row(module: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.module == module)
}

/// The top-level module that a file of `src/` belongs to.
fn module_of(path: &str) -> &str {
    let within = path.strip_prefix("src/").unwrap_or(path);
    let first = within.split('/').next().unwrap_or(within);
    first.strip_suffix(".rs").unwrap_or(first)
}

fn may_import(layer: &Layer, imported: &str, in_test: bool) -> bool {
    let below = || row(imported).is_some_and(|other| other.level < layer.level);
    layer.may_import == EVERYTHING
        || layer.module == imported
        || layer.may_import.split(' ').any(|name| name == imported)
        || (in_test && below())
}

/// The imports of a file that the table does not give it.
pub(crate) fn findings(path: &str, source: &Source) -> Vec<Finding> {
    let module = module_of(path);
    let Some(layer) = row(module) else {
        return vec![Finding::new(path, 1, module, "is a module without a row in the table of layers")];
    };
    let imports = source.sightings.iter().filter(|s| s.sight == Sight::Import);
    imports
        .filter(|s| !may_import(layer, &s.name, s.in_test))
        .map(|s| {
            let what = format!("is not for `{module}` to import, which may: {}", layer.may_import);
            Finding::new(path, s.line, &s.name, what)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, text: &str) -> Vec<String> {
        let source = Source::parse(path, text).expect("a sample is Rust");
        findings(path, &source).into_iter().map(|f| f.name).collect()
    }

    #[test]
    fn an_import_needs_its_row() {
        assert_eq!(
            names("src/hub/shard.rs", "use crate::{broker::Broker, http::Edge, base::Role};"),
            ["http"]
        );
        assert_eq!(names("src/hub/mod.rs", "use super::session::Session;"), ["session"]);
        assert_eq!(names("src/hub/shard.rs", "use crate::*;"), ["*"]);
        assert_eq!(names("src/base/ids.rs", "use crate::base::limits;"), [""; 0]);
        assert_eq!(names("src/app.rs", "use crate::{store::Store, http::Edge};"), [""; 0]);
        assert_eq!(names("src/gossip/mod.rs", ""), ["gossip"]);
    }

    #[test]
    fn tests_reach_lower_but_never_higher_or_sideways() {
        let tests = |path: &str, imported: &str| {
            names(path, &format!("#[cfg(test)]\nmod tests {{ use crate::{imported}::X; }}"))
        };
        assert_eq!(tests("src/session/mod.rs", "roster"), [""; 0]);
        assert_eq!(tests("src/session/mod.rs", "identity"), ["identity"]);
        assert_eq!(tests("src/session/mod.rs", "http"), ["http"]);
    }

    #[test]
    fn the_table_goes_down_only_and_knows_every_module_it_names() {
        for (index, layer) in LAYERS.iter().enumerate() {
            let names = layer.may_import.split_whitespace();
            for imported in names.filter(|name| *name != EVERYTHING) {
                let place = LAYERS.iter().position(|other| other.module == imported);
                assert!(
                    place.is_some_and(|place| LAYERS[place].level < layer.level || place > index),
                    "{} imports {imported}",
                    layer.module
                );
            }
        }
    }
}
