//! Who somebody is in a school, and sets of such roles.

use serde::{Deserialize, Serialize};

/// What an account is in the roster. An account has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Role {
    /// Teaches classes.
    Teacher = 0,
    /// Is taught; "pupil" in prose.
    Student = 1,
    /// A parent or another adult who answers for a student.
    Guardian = 2,
    /// Works in a school: head, counsellor, assistant.
    Staff = 3,
    /// Runs the hub for the region.
    Operator = 4,
}

impl Role {
    /// All roles, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Teacher, Self::Student, Self::Guardian, Self::Staff, Self::Operator];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Teacher => "teacher",
            Self::Student => "student",
            Self::Guardian => "guardian",
            Self::Staff => "staff",
            Self::Operator => "operator",
        }
    }
}

/// A non-empty set of roles that a publication is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Role>", into = "Vec<Role>")]
pub struct Audience(u8);

/// An audience without any role would reach nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an audience names at least one role")]
pub struct EmptyAudience;

impl Audience {
    /// Every role.
    pub const EVERYONE: Self = Self(0b1_1111);

    /// The set of the given roles.
    ///
    /// # Errors
    /// [`EmptyAudience`] if there is none.
    pub fn of(roles: &[Role]) -> Result<Self, EmptyAudience> {
        let bits = roles.iter().fold(0, |bits, role| bits | 1 << *role as u8);
        if bits == 0 { Err(EmptyAudience) } else { Ok(Self(bits)) }
    }

    /// One role alone.
    pub const fn only(role: Role) -> Self {
        Self(1 << role as u8)
    }

    /// The set with one more role in it.
    #[must_use]
    pub fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    /// Whether the role belongs to the audience.
    pub fn includes(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// The set as a number for the store; [`Audience::from_bits`] reads it back.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The set that [`Audience::bits`] wrote; `None` for a number that it can't have written.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits != 0 && bits & !Self::EVERYONE.0 == 0).then_some(Self(bits))
    }

    /// The roles in the set, in the order of [`Role::ALL`].
    pub fn roles(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.includes(*role))
    }
}

impl TryFrom<Vec<Role>> for Audience {
    type Error = EmptyAudience;
    fn try_from(roles: Vec<Role>) -> Result<Self, EmptyAudience> {
        Self::of(&roles)
    }
}

impl From<Audience> for Vec<Role> {
    fn from(audience: Audience) -> Self {
        audience.roles().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_includes_its_roles_and_no_other() {
        let audience = Audience::of(&[Role::Student, Role::Staff]).ok();
        let included: Vec<bool> =
            Role::ALL.into_iter().map(|r| audience.is_some_and(|a| a.includes(r))).collect();
        assert_eq!(included, [false, true, false, true, false]);
        assert_eq!(audience.and_then(|a| Audience::from_bits(a.bits())), audience);
        assert_eq!(Audience::of(&[]), Err(EmptyAudience));
        assert_eq!(Audience::from_bits(0), None);
        assert_eq!(Audience::from_bits(0b10_0000), None);
        assert_eq!(Audience::from_bits(0b1_1111), Some(Audience::EVERYONE));
    }
}
