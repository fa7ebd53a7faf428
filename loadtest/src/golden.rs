//! Compares this program's wire with the golden frames that the hub and the web client are held to as well.
//!
//! A frame is read and written again: a field that this program does not know is lost on the way, and shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::{ClientFrame, CloseReason, Retry, ServerFrame};

/// The frame that holds a field nobody knows: what is ignored is lost when it is written again.
const UNKNOWN_FIELD: &str = "unknown-field.json";

/// One difference between the golden frames and this program.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Drift {
    #[error("{}: cannot be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: String },
    #[error("{}: is not a frame that this program knows: {error}", path.display())]
    Unknown { path: PathBuf, error: String },
    #[error("{}: reads {golden}, but would be written {ours}", path.display())]
    Differs { path: PathBuf, golden: Value, ours: Value },
    #[error("{}: holds no frame of type {missing}", folder.display())]
    Missing { folder: PathBuf, missing: &'static str },
    #[error("close code {number}: the table says {table:?}, its hundreds say {ours:?}")]
    Retry { number: u16, table: Retry, ours: Retry },
    #[error("close code {number}: the reason `{reason}` does not fit it")]
    Reason { number: u16, reason: String },
    #[error("{}: the error code {code} is not in the table", path.display())]
    ErrorCode { path: PathBuf, code: String },
}

#[derive(Deserialize)]
struct Close {
    number: u16,
    code: String,
    retry: Retry,
    reason: String,
}

/// Checks all golden frames; how many there are.
///
/// # Errors
/// Every [`Drift`], in the order of files.
pub(crate) fn check(folder: &Path) -> Result<usize, Vec<Drift>> {
    let mut drifts = Vec::new();
    let client = frames::<ClientFrame>(&folder.join("client"), &ClientFrame::TYPES, &mut drifts);
    let server = frames::<ServerFrame>(&folder.join("server"), &ServerFrame::TYPES, &mut drifts);
    error_codes(folder, &server, &mut drifts);
    let closes: Vec<Close> = read(&folder.join("close.json"), &mut drifts).unwrap_or_default();
    drifts.extend(closes.iter().filter_map(close));
    if drifts.is_empty() { Ok(client.len() + server.len() + closes.len()) } else { Err(drifts) }
}

/// The frames of a folder, each checked, and all of them for whether any type is missing.
fn frames<T: Serialize + DeserializeOwned>(
    folder: &Path,
    types: &[&'static str],
    drifts: &mut Vec<Drift>,
) -> Vec<(PathBuf, T)> {
    let mut seen = BTreeSet::new();
    let mut frames = Vec::new();
    for path in files(folder, drifts) {
        let Some(golden) = read::<Value>(&path, drifts) else {
            continue;
        };
        seen.extend(golden.get("type").and_then(Value::as_str).map(str::to_owned));
        match again::<T>(&golden) {
            Ok((_, ours)) if ours != golden && !path.ends_with(UNKNOWN_FIELD) => {
                drifts.push(Drift::Differs { path, golden, ours });
            }
            Ok((frame, _)) => frames.push((path, frame)),
            Err(error) => drifts.push(Drift::Unknown { path, error: error.to_string() }),
        }
    }
    let missing = types.iter().filter(|name| !seen.contains(**name));
    drifts.extend(missing.map(|missing| Drift::Missing { folder: folder.to_owned(), missing }));
    frames
}

/// A frame as this program reads it, and what it would write.
fn again<T: Serialize + DeserializeOwned>(golden: &Value) -> serde_json::Result<(T, Value)> {
    let frame = T::deserialize(golden)?;
    let ours = serde_json::to_value(&frame)?;
    Ok((frame, ours))
}

/// The error codes that frames use must be in the table of all.
fn error_codes(folder: &Path, server: &[(PathBuf, ServerFrame)], drifts: &mut Vec<Drift>) {
    let table: BTreeSet<String> = read(&folder.join("errors.json"), drifts).unwrap_or_default();
    for (path, frame) in server {
        if let ServerFrame::Error { code, .. } = frame
            && !table.contains(code)
        {
            drifts.push(Drift::ErrorCode { path: path.clone(), code: code.clone() });
        }
    }
}

/// A close code's advice must follow from its number, and its reason must name it and state the window, if there is one.
fn close(close: &Close) -> Option<Drift> {
    let number = close.number;
    let ours = Retry::of(number);
    if ours != close.retry {
        let table = close.retry;
        return Some(Drift::Retry { number, table, ours });
    }
    let reason = serde_json::from_str::<CloseReason>(&close.reason);
    let fits = reason.is_ok_and(|reason| {
        let window = matches!(reason.retry_ms, Some([from, to]) if from <= to);
        reason.code == close.code && window == (close.retry == Retry::Within)
    });
    (!fits).then(|| Drift::Reason { number, reason: close.reason.clone() })
}

/// The files of a folder, sorted.
fn files(folder: &Path, drifts: &mut Vec<Drift>) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).and_then(|entries| {
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<Result<Vec<_>, _>>()
    });
    let mut paths = entries.unwrap_or_else(|error| {
        drifts.push(unreadable(folder, &error));
        Vec::new()
    });
    paths.sort();
    paths
}

fn read<T: DeserializeOwned>(path: &Path, drifts: &mut Vec<Drift>) -> Option<T> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error));
    let value = text.and_then(|text| serde_json::from_str(&text).map_err(|error| unreadable(path, &error)));
    value.map_err(|drift| drifts.push(drift)).ok()
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Drift {
    Drift::Unreadable { path: path.to_owned(), error: error.to_string() }
}

#[cfg(test)]
mod tests;
