//! A small OneRoster bundle whose every name a test knows: one lycée with two classes of 35, and another school.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Students per class.
pub(crate) const CLASS_SIZE: usize = 35;

/// What a test may change about the bundle, and load again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bundle {
    /// Accounts left out, with their enrolments.
    pub(crate) without: Vec<String>,
    /// Enrolments left out: (class, account).
    pub(crate) unenrolled: Vec<(String, String)>,
    /// How many students there are besides, in no class.
    pub(crate) others: usize,
    /// How many families there are besides: a student in no class, and a guardian with an address.
    pub(crate) families: usize,
    /// Students of age.
    pub(crate) adults: Vec<String>,
}

/// The n-th student of class `2a` (`s-a-00` …) or `2b` (`s-b-00` …).
pub(crate) fn student(class: char, number: usize) -> String {
    format!("s-{class}-{number:02}")
}

/// The n-th student who is in no class.
pub(crate) fn other(number: usize) -> String {
    format!("s-other-{number:04}")
}

/// The guardian of the n-th family.
pub(crate) fn family(number: usize) -> String {
    format!("f-{number:04}")
}

/// The child of the n-th family.
pub(crate) fn child(number: usize) -> String {
    format!("c-{number:04}")
}

impl Bundle {
    /// Writes the bundle's files into a folder.
    pub(crate) fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        let write = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
        write("manifest.csv", manifest());
        write(
            "orgs.csv",
            "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
             district,,,Région,district,,\nlycee,,,Lycée du Test,school,,district\nother,,,Autre lycée,school,,district\n"
                .into(),
        );
        write(
            "academicSessions.csv",
            "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n\
             year,,,Année,schoolYear,2020-09-01,2099-07-15,,2099\n"
                .into(),
        );
        write(
            "courses.csv",
            "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\n\
             course,,,year,Seconde,,2nde,lycee,,\ncourse-other,,,year,Seconde,,2nde,other,,\n"
                .into(),
        );
        write("classes.csv", classes());
        write("users.csv", self.users());
        write("enrollments.csv", self.enrollments());
    }

    fn keeps(&self, account: &str) -> bool {
        !self.without.iter().any(|gone| gone == account)
    }

    fn users(&self) -> String {
        let mut text = String::from(
            "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,\
             middleName,identifier,email,sms,phone,agentSourcedIds,grades,metadata.adult\n",
        );
        let mut user = |id: &str, org: &str, role: &str, agents: &str, grades: &str| {
            if self.keeps(id) {
                let adult = if self.adults.iter().any(|adult| adult == id) { "true" } else { "" };
                let _ = writeln!(
                    text,
                    "{id},,,true,{org},{role},{id},,Given,Family,,,,,,{agents},{grades},{adult}"
                );
            }
        };
        user("operator", "district", "administrator", "", "");
        user("staff", "lycee", "administrator", "", "");
        user("t-a", "lycee", "teacher", "", "");
        user("t-b", "lycee", "teacher", "", "");
        user("t-other", "other", "teacher", "", "");
        user("guardian", "lycee", "guardian", "", "");
        for (class, number) in students() {
            let agents = if (class, number) == ('a', 0) && self.keeps("guardian") { "guardian" } else { "" };
            user(&student(class, number), "lycee", "student", agents, "2nde");
        }
        for number in 0..self.others {
            user(&other(number), "lycee", "student", "", "2nde");
        }
        for number in 0..self.families {
            user(&child(number), "lycee", "student", &family(number), "2nde");
        }
        for number in 0..self.families {
            let id = family(number);
            let _ = writeln!(text, "{id},,,true,lycee,guardian,{id},,Given,Family,,,{id}@maison.test,,,,,");
        }
        text
    }

    fn enrollments(&self) -> String {
        let mut text = String::from(
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n",
        );
        let mut enrol = |class: &str, school: &str, user: &str, role: &str| {
            let unenrolled = self.unenrolled.iter().any(|(c, u)| c == class && u == user);
            if self.keeps(user) && !unenrolled {
                let _ = writeln!(text, "e-{class}-{user},,,{class},{school},{user},{role},,,");
            }
        };
        enrol("2a", "lycee", "t-a", "teacher");
        enrol("2b", "lycee", "t-b", "teacher");
        enrol("other-2a", "other", "t-other", "teacher");
        for (class, number) in students() {
            enrol(&format!("2{class}"), "lycee", &student(class, number), "student");
        }
        text
    }
}

fn students() -> impl Iterator<Item = (char, usize)> {
    ['a', 'b'].into_iter().flat_map(|class| (0..CLASS_SIZE).map(move |number| (class, number)))
}

fn classes() -> String {
    let mut text = String::from(
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,\
         termSourcedIds,subjects,subjectCodes,periods\n",
    );
    for (id, course, school) in
        [("2a", "course", "lycee"), ("2b", "course", "lycee"), ("other-2a", "course-other", "other")]
    {
        let _ = writeln!(text, "{id},,,Classe {id},2nde,{course},,homeroom,,{school},year,,,");
    }
    text
}

fn manifest() -> String {
    let mut text = String::from("propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\n");
    let bulk = ["academicSessions", "orgs", "courses", "classes", "users", "enrollments"];
    let absent = [
        "demographics",
        "resources",
        "classResources",
        "courseResources",
        "categories",
        "lineItems",
        "results",
    ];
    for file in bulk {
        let _ = writeln!(text, "file.{file},bulk");
    }
    for file in absent {
        let _ = writeln!(text, "file.{file},absent");
    }
    text
}
