//! What students say in lessons besides what flows count: questions, words that they take back, and proposals. Each text says
//! what it is, so that whoever reads it knows whether it may. Pure.

use crate::envelope::number;

/// What is to become of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stands in the queue of questions.
    Question,
    /// It is taken back as soon as it stands.
    TakenBack,
    /// The teacher reads it first, and lets every second one through.
    Proposal,
}

/// Something said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    /// What becomes of it.
    pub(crate) fate: Fate,
    /// In which class.
    pub(crate) class: u32,
    /// By which student of the class.
    pub(crate) student: u32,
    /// Which of the student's.
    pub(crate) number: u32,
}

impl Words {
    /// Whether the teacher lets it through.
    pub(crate) fn is_let_through(self) -> bool {
        self.number.is_multiple_of(2)
    }

    /// The text that says it. No flow's text begins like it.
    pub(crate) fn text(self) -> String {
        let Self { fate, class, student, number } = self;
        let word = match fate {
            Fate::Question => 'q',
            Fate::TakenBack => 'd',
            Fate::Proposal => 'p',
        };
        format!("!{word} {class} {student} {number} ")
    }

    /// Reads a text.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let (word, rest) = text.strip_prefix(b"!")?.split_first()?;
        let fate = match word {
            b'q' => Fate::Question,
            b'd' => Fate::TakenBack,
            b'p' => Fate::Proposal,
            _ => return None,
        };
        let (class, rest) = number(rest.strip_prefix(b" ")?)?;
        let (student, rest) = number(rest.strip_prefix(b" ")?)?;
        let (number, rest) = number(rest.strip_prefix(b" ")?)?;
        let [class, student, number] = [class, student, number].map(|number| u32::try_from(number).ok());
        let words = Self { fate, class: class?, student: student?, number: number? };
        rest.starts_with(b" ").then_some(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::Mark;

    #[test]
    fn words_say_what_they_are_and_no_flow_says_it() {
        for fate in [Fate::Question, Fate::TakenBack, Fate::Proposal] {
            let words = Words { fate, class: 7, student: 34, number: 2 };
            let text = words.text();
            assert_eq!(Words::read(text.as_bytes()), Some(words));
            assert_eq!(Words::read(text.trim_end().as_bytes()), None, "cut");
            assert_eq!(Mark::read(text.as_bytes()), None);
            assert!(words.is_let_through() && !Words { number: 3, ..words }.is_let_through());
        }
        assert_eq!(Words::read(Mark { stream: 1, sequence: 2, at_ns: 3 }.text(40).as_bytes()), None);
        assert_eq!(Words::read("[…]".as_bytes()), None);
    }
}
