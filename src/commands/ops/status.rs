//! `preau ops status`: the hub on one screen.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::desk::{Desk, DeskError};
use super::picture::{Paint, bar, number, text, thousands};

/// Between two pictures of `--watch`.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);
/// Puts the next picture in the place of the last one.
const HOME: &str = "\u{1b}[H\u{1b}[2J";

/// Prints how the hub stands, once or each second.
pub(super) fn run(
    desk: &Desk,
    is_json: bool,
    watch: bool,
    is_terminal: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    // Nobody ever sends: what is waited for is the time, or the end of the process.
    let (_never, pause) = mpsc::sync_channel::<()>(1);
    loop {
        let standing = desk.get("/v1/operator/status")?;
        if watch && is_terminal && !is_json {
            write!(out, "{HOME}")?;
        }
        if is_json {
            writeln!(out, "{standing}")?;
        } else {
            write!(out, "{}", picture(&standing, Paint { is_on: is_terminal }))?;
        }
        out.flush()?;
        if !watch {
            return Ok(());
        }
        let _ = pause.recv_timeout(WATCH_INTERVAL);
    }
}

/// The picture.
fn picture(standing: &Value, paint: Paint) -> String {
    let mut screen = head(standing, paint);
    screen += &classes(&standing["gate"], paint);
    screen += &pressures(&standing["gate"], paint);
    screen += &groups(&standing["gate"]);
    screen += &decided(standing, paint);
    screen += &webhooks(standing, paint);
    screen
}

fn head(standing: &Value, paint: Paint) -> String {
    let gate = &standing["gate"];
    let level = number(&gate["level"]);
    let word = ["normal", "tight", "high", "severe", "critical"];
    let word = word.get(usize::try_from(level).unwrap_or_default()).copied().unwrap_or("unknown");
    let level_text = format!("level {level} ({word})");
    let level_text = match level {
        0 => paint.good(&level_text),
        1 | 2 => paint.warn(&level_text),
        _ => paint.bad(&level_text),
    };
    let state = if standing["is_draining"] == true {
        paint.bad("draining")
    } else if standing["is_storing"] == true {
        paint.good("serving")
    } else {
        paint.bad("storage failing")
    };
    let bound = text(&gate["bound"]);
    format!(
        "{}  {state}  {level_text}  {:.0} admissions/s  at school {}\n{} seats ({} allowed, bound by {bound}), {} free, {} \
         recalled; {} live classes; {} accounts\n\n",
        paint.strong(&format!("préau {}", text(&standing["version"]))),
        gate["rate"].as_f64().unwrap_or_default(),
        text(&standing["school_clock"]),
        thousands(number(&gate["seats"])),
        thousands(number(&gate["seats_allowed"])),
        thousands(number(&gate["free"])),
        thousands(number(&gate["recalled"])),
        thousands(number(&gate["live_classes"])),
        thousands(number(&standing["accounts"])),
    )
}

/// A line for each class: what is taken of its own seats, what it lends or has borrowed, who waits.
fn classes(gate: &Value, paint: Paint) -> String {
    let mut screen = format!(
        "{:<14}{:<31}{:>13}{:>13}{:>13}{:>9}{:>9}{:>9}{:>11}\n",
        "",
        "taken █ free · reserve ░",
        "taken",
        "nominal",
        "reserve",
        "lent",
        "borrowed",
        "waiting",
        "admitted"
    );
    for class in gate["classes"].as_array().into_iter().flatten() {
        let of = |key: &str| number(&class[key]);
        let drawn = bar(of("taken"), of("reserve"), of("nominal"));
        let drawn = if of("taken") > of("nominal") { paint.warn(&drawn) } else { drawn };
        let waiting = format!("{:>9}", thousands(of("waiting")));
        let waiting = if of("waiting") > 0 { paint.warn(&waiting) } else { waiting };
        // Writing into a text does not fail.
        let _ = writeln!(
            screen,
            "{:<14}{drawn} {:>13}{:>13}{:>13}{:>9}{:>9}{waiting}{:>11}",
            text(&class["class"]),
            thousands(of("taken")),
            thousands(of("nominal")),
            thousands(of("reserve")),
            thousands(of("lent")),
            thousands(of("borrowed")),
            thousands(of("admitted")),
        );
    }
    screen
}

