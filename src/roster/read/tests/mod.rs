//! The reader on small bundles: what it accepts.

mod cases;
mod faults;
mod mutations;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use jiff::civil::date;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::base::Role;
use crate::roster::kind::LinkKind;

const TODAY: Date = date(2026, 11, 22);

fn fixture(version: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/roster").join(version)
}

fn read_quietly(path: &Path) -> Result<Loaded, Report> {
    read(path, TODAY, &mut |_| ())
}

/// A copy of a fixture that a test may spoil.
struct Copy(TempDir);

impl Copy {
    fn new() -> Self {
        Self::of("v1p1")
    }

    fn of(version: &str) -> Self {
        let folder = TempDir::new().unwrap();
        for entry in fs::read_dir(fixture(version)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        Self(folder)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} holds no {from}");
        fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
    }

    fn append(&self, file: &str, text: &str) {
        let mut out = fs::OpenOptions::new().create(true).append(true).open(self.path(file)).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }

    fn zip(&self, folder: &str) -> PathBuf {
        let path = self.path("out.zip");
        let mut zip = ZipWriter::new(fs::File::create(&path).unwrap());
        for entry in fs::read_dir(self.0.path()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name != "out.zip" {
                zip.start_file(format!("{folder}{name}"), SimpleFileOptions::default()).unwrap();
                zip.write_all(&fs::read(self.path(&name)).unwrap()).unwrap();
            }
        }
        zip.finish().unwrap();
        path
    }

    fn report(&self) -> Report {
        match read_quietly(self.0.path()) {
            Ok(loaded) => loaded.report,
            Err(report) => report,
        }
    }
}

type Found = (Code, Option<&'static str>, Option<u64>, Option<&'static str>);

fn found(report: &Report) -> Vec<Found> {
    let place = |d: &super::super::Diagnostic| (d.code, d.file, d.row, d.field);
    report.diagnostics.iter().map(place).collect()
}

fn children(roster: &Roster, guardian: &str) -> Vec<(String, LinkKind, bool, bool)> {
    let account = roster.account(guardian).unwrap();
    let link = |l: crate::roster::Link<'_>| {
        (l.account.id().to_owned(), l.terms.kind, l.terms.legal, l.terms.receives)
    };
    account.children().map(link).collect()
}

#[test]
fn version_1_1_is_read_without_diagnostics() {
    let loaded = read_quietly(&fixture("v1p1")).unwrap();
    assert_eq!(loaded.report, Report::default());
    let skipped = Skipped { deleted: 4, disabled: 1, outside_dates: 2 };
    assert_eq!(loaded.skipped, skipped);
    let roster = &loaded.roster;
    assert_eq!(roster.counts().accounts, [1, 2, 2, 2, 1]);
    assert_eq!(roster.account("op").unwrap().role(), Role::Operator);
    assert_eq!(roster.account("head").unwrap().role(), Role::Staff);
    let teacher = roster.account("t1").unwrap();
    assert!(teacher.belongs_to("s1") && teacher.belongs_to("s2") && teacher.teaches("2A"));
    assert_eq!(teacher.email(), Some("t1@s1.example"));
    assert!(!teacher.teaches("2A-MATHS"), "that was over yesterday");
    let student = roster.account("p2").unwrap();
    assert_eq!(student.family_name(), "Le Goff, fils");
    assert!(student.attends("2A-MATHS"), "the last day counts");
    assert!(student.has_level("s2", "UPE2A"));
    assert!(!roster.account("p1").unwrap().attends("2A-MATHS"), "not begun");
    let group = roster.class("2A-MATHS").unwrap();
    assert_eq!((group.school().id(), group.subject()), ("s1", "Mathématiques"));
    assert_eq!(group.grades().count(), 2);
    let parent = |child: &str| (child.to_owned(), LinkKind::Parent, true, true);
    assert_eq!(children(roster, "g1"), [parent("p1"), parent("p2")]);
    assert_eq!(children(roster, "g2"), [("p1".to_owned(), LinkKind::Relative, false, false)]);
    assert!(roster.account("p-off").is_none() && roster.account("p-gone").is_none());
}

