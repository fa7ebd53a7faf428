//! Public holidays, computed. Easter moves, the rest do not.

use std::sync::{Arc, LazyLock};

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan as _};
use serde::{Deserialize, Serialize};

/// Whose public holidays are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicHolidays {
    /// Nobody's: the files name them, or there are none.
    None,
    /// Those of metropolitan France: Code du travail, L3133-1.
    France,
}

/// The days that stand still, by month and day.
const FIXED: [(i8, i8, &str); 8] = [
    (1, 1, "New Year's Day"),
    (5, 1, "Labour Day"),
    (5, 8, "Victory Day"),
    (7, 14, "Bastille Day"),
    (8, 15, "Assumption Day"),
    (11, 1, "All Saints' Day"),
    (11, 11, "Armistice Day"),
    (12, 25, "Christmas Day"),
];

/// The days that go with Easter, by days after it.
const MOVING: [(i64, &str); 3] = [(1, "Easter Monday"), (39, "Ascension Day"), (50, "Whit Monday")];

/// The names, shared: an answer must not allocate.
static NAMES: LazyLock<[Arc<str>; 11]> = LazyLock::new(|| {
    std::array::from_fn(|place| match place.checked_sub(FIXED.len()) {
        None => Arc::from(FIXED[place].2),
        Some(moving) => Arc::from(MOVING[moving].1),
    })
});

impl PublicHolidays {
    /// The public holiday on a date.
    pub(super) fn on(self, day: Date) -> Option<Arc<str>> {
        if self == Self::None {
            return None;
        }
        let fixed =
            FIXED.iter().position(|(month, of_month, _)| (day.month(), day.day()) == (*month, *of_month));
        let place = fixed.or_else(|| Some(FIXED.len() + moving(day)?))?;
        Some(Arc::clone(&NAMES[place]))
    }
}

fn moving(day: Date) -> Option<usize> {
    // The earliest Easter is 22 March, the latest 25 April.
    if !(3..=6).contains(&day.month()) {
        return None;
    }
    let since = day.since(easter(day.year())?).ok().as_ref().map(Span::get_days)?;
    MOVING.iter().position(|(days, _)| *days == i64::from(since))
}

/// Easter Sunday in the Gregorian calendar: the anonymous algorithm, as Meeus gives it ("Astronomical Algorithms", ch. 8).
#[expect(clippy::many_single_char_names, reason = "the algorithm's own names")]
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let days = h + l - 7 * m + 21;
    // Days after 1 March.
    date(year, 3, 1).checked_add(i64::from(days).days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_is_where_the_almanac_has_it() {
        for (year, month, day) in [
            (1818, 3, 22),
            (1943, 4, 25),
            (2000, 4, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
    }

    #[test]
    fn france_has_eleven_public_holidays() {
        for year in 2020..2040 {
            let mut day = date(year, 1, 1);
            let mut names = Vec::new();
            while day.year() == year {
                names.extend(PublicHolidays::France.on(day));
                assert_eq!(PublicHolidays::None.on(day), None);
                day = day.tomorrow().unwrap();
            }
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), 11, "{year}: {names:?}");
        }
        let named = |year, month, day| PublicHolidays::France.on(date(year, month, day)).unwrap().to_string();
        assert_eq!(named(2026, 4, 6), "Easter Monday");
        assert_eq!(named(2026, 5, 14), "Ascension Day");
        assert_eq!(named(2026, 5, 25), "Whit Monday");
        assert_eq!(named(2026, 7, 14), "Bastille Day");
    }
}
