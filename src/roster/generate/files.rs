//! The generated files, row by row: full headers in the standard's order, `status` and `dateLastModified` blank as
//! bulk files leave them.

use std::io;

use super::names::{GRADES, SUBJECTS};
use super::output::Output;
use super::world::{Part, World, places};

/// The body above all schools.
pub(super) const ABOVE: &str = "academie";
const YEAR: &str = "annee-2026";
const FIRST_TERM: &str = "t1-2026";

pub(super) fn manifest(output: &mut Output<'_>) -> io::Result<()> {
    let mut sheet = output.sheet("manifest.csv", "propertyName,value")?;
    for row in [
        ["manifest.version", "1.0"],
        ["oneroster.version", "1.1"],
        ["file.academicSessions", "bulk"],
        ["file.categories", "absent"],
        ["file.classes", "bulk"],
        ["file.classResources", "absent"],
        ["file.courses", "bulk"],
        ["file.courseResources", "absent"],
        ["file.demographics", "absent"],
        ["file.enrollments", "bulk"],
        ["file.lineItems", "absent"],
        ["file.orgs", "bulk"],
        ["file.resources", "absent"],
        ["file.results", "absent"],
        ["file.users", "bulk"],
        ["source.systemName", "preau roster generate"],
        ["source.systemCode", "preau"],
    ] {
        sheet.row(row)?;
    }
    sheet.end()
}

pub(super) fn orgs(world: &World, output: &mut Output<'_>) -> io::Result<()> {
    let header = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId";
    let mut sheet = output.sheet("orgs.csv", header)?;
    sheet.row([ABOVE, "", "", "Académie du Préau", "district", "", ""])?;
    for school in 0..world.spec.schools {
        let (id, name) = (world.school_id(school), world.school_name(school));
        sheet.row([&id, "", "", &name, "school", &id, ABOVE])?;
    }
    sheet.end()
}

pub(super) fn academic_sessions(output: &mut Output<'_>) -> io::Result<()> {
    let header = "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,\
        schoolYear";
    let mut sheet = output.sheet("academicSessions.csv", header)?;
    sheet.row([YEAR, "", "", "2026-2027", "schoolYear", "2026-09-01", "2027-07-04", "", "2027"])?;
    sheet.row([FIRST_TERM, "", "", "Premier trimestre", "term", "2026-09-01", "2026-12-01", YEAR, "2027"])?;
    sheet.end()
}

pub(super) fn courses(world: &World, output: &mut Output<'_>) -> io::Result<()> {
    let header = "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,\
        orgSourcedId,subjects,subjectCodes";
    let mut sheet = output.sheet("courses.csv", header)?;
    let grades = GRADES.map(|(grade, ..)| grade).join(",");
    for school in 0..world.spec.schools {
        let school = world.school_id(school);
        let life = course_id(&school, "VIE");
        sheet.row([&life, "", "", YEAR, "Vie de classe", "VIE", &grades, &school, "", ""])?;
        for (code, name, _) in SUBJECTS {
            let id = course_id(&school, code);
            sheet.row([&id, "", "", YEAR, name, code, &grades, &school, name, ""])?;
        }
    }
    sheet.end()
}

pub(super) fn classes(world: &World, output: &mut Output<'_>) -> io::Result<()> {
    let header = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,\
        location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods";
    let mut sheet = output.sheet("classes.csv", header)?;
    for school in 0..world.spec.schools {
        let school_id = world.school_id(school);
        for homeroom in world.homerooms(school) {
            let grade = GRADES[homeroom.grade].0;
            let course = course_id(&school_id, "VIE");
            let (id, title) = (&homeroom.id, &homeroom.title);
            sheet
                .row([id, "", "", title, grade, &course, "", "homeroom", "", &school_id, YEAR, "", "", ""])?;
            for (code, name, _) in SUBJECTS {
                let (id, title) = (group_id(&homeroom.id, code), format!("{name}, {}", homeroom.title));
                let course = course_id(&school_id, code);
                sheet.row([
                    &id,
                    "",
                    "",
                    &title,
                    grade,
                    &course,
                    "",
                    "scheduled",
                    "",
                    &school_id,
                    YEAR,
                    name,
                    "",
                    "",
                ])?;
            }
        }
    }
    sheet.end()
}

pub(super) fn enrolments(world: &World, output: &mut Output<'_>) -> io::Result<()> {
    let header = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,\
        primary,beginDate,endDate";
    let mut sheet = output.sheet("enrollments.csv", header)?;
    let mut count = 0_u64;
    let mut write = |class: &str, school: &str, user: &str, role: &str, primary: &str| {
        count += 1;
        sheet.row([&format!("i{count}"), "", "", class, school, user, role, primary, "", ""])
    };
    for school in 0..world.spec.schools {
        let school_id = world.school_id(school);
        let homerooms = world.homerooms(school);
        let groups: Vec<[String; SUBJECTS.len()]> = homerooms
            .iter()
            .map(|homeroom| SUBJECTS.map(|(code, ..)| group_id(&homeroom.id, code)))
            .collect();
        for (place, student) in world.share(world.spec.students, school).enumerate() {
            let student = world.person(Part::Student, student).id;
            let (own, places) = places(&homerooms, place);
            write(&homerooms[own].id, &school_id, &student, "student", "")?;
            for (subject, homeroom) in places.into_iter().enumerate() {
                write(&groups[homeroom][subject], &school_id, &student, "student", "")?;
            }
        }
        let teachers = world.share(world.spec.teachers, school);
        if teachers.is_empty() {
            continue;
        }
        let classes = homerooms.iter().flat_map(|homeroom| {
            let groups = groups[homeroom.number].iter();
            std::iter::once(&homeroom.id).chain(groups)
        });
        for (class, teacher) in classes.zip(teachers.cycle()) {
            let teacher = world.person(Part::Teacher, teacher).id;
            write(class, &school_id, &teacher, "teacher", "true")?;
        }
    }
    sheet.end()
}

/// Only links of which `users.csv` does not say enough.
pub(super) fn relationships(world: &World, output: &mut Output<'_>) -> io::Result<()> {
    let header = "userSourcedId,relationshipUserSourcedId,relationshipRole,metadata.legal,\
        metadata.receives";
    let mut sheet = output.sheet("relationships.csv", header)?;
    for (guardian, bonds) in world.bonds.iter().enumerate() {
        let first = bonds.first().map(|bond| bond.role);
        for bond in bonds {
            let plain = bond.legal && bond.receives && Some(bond.role) == first;
            if plain && bond.student % 3 != 0 {
                continue;
            }
            let student = world.person(Part::Student, bond.student).id;
            let guardian = world.person(Part::Guardian, guardian).id;
            let yes_no = |flag: bool| if flag { "true" } else { "false" };
            sheet.row([&student, &guardian, bond.role, yes_no(bond.legal), yes_no(bond.receives)])?;
        }
    }
    sheet.end()
}

fn course_id(school: &str, code: &str) -> String {
    format!("{school}-cours-{code}")
}

fn group_id(homeroom: &str, code: &str) -> String {
    format!("{homeroom}-{code}")
}