#[test]
fn a_student_may_be_marked_as_of_age_and_nobody_else() {
    let copy = Copy::new();
    copy.edit("users.csv", ",password", ",metadata.adult");
    copy.edit("users.csv", "\"2nde,UPE2A\",", "\"2nde,UPE2A\",true");
    copy.edit("users.csv", "t1@s1.example,,,,,", "t1@s1.example,,,,,true");
    let loaded = read_quietly(copy.0.path()).unwrap();
    let ignored = (Code::AdultIgnored, Some("users.csv"), Some(5), Some("metadata.adult"));
    assert_eq!((loaded.report.errors, found(&loaded.report)), (0, vec![ignored]));
    let adults = loaded.roster.accounts().filter(crate::roster::Account::is_adult);
    assert_eq!(adults.map(|account| account.id()).collect::<Vec<_>>(), ["p2"]);
    copy.edit("users.csv", "\"2nde,UPE2A\",true", "\"2nde,UPE2A\",18");
    let unknown = (Code::ValueUnknown, Some("users.csv"), Some(7), Some("metadata.adult"));
    assert!(found(&copy.report()).contains(&unknown));
}

#[test]
fn version_1_2_is_tolerated() {
    let loaded = read_quietly(&fixture("v1p2")).unwrap();
    assert_eq!(loaded.report, Report::default());
    let roster = &loaded.roster;
    assert_eq!(roster.counts().accounts, [1, 1, 1, 1, 1]);
    assert_eq!(roster.account("op").unwrap().role(), Role::Operator);
    let head = roster.account("head").unwrap();
    assert_eq!(head.role(), Role::Staff, "the primary role decides");
    assert!(head.belongs_to("s1") && !head.belongs_to("s2"));
    let teacher = roster.account("t1").unwrap();
    assert!(teacher.belongs_to("s1") && teacher.belongs_to("s2"));
    assert!(!roster.account("p1").unwrap().belongs_to("s2"), "that role is deleted");
    assert!(roster.account("p-left").is_none(), "that role is over");
    assert_eq!(roster.class("2A").unwrap().subject(), "Français");
    assert_eq!(children(roster, "g1"), [("p1".to_owned(), LinkKind::Parent, false, true)]);
}

#[test]
fn who_administers_a_school_is_no_operator_whatever_the_word() {
    for word in ["systemAdministrator", "districtAdministrator"] {
        let copy = Copy::of("v1p2");
        copy.edit("roles.csv", "r3,,,head,primary,principal", &format!("r3,,,head,primary,{word}"));
        let roster = read_quietly(copy.0.path()).unwrap().roster;
        assert_eq!(roster.account("head").unwrap().role(), Role::Staff, "{word} of s1");
        assert_eq!(roster.account("op").unwrap().role(), Role::Operator, "of the region");
    }
}

#[test]
fn a_zip_a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let expected = read_quietly(&fixture("v1p1")).unwrap().roster.counts();
    let copy = Copy::new();
    for file in ["users.csv", "enrollments.csv"] {
        let text = fs::read_to_string(copy.path(file)).unwrap();
        fs::write(copy.path(file), format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    }
    let loaded = read_quietly(&copy.zip("")).unwrap();
    assert_eq!(loaded.roster.counts(), expected);
    assert_eq!(loaded.report, Report::default());
}

#[test]
fn columns_may_stand_in_any_order_and_relationships_win() {
    let copy = Copy::new();
    copy.append(
        "relationships.csv",
        "relationshipRole,metadata.receives,relationshipUserSourcedId,userSourcedId\nparent,true,g2,p1\nother,,g1,p1\n",
    );
    let loaded = read_quietly(copy.0.path()).unwrap();
    let parent = ("p1".to_owned(), LinkKind::Parent, true, true);
    assert_eq!(children(&loaded.roster, "g2"), [parent]);
    let other = ("p1".to_owned(), LinkKind::Other, false, false);
    assert_eq!(children(&loaded.roster, "g1")[0], other);
}

#[test]
fn progress_is_told_for_each_file() {
    let mut told = Vec::new();
    read(&fixture("v1p1"), TODAY, &mut |p| told.push((p.file, p.rows))).unwrap();
    assert!(told.contains(&("users.csv", 10)) && told.contains(&("enrollments.csv", 8)));
}
