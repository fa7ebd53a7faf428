//! Who lives in a world: the region's accounts at a scale, with their schools and classes.

use preau::base::{AccountId, ClassId, OrgId, Role};

/// What the region is to be divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale(pub(crate) u32);

/// Seats of the hub that holds the region's busiest morning.
const SEATS: u32 = 52_000;
const TEACHERS: u32 = 35_000;
const PUPILS: u32 = 356_000;
const GUARDIANS: u32 = 62_100;
const STAFF: u32 = 2_500;
const SCHOOLS: u32 = 308;
/// Pupils of one class.
pub(crate) const CLASS_PUPILS: usize = 35;

impl Scale {
    /// A number of the region, at this scale.
    pub(crate) fn of(self, number: u32) -> u32 {
        (number / self.0).max(1)
    }

    pub(crate) fn seats(self) -> u32 {
        self.of(SEATS)
    }
}

/// Somebody.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) role: Role,
    pub(crate) school: usize,
    /// The class that it teaches, or is taught in.
    pub(crate) class: Option<usize>,
}

/// Everybody.
#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) scale: Scale,
    pub(crate) people: Vec<Person>,
    pub(crate) classes: Vec<ClassId>,
    pub(crate) schools: Vec<OrgId>,
    /// By class: its teacher and its pupils, by their places among the people.
    pub(crate) members: Vec<(usize, Vec<usize>)>,
    pub(crate) guardians: Vec<usize>,
    pub(crate) staff: Vec<usize>,
}

impl Region {
    pub(crate) fn new(scale: Scale) -> Self {
        let count = |number| usize::try_from(scale.of(number)).unwrap();
        let schools = count(SCHOOLS).max(3);
        let pupils = count(PUPILS);
        let classes = pupils.div_ceil(CLASS_PUPILS).min(count(TEACHERS));
        let mut region = Self {
            scale,
            people: Vec::new(),
            classes: (0..classes).map(|class| ClassId::parse(&format!("class-{class}")).unwrap()).collect(),
            schools: (0..schools).map(|school| OrgId::parse(&format!("school-{school}")).unwrap()).collect(),
            members: Vec::new(),
            guardians: Vec::new(),
            staff: Vec::new(),
        };
        for class in 0..classes {
            let teacher = region.add(Role::Teacher, class % schools, Some(class));
            region.members.push((teacher, Vec::new()));
        }
        for pupil in 0..pupils {
            let class = pupil % classes;
            let place = region.add(Role::Student, class % schools, Some(class));
            region.members[class].1.push(place);
        }
        region.guardians =
            (0..count(GUARDIANS)).map(|number| region.add(Role::Guardian, number % schools, None)).collect();
        region.staff =
            (0..count(STAFF)).map(|number| region.add(Role::Staff, number % schools, None)).collect();
        region
    }

    fn add(&mut self, role: Role, school: usize, class: Option<usize>) -> usize {
        let place = self.people.len();
        let account = AccountId::parse(&format!("{}-{place}", role.as_str())).unwrap();
        self.people.push(Person { account, role, school, class });
        place
    }
}
