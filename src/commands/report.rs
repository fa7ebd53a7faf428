//! `preau report`: what the region publishes about its service, asked of a running hub.
//!
//! One row for the region and each school and day; as a table for people, as JSON or CSV for what follows.

use std::io::Write;

use clap::{Args, ValueEnum};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::Value;

use super::ops::HubArgs;
use super::ops::desk::{Desk, DeskError};
use super::roster::table;
use crate::base::Role;

/// What is published about the service, by day and school, without names.
///
/// Reliability is the part of the pupils who got a seat within ten seconds of first asking, of all who asked that day inside
/// their window.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A day, or the week from Monday to Sunday that it lies in.
    period: Period,
    /// Which, YYYY-MM-DD; today on the schools' clocks if not given.
    #[arg(long)]
    date: Option<Date>,
    /// As JSON.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As CSV (RFC 4180).
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    hub: HubArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Period {
    Day,
    Week,
}

/// Runs the command.
///
/// # Errors
/// See `DeskError`.
pub fn run(args: &ReportArgs, out: &mut dyn Write) -> Result<(), DeskError> {
    let desk = Desk::find(&args.hub)?;
    let date = match args.date {
        Some(date) => date,
        None => today(&desk)?,
    };
    let (from, until) = days(args.period, date);
    let report = desk.get(&format!("/v1/operator/report?from={from}&until={until}"))?;
    if args.json {
        return Ok(writeln!(out, "{report}")?);
    }
    let rows = rows(&report);
    if args.csv { comma_separated(&rows, out) } else { screen(&rows, (from, until), out) }
}

/// The schools' day, which need not be the machine's.
fn today(desk: &Desk) -> Result<Date, DeskError> {
    let report = desk.get("/v1/operator/report")?;
    let date = report["days"][0]["date"].as_str().and_then(|date| date.parse().ok());
    date.ok_or_else(|| DeskError::Refused("the hub reports on no day".to_owned()))
}

fn days(period: Period, date: Date) -> (Date, Date) {
    let since_monday = i64::from(date.weekday().to_monday_zero_offset());
    match period {
        Period::Day => (date, date),
        Period::Week => {
            let monday = date.saturating_sub(since_monday.days());
            (monday, monday.saturating_add(6.days()))
        }
    }
}

/// The columns, in the order in which they are exported.
const COLUMNS: [&str; 8] = [
    "date",
    "school",
    "reliability",
    "pupils_tried",
    "pupils_at_first_try",
    "publications",
    "deliveries",
    "refused",
];

/// One row of each day for the region, then for each school.
fn rows(report: &Value) -> Vec<(Vec<String>, Value)> {
    let mut rows = Vec::new();
    for day in report["days"].as_array().into_iter().flatten() {
        let schools = day["schools"].as_object().into_iter().flatten();
        let schools = schools.map(|(school, row)| (school.as_str(), row));
        for (school, row) in std::iter::once(("region", &day["region"])).chain(schools) {
            let refused = row["refused"].as_object().into_iter().flatten();
            let refused: Vec<String> = refused.map(|(reason, count)| format!("{reason}={count}")).collect();
            let mut cells = vec![plain(&day["date"]), school.to_owned()];
            cells.extend(COLUMNS[2..7].iter().map(|column| plain(&row[*column])));
            cells.push(refused.join(" "));
            rows.push((cells, row.clone()));
        }
    }
    rows
}

/// A value as a cell: empty for what is not known.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => format!("{:.4}", number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

fn comma_separated(rows: &[(Vec<String>, Value)], out: &mut dyn Write) -> Result<(), DeskError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let by_role = ["peak", "visits", "mean_visit_seconds"];
    let columns = by_role.iter().flat_map(|what| Role::ALL.map(|role| format!("{what}_{}", role.as_str())));
    let head: Vec<String> = COLUMNS.map(str::to_owned).into_iter().chain(columns).collect();
    let write = |writer: &mut csv::Writer<Vec<u8>>, record: &[String]| {
        writer.write_record(record).map_err(std::io::Error::other)
    };
    write(&mut writer, &head)?;
    for (cells, row) in rows {
        let counts = by_role.iter().flat_map(|what| Role::ALL.map(|role| plain(&row[*what][role.as_str()])));
        write(&mut writer, &cells.iter().cloned().chain(counts).collect::<Vec<_>>())?;
    }
    let text = writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(out.write_all(&text)?)
}

fn screen(
    rows: &[(Vec<String>, Value)],
    (from, until): (Date, Date),
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    if rows.is_empty() {
        return Ok(writeln!(out, "Nothing is known of {from} to {until}.")?);
    }
    let mut table = table([
        "date",
        "school",
        "reliability",
        "pupils",
        "peak teachers",
        "peak pupils",
        "peak guardians",
        "visits",
        "mean of pupils",
        "publications",
        "deliveries",
        "refused",
    ]);
    for (cells, row) in rows {
        let visits: u64 = Role::ALL.iter().filter_map(|role| row["visits"][role.as_str()].as_u64()).sum();
        let reliability =
            row["reliability"].as_f64().map_or(String::new(), |part| format!("{:.2} %", part * 100.0));
        let mean = row["mean_visit_seconds"]["student"].as_f64();
        table.add_row([
            cells[0].clone(),
            cells[1].clone(),
            reliability,
            plain(&row["pupils_tried"]),
            plain(&row["peak"]["teacher"]),
            plain(&row["peak"]["student"]),
            plain(&row["peak"]["guardian"]),
            visits.to_string(),
            mean.map_or(String::new(), |seconds| format!("{:.1} min", seconds / 60.0)),
            cells[5].clone(),
            cells[6].clone(),
            cells[7].clone(),
        ]);
    }
    Ok(writeln!(out, "{table}")?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_week_is_monday_to_sunday() {
        let friday = date(2026, 3, 27);
        assert_eq!(days(Period::Day, friday), (friday, friday));
        let week = (date(2026, 3, 23), date(2026, 3, 29));
        for day in [week.0, friday, week.1] {
            assert_eq!(days(Period::Week, day), week);
        }
    }

    #[test]
    fn every_place_has_a_row_and_what_is_not_known_is_empty() {
        let row = |tried: u32, reliability: Value| {
            json!({"reliability": reliability, "pupils_tried": tried, "pupils_at_first_try": 1,
                "publications": 5, "deliveries": 60, "refused": {"closed": 2, "waits": 9},
                "peak": {"student": 30}, "visits": {"student": 40},
                "mean_visit_seconds": {"student": 90.5, "guardian": null}})
        };
        let day = json!({"date": "2026-03-27", "region": row(3, json!(1.0 / 3.0)), "schools": {"a,b": row(0, json!(null))}});
        let rows = rows(&json!({"days": [day]}));
        let mut text = Vec::new();
        comma_separated(&rows, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("date,school,reliability,pupils_tried,"), "{}", lines[0]);
        assert!(lines[1].starts_with("2026-03-27,region,0.3333,3,1,5,60,closed=2 waits=9,"), "{}", lines[1]);
        assert!(lines[2].starts_with("2026-03-27,\"a,b\",,0,1,"), "{}", lines[2]);
        assert!(lines[1].contains(",90.5000,"), "{}", lines[1]);
        let mut text = Vec::new();
        screen(&rows, (date(2026, 3, 27), date(2026, 3, 27)), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("33.33 %") && text.contains("1.5 min"), "{text}");
    }
}
