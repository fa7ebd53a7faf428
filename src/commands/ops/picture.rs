//! What screens of operators are drawn with: bars, numbers, colours where somebody looks.

use serde_json::Value;

/// Cells of a bar.
const WIDTH: usize = 30;

/// Colours, if a terminal shows them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    pub(super) is_on: bool,
}

impl Paint {
    /// Something is well.
    pub(super) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Somebody should look.
    pub(super) fn warn(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Somebody must act.
    pub(super) fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    /// A title.
    pub(super) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A bar of what is taken of what there is, and of what is kept free.
pub(super) fn bar(taken: u64, kept: u64, all: u64) -> String {
    let cells = |part: u64| {
        let cells = (part.min(all) * WIDTH as u64).div_ceil(all.max(1));
        usize::try_from(cells).unwrap_or(WIDTH).min(WIDTH)
    };
    let taken = cells(taken);
    let kept = cells(kept).min(WIDTH - taken);
    let free = WIDTH - taken - kept;
    format!("{}{}{}", "█".repeat(taken), "·".repeat(free), "░".repeat(kept))
}

/// A number of an answer, zero if it is not there.
pub(super) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// A text of an answer.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number with its thousands apart.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_its_width_whatever_it_shows() {
        for (taken, kept, all) in
            [(0, 0, 0), (1, 5, 10), (10, 10, 10), (25, 3, 10), (0, 10, 10), (1, 0, 90_000)]
        {
            assert_eq!(bar(taken, kept, all).chars().count(), WIDTH, "{taken} {kept} {all}");
        }
        assert!(bar(1, 0, 90_000).starts_with("█·"));
    }

    #[test]
    fn thousands_are_apart() {
        assert_eq!([0, 999, 1_000, 4_294_967_295].map(thousands), ["0", "999", "1,000", "4,294,967,295"]);
    }
}
