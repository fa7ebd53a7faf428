//! Makes rosters of any size from a seed: the same seed and sizes give the same bytes.
//!
//! The files are strict OneRoster 1.1 with an added `relationships.csv`. People are spread evenly over schools; every
//! student is in one homeroom and four groups. Guardians have none to three links; some live apart, some share an
//! address, and some students are of age and speak for themselves.

mod files;
mod names;
mod output;
mod users;
mod world;

#[cfg(test)]
mod tests;

use std::path::Path;

use super::read::Progress;
use crate::base::limits;
use output::Output;
use world::World;

/// Students in a homeroom.
const CLASS_SIZE: usize = 35;

/// How large a roster to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// What everything random is drawn from.
    pub seed: u64,
    /// Schools; at least one.
    pub schools: usize,
    /// Students of all schools.
    pub students: usize,
    /// Teachers of all schools.
    pub teachers: usize,
    /// Guardians of all schools.
    pub guardians: usize,
    /// Staff of all schools: heads and aides.
    pub staff: usize,
    /// Operators of the region.
    pub operators: usize,
    /// How accounts are named.
    pub naming: Naming,
}

/// How generated accounts are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By number, as in an export of a large region.
    Numbered,
    /// By family name, so that one can remember them.
    Friendly,
}

/// Accounts of the demo that are fit to be tried, and what they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demo {
    /// The school.
    pub school: &'static str,
    /// The class that the teacher teaches and the student attends.
    pub class: &'static str,
    /// A teacher.
    pub teacher: &'static str,
    /// A student.
    pub student: &'static str,
    /// A student of another class, to whom the teacher teaches nothing.
    pub neighbour: &'static str,
    /// The student's parent.
    pub guardian: &'static str,
    /// The head of the school.
    pub staff: &'static str,
    /// An operator.
    pub operator: &'static str,
}

/// What [`Spec::demo`] is sure to hold.
pub const DEMO: Demo = Demo {
    school: "lycee-du-preau",
    class: "2A",
    teacher: "t.martin",
    student: "s.petit",
    neighbour: "s.fabre",
    guardian: "g.petit",
    staff: "a.moreau",
    operator: "o.bernard",
};

/// Why no roster was made. What was written until then may be left.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A roster has a school.
    #[error("a roster has at least one school")]
    NoSchool,
    /// More than a roster may hold.
    #[error("a roster holds at most {max} {what}")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// A file can't be written.
    #[error("can't write the roster: {0}")]
    Write(#[from] std::io::Error),
}

impl Default for Spec {
    /// The region that the hub is built for: 308 lycées.
    fn default() -> Self {
        Self {
            seed: 1,
            schools: 308,
            students: 356_000,
            teachers: 35_000,
            guardians: 62_100,
            staff: 308 * 8,
            operators: 2,
            naming: Naming::Numbered,
        }
    }
}

impl Spec {
    /// One small lycée with friendly names.
    pub fn demo() -> Self {
        Self {
            seed: 1,
            schools: 1,
            students: 3 * CLASS_SIZE,
            teachers: 12,
            guardians: 40,
            staff: 4,
            operators: 1,
            naming: Naming::Friendly,
        }
    }

    fn check(&self) -> Result<(), GenerateError> {
        if self.schools == 0 {
            return Err(GenerateError::NoSchool);
        }
        let people = [self.students, self.teachers, self.guardians, self.staff, self.operators];
        let people = people.into_iter().fold(0_usize, usize::saturating_add);
        let counted = [
            // One org is the body above the schools.
            ("schools", self.schools, limits::ROSTER_ORGS_MAX - 1),
            ("accounts", people, limits::ROSTER_ACCOUNTS_MAX),
        ];
        match counted.into_iter().find(|(_, count, max)| count > max) {
            Some((what, _, max)) => Err(GenerateError::TooMany { what, max }),
            None => Ok(()),
        }
    }
}

/// Writes a roster into a zip, if the path ends in `.zip`, or else into a folder, which is made.
///
/// # Errors
/// See [`GenerateError`].
pub fn generate(spec: Spec, out: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), GenerateError> {
    spec.check()?;
    let mut output = Output::create(out, progress)?;
    let world = World::new(spec);
    files::manifest(&mut output)?;
    files::orgs(&world, &mut output)?;
    files::academic_sessions(&mut output)?;
    files::courses(&world, &mut output)?;
    files::classes(&world, &mut output)?;
    users::users(&world, &mut output)?;
    files::enrolments(&world, &mut output)?;
    files::relationships(&world, &mut output)?;
    output.finish()?;
    Ok(())
}
