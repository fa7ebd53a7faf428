//! Edits of the fixtures, each with the diagnostics that it must bring.

use super::*;

/// A change to one file, and the diagnostics that it must bring.
pub(super) struct Case {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    pub(super) found: &'static [(Code, u64, &'static str)],
}

const fn case(
    file: &'static str,
    from: &'static str,
    to: &'static str,
    found: &'static [(Code, u64, &'static str)],
) -> Case {
    Case { file, from, to, found }
}

/// Edits of the 1.1 fixture. A row of 0 stands for the file as a whole, an empty field for none.
pub(super) const CASES: &[Case] = &[
    case("manifest.csv", "file.users,bulk", "file.users,delta", &[(Code::DeltaUnsupported, 10, "value")]),
    case("manifest.csv", "file.users,bulk", "file.users,some", &[(Code::ValueUnknown, 10, "value")]),
    case("orgs.csv", "sourcedId,status", "sourcedID,status", &[(Code::ColumnMissing, 1, "sourcedId")]),
    case("orgs.csv", "dateLastModified", "name", &[(Code::ColumnDuplicate, 1, "name")]),
    case("orgs.csv", "s2,,", "s2,", &[(Code::FieldCount, 4, "")]),
    case("orgs.csv", "s2,,", ",,", &[(Code::ValueMissing, 4, "sourcedId")]),
    case("orgs.csv", "s1,,", "s1,deleted,", &[(Code::ValueUnknown, 3, "status")]),
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
    case("orgs.csv", "Lettres", "Let\ttres", &[(Code::TextControl, 5, "name")]),
    case("orgs.csv", "0690002B,d1", ",d9", &[(Code::ReferenceMissing, 4, "parentSourcedId")]),
    case("orgs.csv", "0690002B,d1", ",s-gone", &[(Code::ReferenceInactive, 4, "parentSourcedId")]),
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
    case("orgs.csv", "department,,s1", "department,,", &[(Code::NotASchool, 3, "schoolSourcedId")]),
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
    case("users.csv", "aide,active", "a ide,active", &[(Code::IdInvalid, 4, "sourcedId")]),
    case("users.csv", "aide,active", "aide,activ", &[(Code::ValueUnknown, 4, "status")]),
    case("users.csv", "TRUE", "oui", &[(Code::ValueUnknown, 7, "enabledUser")]),
    case("users.csv", "s1,aide", "s1,", &[(Code::RoleMissing, 4, "role")]),
    case("users.csv", "s1,aide", "s1,helper", &[(Code::ValueUnknown, 4, "role")]),
    case("users.csv", "s1,aide", "s9,aide", &[(Code::ReferenceMissing, 4, "orgSourcedIds")]),
    case("users.csv", "op@region.example", "op at region", &[(Code::EmailInvalid, 2, "email")]),
    case("users.csv", "\"2nde,UPE2A\"", "seconde générale", &[(Code::GradeInvalid, 7, "grades")]),
    case("users.csv", "\"g1,g2\"", "\"g1,g2,t1\"", &[(Code::LinkIgnored, 6, "agentSourcedIds")]),
    case("users.csv", "\"p1,p2\"", "\"p1,p2,p-off\"", &[(Code::ReferenceInactive, 10, "agentSourcedIds")]),
    case("academicSessions.csv", "2026-12-01", "1/12/2026", &[(Code::DateInvalid, 3, "endDate")]),
    case("academicSessions.csv", "2026-12-01", "2026-13-01", &[(Code::DateInvalid, 3, "endDate")]),
    case("academicSessions.csv", "2026-12-01", "2026-08-31", &[(Code::DatesReversed, 3, "endDate")]),
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
    case("courses.csv", "\",s1,", "\",s9,", &[(Code::ReferenceMissing, 2, "orgSourcedId")]),
    case("courses.csv", "c-maths,", "c-phys,", &[(Code::ReferenceMissing, 3, "courseSourcedId")]),
    case(
        "classes.csv",
        "homeroom,,s1,\"y26,t26\"",
        "homeroom,,d1,",
        &[(Code::NotASchool, 2, "schoolSourcedId")],
    ),
    case("classes.csv", "homeroom", "section", &[(Code::ValueUnknown, 2, "classType")]),
    case(
        "classes.csv",
        "2A-MATHS,",
        "2A,",
        &[(Code::IdDuplicate, 3, "sourcedId"), (Code::ReferenceMissing, 6, "classSourcedId")],
    ),
    case("enrollments.csv", "e2,", "e1,", &[(Code::IdDuplicate, 3, "sourcedId")]),
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
    case("enrollments.csv", "e1,,,2A,", "e1,,,2B,", &[(Code::ReferenceInactive, 2, "classSourcedId")]),
    case("enrollments.csv", "s1,p1,student", "s1,p1,teacher", &[(Code::EnrolmentRole, 2, "role")]),
    case("enrollments.csv", "s1,p1,student", "s1,g1,student", &[(Code::EnrolmentRole, 2, "role")]),
    case("enrollments.csv", "s1,p1,student", "s1,t1,student", &[(Code::EnrolmentIgnored, 2, "role")]),
    case("enrollments.csv", "2027-07-04", "2026-08-31", &[(Code::DatesReversed, 3, "endDate")]),
];

/// The same for the 1.2 fixture.
const CASES_OF_1_2: &[Case] = &[
    case(
        "roles.csv",
        "secondary,teacher,,,s2",
        "secondary,teacher,,,s9",
        &[(Code::ReferenceMissing, 3, "orgSourcedId")],
    ),
    case("roles.csv", "r4,,,t1", "r4,,,t9", &[(Code::ReferenceMissing, 5, "userSourcedId")]),
    case("roles.csv", "primary,principal", "main,principal", &[(Code::ValueUnknown, 4, "roleType")]),
    case("roles.csv", "primary,principal", "primary,ext:dean", &[(Code::ValueExtension, 4, "role")]),
    case("roles.csv", "2026-07-04", "4 juillet", &[(Code::DateInvalid, 9, "endDate")]),
    case("roles.csv", "r9,,,g1", "r9,,,p1", &[(Code::RoleMissing, 7, "role")]),
    case("relationships.csv", "p1,g1", "p1,g9", &[(Code::ReferenceMissing, 2, "relationshipUserSourcedId")]),
    case("relationships.csv", "p1,g1", "p9,g1", &[(Code::ReferenceMissing, 2, "userSourcedId")]),
    case("relationships.csv", "p1,g1", "p1,t1", &[(Code::LinkIgnored, 2, "relationshipUserSourcedId")]),
    case("relationships.csv", "false,true", "no,true", &[(Code::ValueUnknown, 2, "metadata.legal")]),
    case("relationships.csv", "parent", "uncle", &[(Code::ValueUnknown, 2, "relationshipRole")]),
];

#[test]
fn each_fault_is_found_at_its_place_and_nowhere_else() {
    let mut wrong = Vec::new();
    let of_1_1 = CASES.iter().map(|case| ("v1p1", case));
    let of_1_2 = CASES_OF_1_2.iter().map(|case| ("v1p2", case));
    for (version, case) in of_1_1.chain(of_1_2) {
        let copy = Copy::of(version);
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
