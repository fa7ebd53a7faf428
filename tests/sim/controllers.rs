//! The hub's controller beside two others, on the same days: what each makes people wait, how often it turns the rate round,
//! how long the hub is heavily loaded, and whose promises hold. The figures are in `docs/decisions/0012-admission.md`.

use preau::admission::{Aimd, Controller, Signal};

use crate::chance::whole;
use crate::day::Kind;
use crate::record::{EACH_MS, Record};
use crate::region::Scale;
use crate::world::World;

/// Makes a controller for a hub: it moves rates of the region's size.
pub(crate) type Maker = fn() -> Box<dyn Controller>;

/// The hub's own.
pub(crate) fn own() -> Box<dyn Controller> {
    Box::new(Aimd::default())
}

/// A rate that somebody has set by hand and left.
struct Fixed(f64);

impl Controller for Fixed {
    fn next(&mut self, _: f64, _: Signal, _: f64) -> f64 {
        self.0
    }

    fn growth(&self, _: f64) -> f64 {
        0.0
    }
}

/// After `CoDel` (RFC 8289): as long as it is too much the rate falls each second, the further the longer that lasts, by the
/// square root; it grows as the hub's own does.
#[derive(Default)]
struct SquareRoot {
    red_for: u32,
}

impl Controller for SquareRoot {
    fn next(&mut self, rate: f64, signal: Signal, used: f64) -> f64 {
        self.red_for = if signal == Signal::Red { self.red_for + 1 } else { 0 };
        match signal {
            Signal::Green if used >= 0.5 => rate + self.growth(rate),
            Signal::Red => rate * (1.0 - 0.1 * f64::from(self.red_for).sqrt()).max(0.5),
            _ => rate,
        }
    }

    fn growth(&self, rate: f64) -> f64 {
        (rate * 0.02).max(5.0)
    }
}

const ALL: [(&str, Maker); 5] = [
    ("aimd", own),
    ("square root", || Box::new(SquareRoot::default())),
    ("fixed at 150", || Box::new(Fixed(150.0))),
    ("fixed at 400", || Box::new(Fixed(400.0))),
    ("fixed at 1,000", || Box::new(Fixed(1_000.0))),
];

/// What some days came to.
#[derive(Debug, Default)]
struct Figures {
    /// Minutes that people waited, on the days that kept all promises.
    waited_minutes: f64,
    /// The longest queue.
    waiting_max: u32,
    /// Turns of the rate.
    turns: u32,
    /// Seconds at load level 3 or 4.
    loaded_s: i64,
    /// The promises that were broken, each once for a day.
    broken: Vec<String>,
}

impl Figures {
    fn add(&mut self, record: &Record) {
        let (mut rate, mut was_rising) = (None, None);
        for row in &record.rows {
            let waiting: u32 = row.waiting.iter().sum();
            self.waited_minutes += f64::from(waiting) * EACH_MS as f64 / 60_000.0;
            self.waiting_max = self.waiting_max.max(waiting);
            self.loaded_s += if row.is_loaded { EACH_MS / 1_000 } else { 0 };
            let before = rate.replace(row.rate).unwrap_or(row.rate);
            if (row.rate - before).abs() > f64::EPSILON {
                let is_rising = row.rate > before;
                let has_turned = was_rising.replace(is_rising).is_some_and(|was| was != is_rising);
                self.turns += u32::from(has_turned);
            }
        }
    }
}

/// The hub's own keeps all promises, which others need not; the table is printed for whoever asks (`--nocapture`).
#[test]
fn the_hub_s_controller_beside_others() {
    let days = crate::seeds::given("PREAU_SIM_COMPARED").unwrap_or(1);
    let scale = Scale(50);
    // One day of each in every run of the tests; more for the table.
    let kinds: &[Kind] = if days > 1 { &[Kind::Crash, Kind::Over15] } else { &[Kind::Crash] };
    let mut own_waited = None;
    for kind in kinds.iter().copied() {
        for (name, maker) in ALL {
            let mut figures = Figures::default();
            let seeds = (1_400..).step_by(Kind::ALL.len()).map(|seed| seed + kind as u64);
            for seed in seeds.take(usize::try_from(days).unwrap()) {
                match World::under(kind, seed, scale, maker).run() {
                    Ok((_, record)) => figures.add(&record),
                    Err(found) => figures.broken.push(found.lines().next().unwrap_or_default().to_owned()),
                }
            }
            println!("{kind:?}, {name}: {figures:?}");
            if name == "aimd" {
                assert_eq!(figures.broken, [""; 0], "{kind:?}");
                own_waited = Some(whole(figures.waited_minutes));
            }
        }
    }
    assert!(own_waited.is_some_and(|minutes| minutes > 0), "somebody waits on such days");
}
