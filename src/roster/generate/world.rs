//! Who exists in a generated roster and how they belong together: pure sums and draws, nothing kept but the links.

use std::collections::BTreeMap;
use std::ops::Range;

use super::names::{FAMILY, GIVEN, GRADES, SCHOOLS, SUBJECTS};
use super::{CLASS_SIZE, DEMO, Naming, Spec};

/// What a generated person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Student,
    Teacher,
    Guardian,
    Staff,
    Operator,
}

/// A generated person.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) given_name: &'static str,
    pub(super) family_name: &'static str,
    pub(super) email: String,
}

/// A link, with what `relationships.csv` says of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bond {
    pub(super) student: usize,
    pub(super) role: &'static str,
    pub(super) legal: bool,
    pub(super) receives: bool,
}

/// One homeroom of a school.
#[derive(Debug, Clone)]
pub(super) struct Homeroom {
    /// Its number in its school.
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) grade: usize,
}

/// A generated roster.
pub(super) struct World {
    pub(super) spec: Spec,
    /// By guardian.
    pub(super) bonds: Vec<Vec<Bond>>,
    /// Guardians by student.
    pub(super) guardians: BTreeMap<usize, Vec<usize>>,
}

impl World {
    pub(super) fn new(spec: Spec) -> Self {
        let mut world = Self { spec, bonds: Vec::new(), guardians: BTreeMap::new() };
        for guardian in 0..spec.guardians {
            let bonds = world.draw_bonds(guardian);
            for bond in &bonds {
                world.guardians.entry(bond.student).or_default().push(guardian);
            }
            world.bonds.push(bonds);
        }
        world
    }

    /// Which of a number of people belong to a school.
    pub(super) fn share(&self, total: usize, school: usize) -> Range<usize> {
        let schools = self.spec.schools;
        total * school / schools..total * (school + 1) / schools
    }

    /// The school that somebody of a number of people belongs to.
    pub(super) fn school_of(&self, total: usize, person: usize) -> usize {
        // The inverse of `share`, up to rounding.
        let near = person * self.spec.schools / total.max(1);
        let holds = |school: &usize| self.share(total, *school).contains(&person);
        (near..self.spec.schools).find(holds).unwrap_or(near)
    }

    pub(super) fn school_id(&self, school: usize) -> String {
        match self.spec.naming {
            Naming::Friendly if school == 0 => DEMO.school.to_owned(),
            Naming::Friendly => format!("lycee-{}", school + 1),
            // Shaped like the registry's numbers: seven digits and a letter.
            Naming::Numbered => {
                let letter = char::from(b"ABCDEFGHJKLMNPRSTUVWXYZ"[school % 23]);
                format!("{:07}{letter}", 690_001 + school)
            }
        }
    }

    pub(super) fn school_name(&self, school: usize) -> String {
        match self.spec.naming {
            Naming::Friendly if school == 0 => "Lycée du Préau".to_owned(),
            _ if school < SCHOOLS.len() => format!("Lycée {}", SCHOOLS[school]),
            _ => format!("Lycée {} {}", SCHOOLS[school % SCHOOLS.len()], school / SCHOOLS.len() + 1),
        }
    }

    /// The homerooms of a school.
    pub(super) fn homerooms(&self, school: usize) -> Vec<Homeroom> {
        let count = self.share(self.spec.students, school).len().div_ceil(CLASS_SIZE);
        let homeroom = |number: usize| {
            let grade = grade_of(number, count);
            let letter = letters(number - first_of_grade(grade, count));
            let (_, initial, word) = GRADES[grade];
            let id = match self.spec.naming {
                Naming::Friendly if school == 0 => format!("{initial}{letter}"),
                _ => format!("{}-{initial}{letter}", self.school_id(school)),
            };
            Homeroom { number, id, title: format!("{word} {letter}"), grade }
        };
        (0..count).map(homeroom).collect()
    }

    /// Somebody, by part and number.
    pub(super) fn person(&self, part: Part, number: usize) -> Person {
        let mut draw = self.draw(part, number);
        let given_name = GIVEN[draw.usize(..GIVEN.len())];
        let (letter, ahead) = match part {
            Part::Student => ('s', 0),
            Part::Teacher => ('t', 1),
            Part::Guardian => ('g', 0),
            Part::Staff => ('a', 3),
            Part::Operator => ('o', 2),
        };
        let (family, id) = match self.spec.naming {
            Naming::Friendly => {
                let family = (number + ahead) % FAMILY.len();
                let round = match number / FAMILY.len() {
                    0 => String::new(),
                    round => (round + 1).to_string(),
                };
                (family, format!("{letter}.{}{round}", FAMILY[family].1))
            }
            Naming::Numbered => {
                let family = match (part, self.bonds.get(number).and_then(|bonds| bonds.first())) {
                    // Most guardians are called like their child.
                    (Part::Guardian, Some(bond)) if number % 5 < 4 => self.family_of_student(bond.student),
                    (Part::Student, _) => self.family_of_student(number),
                    _ => draw.usize(..FAMILY.len()),
                };
                (family, format!("{letter}{number:06}"))
            }
        };
        Person { given_name, family_name: FAMILY[family].0, email: self.email(part, number, &id), id }
    }

