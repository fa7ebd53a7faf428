//! What sorts of bodies, classes, enrolments and links there are, and the words that OneRoster has for them.

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// OneRoster's word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The one that OneRoster's word names.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

vocabulary!(
    /// The type of a row in `orgs.csv`.
    OrgKind {
        /// A part of a school. Who belongs to it belongs to the school.
        Department = "department",
        /// A school.
        School = "school",
        /// A group of schools.
        District = "district",
        /// A local authority.
        Local = "local",
        /// A state; here, a region.
        State = "state",
        /// A country.
        National = "national",
    }
);

vocabulary!(
    /// The type of a row in `classes.csv`.
    ClassKind {
        /// The class that a student belongs to.
        Homeroom = "homeroom",
        /// A group that is taught a subject.
        Scheduled = "scheduled",
    }
);

vocabulary!(
    /// What an account is in one class.
    EnrolmentRole {
        /// Is taught.
        Student = "student",
        /// Teaches.
        Teacher = "teacher",
        /// Watches over an exam or a study hour.
        Proctor = "proctor",
        /// Runs the class without teaching it.
        Administrator = "administrator",
    }
);

vocabulary!(
    /// What an adult is to a student.
    LinkKind {
        /// A parent.
        Parent = "parent",
        /// Another adult who answers for the student.
        Guardian = "guardian",
        /// A relative.
        Relative = "relative",
        /// An aide.
        Aide = "aide",
        /// A doctor.
        Doctor = "doctor",
        /// Another contact.
        Other = "other",
    }
);

impl OrgKind {
    /// Whether the body stands above schools: who administers it is an operator.
    pub fn is_above_schools(self) -> bool {
        !matches!(self, Self::Department | Self::School)
    }
}

impl LinkKind {
    /// Whether such an adult has legal authority, and is written to, where the roster does not say.
    ///
    /// OneRoster's `agentSourcedIds` carry neither; the narrower reading is taken for everybody but parents and guardians.
    pub fn is_legal_by_default(self) -> bool {
        matches!(self, Self::Parent | Self::Guardian)
    }
}

const ROLE_BITS: u32 = 2;
const KIND_BITS: u32 = 3;
const LEGAL: u32 = 1 << KIND_BITS;
const RECEIVES: u32 = 1 << (KIND_BITS + 1);
const FLAG_BITS: u32 = KIND_BITS + 2;

const _: () = assert!(EnrolmentRole::ALL.len() <= 1 << ROLE_BITS);
const _: () = assert!(LinkKind::ALL.len() <= 1 << KIND_BITS);
const _: () = assert!(crate::base::limits::ROSTER_ACCOUNTS_MAX < 1 << (u32::BITS - FLAG_BITS));
const _: () = assert!(crate::base::limits::ROSTER_CLASSES_MAX < 1 << (u32::BITS - ROLE_BITS));

/// A row and a role in four bytes.
pub(super) fn pack_role(row: u32, role: EnrolmentRole) -> u32 {
    row << ROLE_BITS | role as u32
}

/// What [`pack_role`] packed.
pub(super) fn unpack_role(packed: u32) -> (u32, EnrolmentRole) {
    let number = (packed & ((1 << ROLE_BITS) - 1)) as usize;
    let role = EnrolmentRole::ALL.get(number).copied();
    (packed >> ROLE_BITS, role.unwrap_or(EnrolmentRole::Student))
}

/// What a link says, without the two accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkTerms {
    /// What the adult is to the student.
    pub kind: LinkKind,
    /// Whether the adult has parental authority.
    pub legal: bool,
    /// Whether the adult is written to about the student: digests, reminders.
    pub receives: bool,
}

impl LinkTerms {
    /// The terms of a link of which nothing but its kind is known.
    pub fn by_default(kind: LinkKind) -> Self {
        Self { kind, legal: kind.is_legal_by_default(), receives: kind.is_legal_by_default() }
    }

    /// A row and the terms in four bytes.
    pub(super) fn pack(self, row: u32) -> u32 {
        let legal = if self.legal { LEGAL } else { 0 };
        let receives = if self.receives { RECEIVES } else { 0 };
        row << FLAG_BITS | receives | legal | self.kind as u32
    }

    /// What [`LinkTerms::pack`] packed.
    pub(super) fn unpack(packed: u32) -> (u32, Self) {
        let number = (packed & (LEGAL - 1)) as usize;
        let terms = Self {
            kind: LinkKind::ALL.get(number).copied().unwrap_or(LinkKind::Other),
            legal: packed & LEGAL != 0,
            receives: packed & RECEIVES != 0,
        };
        (packed >> FLAG_BITS, terms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_its_variant() {
        assert!(OrgKind::ALL.iter().all(|k| OrgKind::parse(k.as_str()) == Some(*k)));
        assert_eq!(ClassKind::parse("homeroom"), Some(ClassKind::Homeroom));
        assert_eq!(LinkKind::parse("Parent"), None);
    }

    #[test]
    fn packing_loses_nothing() {
        for row in [0, 1, 3_999_999] {
            for role in EnrolmentRole::ALL {
                assert_eq!(unpack_role(pack_role(row, *role)), (row, *role));
            }
            for kind in LinkKind::ALL {
                for (legal, receives) in [(false, false), (false, true), (true, false), (true, true)] {
                    let terms = LinkTerms { kind: *kind, legal, receives };
                    assert_eq!(LinkTerms::unpack(terms.pack(row)), (row, terms));
                }
            }
        }
    }
}
