//! `manifest.csv`: which files are announced, and whether they hold everything or changes only.
//!
//! It is optional. Announced files that nobody reads here are nobody's business.

use super::bundle::Bundle;
use super::table::{Layout, Need, columns};
use super::{At, Code, Reading};

columns! {
    Property = "propertyName" Required,
    Value = "value" Required,
}

static LAYOUT: Layout =
    Layout { file: "manifest.csv", need: Need::Optional, rows_max: 1_000, columns: COLUMNS };

/// The files that this reader knows, by their names in the manifest.
const FILES: [(&str, &str); 8] = [
    ("file.academicSessions", "academicSessions.csv"),
    ("file.classes", "classes.csv"),
    ("file.courses", "courses.csv"),
    ("file.enrollments", "enrollments.csv"),
    ("file.orgs", "orgs.csv"),
    ("file.relationships", "relationships.csv"),
    ("file.roles", "roles.csv"),
    ("file.users", "users.csv"),
];

pub(super) fn read(bundle: &mut Bundle, reading: &mut Reading<'_>) {
    let mut announced = Vec::new();
    let Some(mut table) = reading.open(bundle, &LAYOUT) else {
        return;
    };
    while let Some(row) = table.next(&mut reading.report) {
        let property = row.text(Column::Property);
        let Some((_, file)) = FILES.iter().find(|(name, _)| *name == property) else {
            continue;
        };
        match row.text(Column::Value) {
            "absent" | "" => (),
            "bulk" => announced.push(*file),
            "delta" => reading.report.add(Code::DeltaUnsupported, row.at(Column::Value), "bulk or absent"),
            _ => reading.report.add(Code::ValueUnknown, row.at(Column::Value), "bulk, delta or absent"),
        }
    }
    drop(table);
    for file in announced {
        if matches!(bundle.stream(file), Ok(None)) {
            let expected = "this file, as the manifest announces it";
            reading.report.add(Code::FileMissing, At::file(file), expected);
        }
    }
}
