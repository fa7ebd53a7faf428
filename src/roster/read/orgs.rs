//! `orgs.csv`: schools, their departments, and the bodies above them.

use super::bundle::Bundle;
use super::field::{self, dangling, word};
use super::table::{Layout, Need, Row, columns};
use super::{Absence, Reading};
use crate::base::limits;
use crate::roster::kind::OrgKind;
use crate::roster::new::NewOrg;

columns! {
    Id = "sourcedId" Required,
    Status = "status" Optional,
    Name = "name" Required,
    Kind = "type" Required,
    Parent = "parentSourcedId" Optional,
}

static LAYOUT: Layout =
    Layout { file: "orgs.csv", need: Need::Required, rows_max: limits::ROSTER_ORGS_MAX, columns: COLUMNS };

const KINDS: [(&str, OrgKind); 6] = [
    ("school", OrgKind::School),
    ("department", OrgKind::Department),
    ("district", OrgKind::District),
    ("local", OrgKind::Local),
    ("state", OrgKind::State),
    ("national", OrgKind::National),
];

/// That an org is part of another, until all orgs are known.
struct PartOf {
    part: Box<str>,
    whole: Box<str>,
    at: super::At,
}

pub(super) fn read(bundle: &mut Bundle, reading: &mut Reading<'_>) {
    let Some(mut table) = reading.open(bundle, &LAYOUT) else {
        reading.absent_orgs.set_incomplete(true);
        return;
    };
    let mut parts = Vec::new();
    while let Some(row) = table.next(&mut reading.report) {
        let Some(id) = row.required(Column::Id, &mut reading.report) else {
            reading.absent_orgs.set_incomplete(true);
            continue;
        };
        if let Err(absence) = add(&row, id, reading) {
            reading.absent_orgs.insert(id, absence);
            continue;
        }
        let parent = row.text(Column::Parent);
        if !parent.is_empty() {
            parts.push(PartOf { part: id.into(), whole: parent.into(), at: row.at(Column::Parent) });
        }
    }
    reading.absent_orgs.set_incomplete(table.is_incomplete());
    reading.tell(table.progress());
    for PartOf { part, whole, at } in parts {
        if reading.builder.org_parent(&part, &whole).is_err() {
            let report = &mut reading.report;
            let absence = dangling(&whole, &reading.absent_orgs, at, "orgs.csv", report);
            // So that classes of a department are not told that it belongs to no school.
            reading.absent_orgs.insert(&part, absence);
        }
    }
}

fn add(row: &Row<'_>, id: &str, reading: &mut Reading<'_>) -> Result<(), Absence> {
    field::active(row, Column::Status, reading)?;
    let name = field::name(row, Column::Name, &mut reading.report);
    let kind = word(row, Column::Kind, &KINDS, &mut reading.report)?;
    let name = name.ok_or(Absence::Faulty)?;
    let new = NewOrg { id, name: &name, kind };
    reading.builder.org(new).map_err(|error| {
        reading.refused(error, row.at(Column::Id));
        Absence::Faulty
    })
}