    /// Students have no address here. Every tenth guardian shares the address of the one before.
    fn email(&self, part: Part, number: usize, id: &str) -> String {
        match part {
            Part::Student => String::new(),
            Part::Guardian if number % 10 == 4 => self.person(Part::Guardian, number - 1).email,
            _ => format!("{id}@preau.example"),
        }
    }

    fn family_of_student(&self, student: usize) -> usize {
        self.draw(Part::Student, student).usize(..FAMILY.len())
    }

    /// A guardian's links: to students of one school. Every fifth guardian is the other parent of the children of the
    /// one before; the first has one child, the first student.
    fn draw_bonds(&self, guardian: usize) -> Vec<Bond> {
        if self.spec.students == 0 {
            return Vec::new();
        }
        if guardian % 5 == 4 {
            return self.bonds[guardian - 1].clone();
        }
        let mut draw = self.draw(Part::Guardian, guardian);
        let count = match draw.u8(..100) {
            _ if guardian == 0 => 1,
            0..5 => 0,
            5..65 => 1,
            65..92 => 2,
            _ => 3,
        };
        let first = guardian * self.spec.students / self.spec.guardians;
        let school = self.school_of(self.spec.students, first);
        let pupils = self.share(self.spec.students, school);
        let mut bonds: Vec<Bond> = Vec::new();
        for sibling in 0..count {
            let student = pupils.start + (first - pupils.start + sibling * (CLASS_SIZE + 1)) % pupils.len();
            if bonds.iter().all(|bond| bond.student != student) {
                bonds.push(self.bond(student, guardian, &mut draw));
            }
        }
        bonds
    }

    fn bond(&self, student: usize, guardian: usize, draw: &mut fastrand::Rng) -> Bond {
        let plain = Bond { student, role: "parent", legal: true, receives: true };
        if guardian == 0 {
            return plain;
        }
        let of_age = self.is_of_age(student);
        match draw.u8(..100) {
            // Who is of age answers for themselves, and decides whether the parents are written to.
            _ if of_age => Bond { legal: false, receives: draw.bool(), ..plain },
            // A judge has decided.
            0..3 => Bond { legal: false, receives: false, ..plain },
            3..8 => Bond { role: "relative", legal: false, ..plain },
            8..12 => Bond { role: "guardian", ..plain },
            _ => plain,
        }
    }

    /// One in four of the last grade.
    pub(super) fn is_of_age(&self, student: usize) -> bool {
        let school = self.school_of(self.spec.students, student);
        let pupils = self.share(self.spec.students, school);
        let homerooms = pupils.len().div_ceil(CLASS_SIZE);
        let last = GRADES.len() - 1;
        grade_of((student - pupils.start) / CLASS_SIZE, homerooms) == last && student.is_multiple_of(4)
    }

    /// Draws of one person are independent of how many others there are.
    fn draw(&self, part: Part, number: usize) -> fastrand::Rng {
        let mut seed = fastrand::Rng::with_seed(self.spec.seed);
        let part = seed.u64(..).wrapping_mul(part as u64 * 2 + 1);
        fastrand::Rng::with_seed(part ^ (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

/// The homeroom that a student, by place in the school, is in, and the homerooms whose groups it is in, by subject.
pub(super) fn places(homerooms: &[Homeroom], place: usize) -> (usize, [usize; SUBJECTS.len()]) {
    let own = place / CLASS_SIZE;
    let grade = homerooms[own].grade;
    let first = first_of_grade(grade, homerooms.len());
    let of_grade = first_of_grade(grade + 1, homerooms.len()) - first;
    let mut groups = [own; SUBJECTS.len()];
    for (subject, group) in groups.iter_mut().enumerate() {
        if SUBJECTS[subject].2 {
            *group = first + (place + subject) % of_grade;
        }
    }
    (own, groups)
}

fn grade_of(homeroom: usize, homerooms: usize) -> usize {
    homeroom * GRADES.len() / homerooms.max(1)
}

fn first_of_grade(grade: usize, homerooms: usize) -> usize {
    (grade * homerooms).div_ceil(GRADES.len())
}

/// A, B, … Z, then AA, AB, …
fn letters(number: usize) -> String {
    let last = char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 26]);
    match number / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letters(more - 1)),
    }
}