fn pressures(gate: &Value, paint: Paint) -> String {
    let mut screen = "\n".to_owned();
    for (name, value) in gate["pressures"].as_object().into_iter().flatten() {
        let part = value.as_f64().unwrap_or_default();
        let drawn = bar(thousandths(part), 0, 1_000);
        let drawn = if part >= 0.9 {
            paint.bad(&drawn)
        } else if part >= 0.7 {
            paint.warn(&drawn)
        } else {
            drawn
        };
        let _ = writeln!(screen, "{name:<14}{drawn} {:>4.0} %", part * 100.0);
    }
    let evicted: u64 = gate["evicted"].as_array().into_iter().flatten().map(|step| number(&step[1])).sum();
    if gate["is_evicting"] == true || evicted > 0 {
        let _ = writeln!(screen, "{}", paint.warn(&format!("sent away so far: {}", thousands(evicted))));
    }
    screen
}

/// A line for each group of schools whose people have others' seats, wait, or were sent away.
fn groups(gate: &Value) -> String {
    let mut screen = String::new();
    for group in gate["groups"].as_array().into_iter().flatten() {
        let steps = group["evicted"].as_array().into_iter().flatten();
        let (lent, evicted) = (number(&group["lent"]), steps.map(|step| number(&step[1])).sum::<u64>());
        let waiting = number(&group["waiting"]);
        if lent + evicted + waiting > 0 {
            let (name, taken) = (text(&group["group"]), thousands(number(&group["taken"])));
            let [lent, evicted, waiting] = [lent, evicted, waiting].map(thousands);
            let _ = writeln!(
                screen,
                "{name:<14}{taken} seats, {lent} of them lent; about {waiting} wait; {evicted} sent away"
            );
        }
    }
    screen
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn thousandths(part: f64) -> u64 {
    (part * 1_000.0) as u64
}

/// What operators have decided, and what asks for one.
fn decided(standing: &Value, paint: Paint) -> String {
    let mut screen = String::new();
    if let Some(notice) = standing["notice"]["text"].as_str() {
        let _ = writeln!(screen, "\n{} {notice}", paint.strong("notice:"));
    }
    for window in standing["windows"].as_array().into_iter().flatten() {
        let school =
            window["scope"]["school"].as_str().map_or(String::new(), |school| format!(" of {school}"));
        let _ = writeln!(
            screen,
            "{} {} {}{school} {} (by {}: {})",
            paint.strong("window"),
            number(&window["number"]),
            text(&window["scope"]["role"]),
            text(&window["verdict"]),
            text(&window["who"]),
            text(&window["why"]),
        );
    }
    for place in standing["posting_stopped"].as_array().into_iter().flatten() {
        let words = place.as_object().into_iter().flatten();
        let words: Vec<String> = words.map(|(kind, id)| format!("{kind} {}", text(id))).collect();
        let _ = writeln!(screen, "{} {}", paint.strong("posting stopped:"), words.join(" "));
    }
    for one in standing["kicked"].as_array().into_iter().flatten() {
        let (kicked, account) = (paint.strong("kicked:"), text(&one["account"]));
        let _ = writeln!(screen, "{kicked} {account} for {} s more", number(&one["seconds"]));
    }
    if let Some(swept) = standing["retention"].as_object() {
        let removed = swept["removed"].as_object().into_iter().flatten();
        let removed: Vec<String> = removed.map(|(kind, count)| format!("{kind} {count}")).collect();
        let removed = if removed.is_empty() { "nothing".to_owned() } else { removed.join(", ") };
        let _ = writeln!(screen, "{} {removed}", paint.strong("retention removed last:"));
        if let Some(failed) = swept["failed"].as_array().filter(|failed| !failed.is_empty()) {
            let failed: Vec<String> = failed.iter().map(text).collect();
            let _ = writeln!(screen, "{}", paint.warn(&format!("retention failed: {}", failed.join(", "))));
        }
    }
    if let Some(alarm) = standing["calendar_alarm"].as_str() {
        let _ = writeln!(screen, "{}", paint.warn(&format!("calendar: {alarm}")));
    }
    screen
}

/// A line for each endpoint of webhooks.
fn webhooks(standing: &Value, paint: Paint) -> String {
    let mut screen = String::new();
    for one in standing["webhooks"].as_array().into_iter().flatten() {
        let (name, events) = (text(&one["name"]), thousands(number(&one["waiting"])));
        let since = one["since_clock"].as_str().map_or(String::new(), |since| format!(" since {since}"));
        let why = one["why"].as_str().map_or(String::new(), |why| format!(" ({why})"));
        let state = match one["state"].as_str() {
            Some("up") => paint.good("up"),
            Some("waiting") => {
                let next = number(&one["next_in_seconds"]);
                paint.warn(&format!("fails{since}{why}, waits {next} s to try again"))
            }
            Some("gone") => paint.bad(&format!("gone{since}{why}")),
            _ => paint.bad(&format!("parked{since}{why}")),
        };
        let _ = writeln!(screen, "{} {name}: {state}; events waiting: {events}", paint.strong("webhook"));
    }
    screen
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn standing() -> Value {
        let class = json!({"class": "teacher", "nominal": 100, "reserve": 50, "taken": 20, "lent": 5,
            "borrowed": 0, "waiting": 3, "admitted": 1234});
        let group = json!({"group": "nord", "taken": 4_000, "lent": 120, "waiting": 35, "evicted": [["guardian", 3], ["slow_reader", 1]]});
        let quiet = json!({"group": "sud", "taken": 10, "lent": 0, "evicted": [["guardian", 0]]});
        let gate = json!({"level": 2, "rate": 210.4, "bound": "memory", "seats": 18000, "seats_allowed": 20000,
            "free": 9000, "recalled": 0, "live_classes": 3, "pressures": {"memory": 0.5, "shard_lag": 0.95},
            "classes": [class], "is_evicting": true, "evicted": [["guardian", 4]], "groups": [group, quiet]});
        let since = "Fri 2026-03-27 08:01:00";
        let webhooks = json!([
            {"name": "audit", "state": "gone", "since_clock": null, "why": null, "waiting": 2},
            {"name": "dir", "state": "waiting", "since_clock": since, "why": "no answer in time", "next_in_seconds": 40, "waiting": 3},
            {"name": "timetable", "state": "parked", "since_clock": since, "why": "status 503", "waiting": 12_345},
            {"name": "workspace", "state": "up", "since_clock": null, "why": null, "waiting": 0}]);
        json!({"version": "1.2.3", "is_draining": false, "is_storing": true, "accounts": 453_100,
            "school_clock": "Fri 2026-03-27 17:58:00", "gate": gate, "notice": {"text": "Panne"},
            "windows": [{"number": 3, "scope": {"role": "guardian", "school": "lycee"}, "verdict": "closed",
                "who": "ada@local", "why": "attack"}],
            "kicked": [{"account": "s-a-00", "seconds": 540}], "posting_stopped": [{"class": "2a"}], "webhooks": webhooks, "calendar_alarm": "the calendar's files end in 9 days"})
    }

    #[test]
    fn the_picture_shows_everything_that_was_decided_and_measured() {
        let plain = picture(&standing(), Paint { is_on: false });
        for part in [
            "préau 1.2.3  serving  level 2 (high)  210 admissions/s",
            "18,000 seats (20,000 allowed, bound by memory)",
            "453,100 accounts",
            "teacher       ██████·",
            "1,234",
            "95 %",
            "sent away so far: 4",
            "nord          4,000 seats, 120 of them lent; about 35 wait; 4 sent away",
            "notice: Panne",
            "window 3 guardian of lycee closed (by ada@local: attack)",
            "posting stopped: class 2a",
            "kicked: s-a-00 for 540 s more",
            "calendar: the calendar's files end in 9 days",
            "webhook audit: gone; events waiting: 2",
            "webhook dir: fails since Fri 2026-03-27 08:01:00 (no answer in time), waits 40 s to try again; events waiting: 3",
            "webhook timetable: parked since Fri 2026-03-27 08:01:00 (status 503); events waiting: 12,345",
            "webhook workspace: up; events waiting: 0",
        ] {
            assert!(plain.contains(part), "{part}\n{plain}");
        }
        assert!(!plain.contains('\u{1b}'), "colours are for terminals");
        assert!(picture(&standing(), Paint { is_on: true }).contains("\u{1b}[33mlevel 2"));
    }
}
