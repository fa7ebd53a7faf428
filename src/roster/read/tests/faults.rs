//! Faults of whole files, and that every code has its fault.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;

use super::cases::CASES;
use super::*;
const USERS: Option<&str> = Some("users.csv");

/// Makes a fault; says what to read if not the copy's folder.
type Spoil = fn(&Copy) -> Option<PathBuf>;

/// Faults that an edit of a few words can't make.
const FAULTS: &[(Spoil, &[Found])] = &[
    (|c| Some(c.path("nothing")), &[(Code::BundleUnreadable, None, None, None)]),
    (|c| Some(c.path("users.csv")), &[(Code::BundleUnreadable, None, None, None)]),
    (
        |c| {
            for n in 0..limits::ROSTER_ZIP_FILES_MAX {
                c.append(&format!("{n}.csv"), "a\n");
            }
            Some(c.zip(""))
        },
        &[(Code::BundleTooLarge, None, None, None)],
    ),
    (
        |c| {
            let huge = c.path("huge.zip");
            fs::File::create(&huge).unwrap().set_len(limits::ROSTER_ZIP_BYTES_MAX + 1).unwrap();
            Some(huge)
        },
        &[(Code::BundleTooLarge, None, None, None)],
    ),
    (
        |c| {
            fs::remove_file(c.path("courses.csv")).unwrap();
            fs::remove_file(c.path("manifest.csv")).unwrap();
            None
        },
        &[(Code::OptionalFileMissing, Some("courses.csv"), None, None)],
    ),
    (
        |c| {
            fs::remove_file(c.path("enrollments.csv")).unwrap();
            None
        },
        &[
            (Code::FileMissing, Some("enrollments.csv"), None, None),
            (Code::FileMissing, Some("enrollments.csv"), None, None),
        ],
    ),
    (
        |c| {
            fs::remove_file(c.path("courses.csv")).unwrap();
            fs::create_dir(c.path("courses.csv")).unwrap();
            None
        },
        &[(Code::FileUnreadable, Some("courses.csv"), Some(1), None)],
    ),
    (
        |c| {
            let header = fs::read_to_string(c.path("users.csv")).unwrap().replace(',', ";");
            fs::write(c.path("users.csv"), header).unwrap();
            fs::write(c.path("enrollments.csv"), "sourcedId,classSourcedId,userSourcedId,role\n").unwrap();
            None
        },
        &[(Code::DelimiterWrong, USERS, Some(1), None)],
    ),
    (
        |c| {
            let text = fs::read_to_string(c.path("users.csv")).unwrap();
            let latin: Vec<u8> = text.chars().map(|ch| u8::try_from(u32::from(ch)).unwrap_or(b'?')).collect();
            fs::write(c.path("users.csv"), latin).unwrap();
            fs::write(c.path("enrollments.csv"), "sourcedId,classSourcedId,userSourcedId,role\n").unwrap();
            None
        },
        // References to users are not judged, since their rows may be among these.
        &[
            (Code::NotUtf8, USERS, Some(3), None),
            (Code::NotUtf8, USERS, Some(4), None),
            (Code::NotUtf8, USERS, Some(5), None),
            (Code::NotUtf8, USERS, Some(7), None),
            (Code::NotUtf8, USERS, Some(10), None),
        ],
    ),
    (
        |c| {
            c.append("users.csv", "\"never closed,,,\n");
            c.append("users.csv", &"x,\n".repeat(limits::ROSTER_ROW_BYTES_MAX));
            None
        },
        &[(Code::RowTooLong, USERS, Some(12), None)],
    ),
    (
        |c| {
            c.append("users.csv", &format!("u,,,,,aide,,,{},,,,,,,,,\n", "n".repeat(256)));
            let many = "s1,".repeat(limits::ROSTER_LIST_MAX + 1);
            c.append("users.csv", &format!("v,,,,\"{many}\",aide,,,n,n,,,,,,,,\n"));
            None
        },
        &[
            (Code::TextTooLong, USERS, Some(12), Some("givenName")),
            (Code::ListTooLong, USERS, Some(13), Some("orgSourcedIds")),
        ],
    ),
    (
        |c| {
            let mut rows = String::new();
            for n in 0..limits::ROSTER_ORGS_MAX - 4 {
                writeln!(rows, "n{n},,,n,school,,").unwrap();
            }
            c.append("orgs.csv", &rows);
            None
        },
        &[(Code::TooManyRows, Some("orgs.csv"), Some(100_002), None)],
    ),
    (
        |c| {
            c.append("users.csv", "u,,,,,parent,,,,,,,,,,p1,,\n");
            None
        },
        &[(Code::RosterFull, USERS, None, None)],
    ),
];

