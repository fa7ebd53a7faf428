//! Each diagnostic with its place.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;

use super::*;
/// A change to one file, and the diagnostics that it must bring.
struct Case {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    found: &'static [(Code, u64, &'static str)],
}

const fn case(
    file: &'static str,
    from: &'static str,
    to: &'static str,
    found: &'static [(Code, u64, &'static str)],
) -> Case {
    Case {
        file,
        from,
        to,
        found,
    }
}

/// Edits of the 1.1 fixture. A row of 0 stands for the file as a whole, an empty field for none.
const CASES: &[Case] = &[
    case(
        "manifest.csv",
        "file.users,bulk",
        "file.users,delta",
        &[(Code::DeltaUnsupported, 10, "value")],
    ),
    case(
        "manifest.csv",
        "file.users,bulk",
        "file.users,some",
        &[(Code::ValueUnknown, 10, "value")],
    ),
    case(
        "orgs.csv",
        "sourcedId,status",
        "sourcedID,status",
        &[(Code::ColumnMissing, 1, "sourcedId")],
    ),
    case(
        "orgs.csv",
        "dateLastModified",
        "name",
        &[(Code::ColumnDuplicate, 1, "name")],
    ),
    case("orgs.csv", "s2,,", "s2,", &[(Code::FieldCount, 4, "")]),
    case("orgs.csv", "s2,,", ",,", &[(Code::ValueMissing, 4, "sourcedId")]),
    case(
        "orgs.csv",
        "s1,,",
        "s1,deleted,",
        &[(Code::ValueUnknown, 3, "status")],
    ),
    case(
        "orgs.csv",
        "school,0690002B",
        "ext:club,",
        &[
            (Code::ValueExtension, 4, "type"),
            (Code::ReferenceInactive, 5, "orgSourcedIds"),
            (Code::ReferenceInactive, 7, "orgSourcedIds"),
            (Code::ReferenceInactive, 10, "orgSourcedIds"),
        ],
    ),
    case(
        "orgs.csv",
        "d1,,",
        "region,,",
        &[
            (Code::IdReserved, 2, "sourcedId"),
            (Code::ReferenceMissing, 3, "parentSourcedId"),
            (Code::ReferenceMissing, 4, "parentSourcedId"),
            (Code::ReferenceMissing, 2, "orgSourcedIds"),
        ],
    ),
    case(
        "orgs.csv",
        "Lettres",
        "Let\ttres",
        &[(Code::TextControl, 5, "name")],
    ),
    case(
        "orgs.csv",
        "0690002B,d1",
        ",d9",
        &[(Code::ReferenceMissing, 4, "parentSourcedId")],
    ),
    case(
        "orgs.csv",
        "0690002B,d1",
        ",s-gone",
        &[(Code::ReferenceInactive, 4, "parentSourcedId")],
    ),
    case(
        "orgs.csv",
        "s1-lettres,,,Lettres,department,,s1",
        "s1-lettres,,,Lettres,ext:club,,s1",
        &[
            (Code::ValueExtension, 5, "type"),
            (Code::ReferenceInactive, 5, "orgSourcedIds"),
            (Code::ReferenceInactive, 3, "schoolSourcedId"),
            (Code::ReferenceInactive, 6, "classSourcedId"),
        ],
    ),
    case(
        "orgs.csv",
        "department,,s1",
        "department,,",
        &[(Code::NotASchool, 3, "schoolSourcedId")],
    ),
    case(
        "users.csv",
        "p2,,",
        "p1,,",
        &[
            (Code::IdDuplicate, 7, "sourcedId"),
            (Code::ReferenceMissing, 3, "userSourcedId"),
            (Code::ReferenceMissing, 6, "userSourcedId"),
            (Code::ReferenceMissing, 10, "agentSourcedIds"),
        ],
    ),
    case(
        "users.csv",
        "aide,active",
        "a ide,active",
        &[(Code::IdInvalid, 4, "sourcedId")],
    ),
    case(
        "users.csv",
        "aide,active",
        "aide,activ",
        &[(Code::ValueUnknown, 4, "status")],
    ),
    case(
        "users.csv",
        "TRUE",
        "oui",
        &[(Code::ValueUnknown, 7, "enabledUser")],
    ),
    case("users.csv", "s1,aide", "s1,", &[(Code::RoleMissing, 4, "role")]),
    case(
        "users.csv",
        "s1,aide",
        "s1,helper",
        &[(Code::ValueUnknown, 4, "role")],
    ),
    case(
        "users.csv",
        "s1,aide",
        "s9,aide",
        &[(Code::ReferenceMissing, 4, "orgSourcedIds")],
    ),
    case(
        "users.csv",
        "op@region.example",
        "op at region",
        &[(Code::EmailInvalid, 2, "email")],
    ),
    case(
        "users.csv",
        "\"2nde,UPE2A\"",
        "seconde générale",
        &[(Code::GradeInvalid, 7, "grades")],
    ),
    case(
        "users.csv",
        "\"g1,g2\"",
        "\"g1,g2,t1\"",
        &[(Code::LinkIgnored, 6, "agentSourcedIds")],
    ),
    case(
        "users.csv",
        "\"p1,p2\"",
        "\"p1,p2,p-off\"",
        &[(Code::ReferenceInactive, 10, "agentSourcedIds")],
    ),
    case(
        "academicSessions.csv",
        "2026-12-01",
        "1/12/2026",
        &[(Code::DateInvalid, 3, "endDate")],
    ),
    case(
        "academicSessions.csv",
        "2026-12-01",
        "2026-13-01",
        &[(Code::DateInvalid, 3, "endDate")],
    ),
    case(
        "academicSessions.csv",
        "2026-12-01",
        "2026-08-31",
        &[(Code::DatesReversed, 3, "endDate")],
    ),
    case(
        "academicSessions.csv",
        "t26,",
        "y26,",
        &[
            (Code::IdDuplicate, 3, "sourcedId"),
            (Code::ReferenceMissing, 2, "termSourcedIds"),
            (Code::ReferenceMissing, 3, "termSourcedIds"),
        ],
    ),
    case(
        "courses.csv",
        "c-maths,,,y26",
        "c-maths,,,y25",
        &[(Code::ReferenceMissing, 2, "schoolYearSourcedId")],
    ),
    case(
        "courses.csv",
        "\",s1,",
        "\",s9,",
        &[(Code::ReferenceMissing, 2, "orgSourcedId")],
    ),
    case(
        "courses.csv",
        "c-maths,",
        "c-phys,",
        &[(Code::ReferenceMissing, 3, "courseSourcedId")],
    ),
    case(
        "classes.csv",
        "homeroom,,s1,\"y26,t26\"",
        "homeroom,,d1,",
        &[(Code::NotASchool, 2, "schoolSourcedId")],
    ),
    case(
        "classes.csv",
        "homeroom",
        "section",
        &[(Code::ValueUnknown, 2, "classType")],
    ),
    case(
        "classes.csv",
        "2A-MATHS,",
        "2A,",
        &[
            (Code::IdDuplicate, 3, "sourcedId"),
            (Code::ReferenceMissing, 6, "classSourcedId"),
        ],
    ),
    case(
        "enrollments.csv",
        "e2,",
        "e1,",
        &[(Code::IdDuplicate, 3, "sourcedId")],
    ),
    case(
        "enrollments.csv",
        "s1,p1,student",
        "s1,p9,student",
        &[(Code::ReferenceMissing, 2, "userSourcedId")],
    ),
    case(
        "enrollments.csv",
        "s1,p1,student",
        "s9,p1,student",
        &[(Code::ReferenceMissing, 2, "schoolSourcedId")],
    ),
    case(
        "enrollments.csv",
        "s1,p1,student",
        "s1,p-off,student",
        &[(Code::ReferenceInactive, 2, "userSourcedId")],
    ),
    case(
        "enrollments.csv",
        "e1,,,2A,",
        "e1,,,2B,",
        &[(Code::ReferenceInactive, 2, "classSourcedId")],
    ),
    case(
        "enrollments.csv",
        "s1,p1,student",
        "s1,p1,teacher",
        &[(Code::EnrolmentRole, 2, "role")],
    ),
    case(
        "enrollments.csv",
        "s1,p1,student",
        "s1,g1,student",
        &[(Code::EnrolmentRole, 2, "role")],
    ),
    case(
        "enrollments.csv",
        "s1,p1,student",
        "s1,t1,student",
        &[(Code::EnrolmentIgnored, 2, "role")],
    ),
    case(
        "enrollments.csv",
        "2027-07-04",
        "2026-08-31",
        &[(Code::DatesReversed, 3, "endDate")],
    ),
];

