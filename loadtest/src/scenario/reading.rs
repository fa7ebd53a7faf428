//! Scenario files: found by name or path, read, and checked before anybody trusts them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Scenario;
use super::checks::{self, Fault};
use crate::limits::SCENARIO_BYTES_MAX;

/// Where the files lie, from the root of the working tree.
const FOLDER: &str = "loadtest/scenarios";

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScenarioError {
    /// Neither a file nor the name of one.
    #[error("no scenario is called `{name}`; there are: {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No folder of scenarios here or above.
    #[error("no {FOLDER}/ here or in a folder above: run this in the working tree, or give a path")]
    NoFolder,
    /// The system refuses.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Longer than any scenario.
    #[error("{}: longer than {SCENARIO_BYTES_MAX} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// No TOML, an unknown key, a missing one, or one of another type.
    #[error("{}: {error}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// With line and key.
        error: Box<toml::de::Error>,
    },
    /// Values that can't be meant.
    #[error("{}: {}", path.display(), faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Faults {
        /// The file.
        path: PathBuf,
        /// All of them.
        faults: Vec<Fault>,
    },
}

/// The file that a name or a path means.
///
/// # Errors
/// [`ScenarioError::Unknown`] and [`ScenarioError::NoFolder`].
pub(crate) fn find(name: &str) -> Result<PathBuf, ScenarioError> {
    let path = PathBuf::from(name);
    if path.extension().is_some_and(|extension| extension == "toml") {
        return Ok(path);
    }
    let known = list()?;
    let found = known.iter().find(|path| stem(path) == name).cloned();
    let known = known.iter().map(|path| stem(path)).collect();
    found.ok_or(ScenarioError::Unknown { name: name.to_owned(), known })
}

/// All files of the folder, sorted.
///
/// # Errors
/// [`ScenarioError::NoFolder`] and [`ScenarioError::Unreadable`].
pub(crate) fn list() -> Result<Vec<PathBuf>, ScenarioError> {
    let unreadable = |error| ScenarioError::Unreadable { path: FOLDER.into(), error };
    let here = std::env::current_dir().map_err(unreadable)?;
    let mut folders = here.ancestors().map(|folder| folder.join(FOLDER));
    let folder = folders.find(|folder| folder.is_dir()).ok_or(ScenarioError::NoFolder)?;
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    Ok(paths)
}

/// Reads and checks a file.
///
/// # Errors
/// [`ScenarioError`], with every fault that was found.
pub(crate) fn read(path: &Path) -> Result<Scenario, ScenarioError> {
    let unreadable = |error| ScenarioError::Unreadable { path: path.to_owned(), error };
    if fs::metadata(path).map_err(unreadable)?.len() > SCENARIO_BYTES_MAX {
        return Err(ScenarioError::TooLong { path: path.to_owned() });
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let syntax = |error| ScenarioError::Syntax { path: path.to_owned(), error: Box::new(error) };
    let scenario: Scenario = toml::from_str(&text).map_err(syntax)?;
    let mut faults = checks::faults(&scenario);
    if scenario.name != stem(path) {
        faults.push(Fault { key: "name".into(), problem: "it differs from the file's".into() });
    }
    if faults.is_empty() {
        Ok(scenario)
    } else {
        Err(ScenarioError::Faults { path: path.to_owned(), faults })
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