#[test]
fn faults_of_whole_files_are_found() {
    let bounds = Bounds { file_bytes_max: 200_000_000, agents_max: 4 };
    for (spoil, expected) in FAULTS {
        let copy = Copy::new();
        let path = spoil(&copy).unwrap_or(copy.0.path().to_owned());
        let outcome = read_within(bounds, &path, TODAY, &mut |_| ());
        let report = outcome.map_or_else(|report| report, |loaded| loaded.report);
        assert_eq!(found(&report), *expected);
    }
}

#[test]
fn a_zip_that_unpacks_beyond_the_limit_is_refused_while_it_unpacks() {
    let copy = Copy::new();
    let rows = format!("x,{}\n", ",".repeat(16)).repeat(20_000);
    copy.append("users.csv", &rows);
    let path = copy.zip("");
    assert!(fs::metadata(&path).unwrap().len() < 10_000);
    let bounds = Bounds { file_bytes_max: 100_000, agents_max: 100 };
    let report = read_within(bounds, &path, TODAY, &mut |_| ()).unwrap_err();
    assert_eq!(report.diagnostics.iter().filter(|d| d.code == Code::FileTooLarge).count(), 1);
}

#[test]
fn a_zip_with_its_files_in_a_folder_or_with_a_damaged_file_is_refused() {
    let copy = Copy::new();
    let report = read_quietly(&copy.zip("export/")).unwrap_err();
    assert_eq!(report.errors, 4);
    assert!(found(&report).contains(&(Code::FileMissing, Some("users.csv"), None, None)));
    let path = copy.zip("");
    let mut bytes = fs::read(&path).unwrap();
    // The name stands once before the file's bytes and once in the directory at the end.
    let name = bytes.windows(9).position(|w| w == b"users.csv").unwrap();
    bytes[name + 40] ^= 0xff;
    fs::write(&path, bytes).unwrap();
    let report = read_quietly(&path).unwrap_err();
    let unreadable = |f: &Found| f.0 == Code::FileUnreadable && f.1 == Some("users.csv");
    assert!(found(&report).iter().any(unreadable), "{report:?}");
}

#[test]
fn every_code_has_its_fault() {
    let of_cases = CASES.iter().flat_map(|case| case.found.iter().map(|f| f.0));
    let of_faults = FAULTS.iter().flat_map(|(_, found)| found.iter().map(|f| f.0));
    let mut seen: HashSet<Code> = of_cases.chain(of_faults).collect();
    // Shown by `a_zip_that_unpacks_beyond_the_limit_is_refused_while_it_unpacks`.
    seen.insert(Code::FileTooLarge);
    // Shown by `a_student_may_be_marked_as_of_age_and_nobody_else`.
    seen.insert(Code::AdultIgnored);
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn no_diagnostic_repeats_a_value() {
    let copy = Copy::new();
    copy.edit("users.csv", "s1,aide", "s1,Secretword");
    copy.edit("users.csv", "op@region.example", "Secretword");
    copy.edit("users.csv", "\"2nde,UPE2A\"", "Secret word");
    copy.edit("academicSessions.csv", "2026-12-01", "Secretword");
    copy.edit("enrollments.csv", "s1,p1,student", "Secretword,p1,student");
    let json = serde_json::to_string(&copy.report()).unwrap();
    assert!(!json.contains("Secret"), "{json}");
    assert!(json.contains(r#""code":"grade_invalid""#) && json.contains(r#""severity":"error""#));
}