#[test]
fn each_fault_is_found_at_its_place_and_nowhere_else() {
    let mut wrong = Vec::new();
    for case in CASES {
        let copy = Copy::new();
        copy.edit(case.file, case.from, case.to);
        let report = copy.report();
        let actual: Vec<_> = found(&report)
            .into_iter()
            .map(|(code, _, row, field)| (code, row.unwrap_or(0), field.unwrap_or("")))
            .collect();
        if actual != case.found {
            wrong.push(format!("{} with {}: {actual:?}", case.file, case.to));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const USERS: Option<&str> = Some("users.csv");

/// Makes a fault; says what to read if not the copy's folder.
type Spoil = fn(&Copy) -> Option<PathBuf>;

/// Faults that an edit of a few words can't make.
const FAULTS: &[(Spoil, &[Found])] = &[
    (
        |c| Some(c.path("nothing")),
        &[(Code::BundleUnreadable, None, None, None)],
    ),
    (
        |c| Some(c.path("users.csv")),
        &[(Code::BundleUnreadable, None, None, None)],
    ),
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
            fs::File::create(&huge)
                .unwrap()
                .set_len(limits::ROSTER_ZIP_BYTES_MAX + 1)
                .unwrap();
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
            fs::write(
                c.path("enrollments.csv"),
                "sourcedId,classSourcedId,userSourcedId,role\n",
            )
            .unwrap();
            None
        },
        &[(Code::DelimiterWrong, USERS, Some(1), None)],
    ),
    (
        |c| {
            let text = fs::read_to_string(c.path("users.csv")).unwrap();
            let latin: Vec<u8> = text
                .chars()
                .map(|ch| u8::try_from(u32::from(ch)).unwrap_or(b'?'))
                .collect();
            fs::write(c.path("users.csv"), latin).unwrap();
            fs::write(
                c.path("enrollments.csv"),
                "sourcedId,classSourcedId,userSourcedId,role\n",
            )
            .unwrap();
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
            c.append(
                "users.csv",
                &format!("u,,,,,aide,,,{},,,,,,,,,\n", "n".repeat(256)),
            );
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
    let bounds = Bounds {
        file_bytes_max: 200_000_000,
        agents_max: 4,
    };
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
    let bounds = Bounds {
        file_bytes_max: 100_000,
        agents_max: 100,
    };
    let report = read_within(bounds, &path, TODAY, &mut |_| ()).unwrap_err();
    assert_eq!(
        report
            .diagnostics
            .iter()
            .filter(|d| d.code == Code::FileTooLarge)
            .count(),
        1
    );
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
