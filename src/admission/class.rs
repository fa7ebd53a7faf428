//! The classes of people at the gate, in the order in which they come in.

use serde::{Deserialize, Serialize};

use crate::base::Role;

/// Who is treated alike at the gate. Ordered: a lesser class comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Class {
    /// Runs the hub.
    Operator = 0,
    /// Teaches.
    Teacher = 1,
    /// A student one of whose classes is live: one of its teachers has a session that follows it.
    #[serde(rename = "student_live")]
    Live = 2,
    /// Any other student.
    Student = 3,
    /// Works in a school.
    Staff = 4,
    /// A guardian inside the window.
    Guardian = 5,
}

/// How many classes there are.
pub const CLASSES: usize = Class::ALL.len();

/// Something for each class, in the order of [`Class::ALL`].
pub type PerClass<T> = [T; CLASSES];

impl Class {
    /// All classes, first come first.
    pub const ALL: [Self; 6] =
        [Self::Operator, Self::Teacher, Self::Live, Self::Student, Self::Staff, Self::Guardian];

    /// The class of somebody with this role, who is in a live class or not.
    pub fn of(role: Role, is_live: bool) -> Self {
        match role {
            Role::Operator => Self::Operator,
            Role::Teacher => Self::Teacher,
            Role::Student if is_live => Self::Live,
            Role::Student => Self::Student,
            Role::Staff => Self::Staff,
            Role::Guardian => Self::Guardian,
        }
    }

    /// The class by its number, which is its place in [`Class::ALL`].
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its place in [`Class::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether it teaches, or runs the hub: such seats are never asked back, and may be borrowed at any load.
    pub fn is_first(self) -> bool {
        self <= Self::Teacher
    }

    /// The class that it waits with after so many lifts: one class each, up to students of live classes and never to
    /// teachers.
    #[must_use]
    pub fn lifted(self, lifts: u64) -> Self {
        if self <= Self::Live {
            return self;
        }
        let above = u64::from(self as u8 - Self::Live as u8).saturating_sub(lifts);
        u8::try_from(above).ok().and_then(|above| Self::numbered(Self::Live as u8 + above)).unwrap_or(self)
    }

    /// The word in metrics, in the audit log and for operators.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Teacher => "teacher",
            Self::Live => "student_live",
            Self::Student => "student",
            Self::Staff => "staff",
            Self::Guardian => "guardian",
        }
    }
}
