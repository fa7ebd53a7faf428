//! The school of a scenario as OneRoster files, so that the hub under test reads it as it reads any other.
//!
//! The names are the contract between this file and the clients: students `s-CLASS-NN`, teachers `t-CLASS`, guardians
//! `g-N`, operators `o-N`, classes `c-CLASS`. Attackers `x-N` are students of the first class, whether any come or not.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::attack;
use crate::scenario::School;
use crate::school;

const ORGS: &str = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
                    district,,,Region,district,,\nschool,,,Load test,school,,district\n";
const SESSIONS: &str = "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n\
                        year,,,Year,schoolYear,2020-09-01,2099-07-15,,2099\n";
const COURSES: &str = "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,\
                       orgSourcedId,subjects,subjectCodes\ncourse,,,year,Course,,2nde,school,,\n";
const CLASSES: &str = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,\
                       location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods";
const USERS: &str = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,\
                     givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password";
const ENROLLMENTS: &str = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,\
                           role,primary,beginDate,endDate";
const BULK: [&str; 6] = ["academicSessions", "orgs", "courses", "classes", "users", "enrollments"];
const ABSENT: [&str; 7] =
    ["demographics", "resources", "classResources", "courseResources", "categories", "lineItems", "results"];

/// Writes the files into a folder, which is made.
///
/// # Errors
/// The system's.
pub(crate) fn write(school: &School, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("orgs.csv"), ORGS)?;
    fs::write(folder.join("academicSessions.csv"), SESSIONS)?;
    fs::write(folder.join("courses.csv"), COURSES)?;
    manifest(&mut BufWriter::new(File::create(folder.join("manifest.csv"))?))?;
    classes(school, &mut BufWriter::new(File::create(folder.join("classes.csv"))?))?;
    users(school, &mut BufWriter::new(File::create(folder.join("users.csv"))?))?;
    enrollments(school, &mut BufWriter::new(File::create(folder.join("enrollments.csv"))?))
}

fn student(class: u32, number: u32) -> String {
    format!("s-{class}-{number:02}")
}

fn students(school: &School) -> impl Iterator<Item = (u32, u32)> + Clone {
    let (classes, size) = (school.classes, school.students_per_class);
    (0..classes).flat_map(move |class| (0..size).map(move |number| (class, number)))
}

fn manifest(file: &mut impl Write) -> io::Result<()> {
    writeln!(file, "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1")?;
    BULK.iter().try_for_each(|name| writeln!(file, "file.{name},bulk"))?;
    ABSENT.iter().try_for_each(|name| writeln!(file, "file.{name},absent"))?;
    file.flush()
}

fn classes(school: &School, file: &mut impl Write) -> io::Result<()> {
    writeln!(file, "{CLASSES}")?;
    for class in 0..school.classes {
        writeln!(file, "c-{class},,,Class {class},2nde,course,,homeroom,,school,year,,,")?;
    }
    file.flush()
}

fn users(school: &School, file: &mut impl Write) -> io::Result<()> {
    writeln!(file, "{USERS}")?;
    let mut user = |id: &str, org: &str, role: &str, agents: &str, grades: &str| {
        writeln!(file, "{id},,,true,{org},{role},{id},,Given,Family,,,,,,{agents},{grades},")
    };
    for number in 0..school.operators {
        user(&format!("o-{number}"), "district", "administrator", "", "")?;
    }
    for class in 0..school.classes {
        user(&format!("t-{class}"), "school", "teacher", "", "")?;
    }
    for (class, number) in students(school) {
        user(&student(class, number), "school", "student", "", "2nde")?;
    }
    for number in 0..attack::ACCOUNTS {
        user(&school::attacker(number), "school", "student", "", "2nde")?;
    }
    // Guardians belong to the schools of their students alone: one without a student would belong to none.
    let mut wards = students(school).cycle();
    for guardian in 0..school.guardians {
        let ward = wards.next().map(|(class, number)| student(class, number)).unwrap_or_default();
        user(&format!("g-{guardian}"), "school", "guardian", &ward, "")?;
    }
    file.flush()
}

fn enrollments(school: &School, file: &mut impl Write) -> io::Result<()> {
    writeln!(file, "{ENROLLMENTS}")?;
    for class in 0..school.classes {
        writeln!(file, "e-t-{class},,,c-{class},school,t-{class},teacher,,,")?;
    }
    for number in 0..attack::ACCOUNTS {
        let id = school::attacker(number);
        writeln!(file, "e-{id},,,c-0,school,{id},student,,,")?;
    }
    for (class, number) in students(school) {
        let id = student(class, number);
        writeln!(file, "e-{id},,,c-{class},school,{id},student,,,")?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_of_the_scenario_stands_in_the_files_under_the_names_that_clients_use() {
        let school = School {
            classes: 12,
            students_per_class: 3,
            teachers: true,
            live_share: 1.0,
            guardians: 40,
            region: true,
            operators: 2,
            probe_classes: 0,
        };
        let folder = tempfile::tempdir().unwrap();
        write(&school, folder.path()).unwrap();
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        let users = text("users.csv");
        assert_eq!(users.lines().count(), 1 + 2 + 12 + 36 + 40 + 4);
        assert!(users.lines().all(|line| line.split(',').count() == USERS.split(',').count()));
        assert!(users.contains("\ng-37,,,true,school,guardian,g-37,,Given,Family,,,,,,s-0-01,,"), "{users}");
        let enrollments = text("enrollments.csv");
        assert!(enrollments.contains("\ne-s-11-02,,,c-11,school,s-11-02,student,,,\n"), "{enrollments}");
        assert!(enrollments.contains("\ne-t-11,,,c-11,school,t-11,teacher,,,\n"), "{enrollments}");
        assert_eq!(text("classes.csv").lines().count(), 13);
    }
}
