//! The pictures of simulated days: which days, from when until when, and what is said of them.
//!
//! The days are run, and drawn, each time; the pictures are kept only where the environment names a folder.

mod drawing;
mod panel;

use preau::admission::Class;

use crate::day::{Day, Kind, Turn};
use crate::record::Row;
use crate::region::Scale;

const MINUTE_MS: i64 = 60_000;

/// Part of a day that is drawn.
pub(crate) struct Picture {
    /// The name of its file, without an ending.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    title: &'static str,
    /// What one sees, for those who don't see it.
    says: &'static str,
    /// From when until when, in minutes after 08:00, or after the crash.
    minutes: (i64, i64),
    classes: &'static [Class],
    /// Instants that are named, in minutes likewise.
    marks: &'static [(i64, &'static str)],
}

const EVERYBODY: &[Class] = &[Class::Teacher, Class::Live, Class::Student, Class::Staff, Class::Guardian];

/// All pictures.
pub(crate) const ALL: [Picture; 5] = [
    Picture {
        name: "admission-morning",
        kind: Kind::Ordinary,
        title: "An ordinary morning: everybody has a seat, and nobody waits",
        says: "Seats taken rise from 08:00 as pupils follow their teachers. Guardians, who were in until 08:00, \
               leave within five minutes; those who ask later are told when to come.",
        minutes: (-30, 90),
        classes: EVERYBODY,
        marks: &[(0, "guardians' window closes")],
    },
    Picture {
        name: "admission-over-1.5",
        kind: Kind::Over15,
        title: "1.5 times the seats: lessons fill the hub, a third waits",
        says: "All classes come at 08:00. Teachers come in at once, then pupils of live classes until the seats \
               are full but for the reserves of others. Those who find no seat wait.",
        minutes: (-30, 90),
        classes: EVERYBODY,
        marks: &[(0, "all lessons begin")],
    },
    Picture {
        name: "admission-over-3.4",
        kind: Kind::Over34,
        title: "3.4 times the seats: full within minutes, and calm",
        says: "The hub is full soon after 08:00 and stays so until lessons end from 11:00 on. More than the seats again \
               wait; as pupils leave, those who wait come in at the rate that the machine bears.",
        minutes: (-30, 255),
        classes: EVERYBODY,
        marks: &[(0, "all lessons begin"), (180, "first lessons end")],
    },
    Picture {
        name: "admission-guardians",
        kind: Kind::Ordinary,
        title: "Guardians: out at 08:00, in from 18:00, without a crowd at the door",
        says: "Guardians leave within five minutes after 08:00 and have no seat until 18:00. Then each comes at its own \
               instant within twenty minutes.",
        minutes: (-60, 720),
        classes: &[Class::Guardian],
        marks: &[(0, "window closes"), (600, "window opens")],
    },
    Picture {
        name: "admission-crash",
        kind: Kind::Crash,
        title: "A crash: everybody returns, teachers first",
        says: "The hub crashes and begins again at once with no seat taken. All come back within minutes, teachers within \
               seconds; nobody has to press a key.",
        minutes: (-3, 12),
        classes: EVERYBODY,
        marks: &[(0, "crash")],
    },
];

impl Picture {
    /// The picture of a day, as SVG.
    pub(crate) fn draw(&self, day: &Day, rows: &[Row], scale: Scale) -> String {
        let crash = day.turns.iter().find(|(_, turn)| *turn == Turn::Crash);
        let zero = crash.map_or(day.eight, |(at, _)| *at);
        let instant = |minutes: i64| zero.0 + minutes * MINUTE_MS;
        let (from, until) = (instant(self.minutes.0), instant(self.minutes.1));
        let rows: Vec<Row> = rows.iter().copied().filter(|row| (from..=until).contains(&row.at.0)).collect();
        let axis = panel::Axis { eight: day.eight.0, from, until };
        let marks: Vec<(i64, &str)> = self.marks.iter().map(|(at, text)| (instant(*at), *text)).collect();
        drawing::draw(self, &axis, &marks, &rows, scale)
    }
}
