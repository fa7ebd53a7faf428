//! The classes of admission, in the order in which they come first.

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
    Live = 2,
    /// Any other student.
    Student = 3,
    /// Works in a school.
    Staff = 4,
    /// A guardian inside the window.
    Guardian = 5,
}

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
