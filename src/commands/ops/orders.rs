//! The orders of `preau ops`: windows, suspension, the notice, kicks, links, posting, the calendar's files, webhooks, the end.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::WhyArgs;
use super::desk::{Desk, DeskError};
use super::picture::{number, text};
use crate::base::{AccountId, ClassId, OrgId, Role};
use crate::commands::roster::table;

#[derive(Debug, Args)]
pub(super) struct WindowArgs {
    #[command(subcommand)]
    errand: WindowErrand,
}

#[derive(Debug, Subcommand)]
enum WindowErrand {
    /// What is decided and not over yet.
    List,
    /// Let a role in for a time, whatever the calendar says.
    Open(SpanArgs),
    /// Keep a role out for a time, whatever the calendar says.
    Close(SpanArgs),
    /// Take a decision back, by its number in the list.
    Withdraw {
        /// As the list says.
        number: u32,
        #[command(flatten)]
        why: WhyArgs,
    },
}

#[derive(Debug, Args)]
struct SpanArgs {
    #[command(flatten)]
    whom: WhomArgs,
    /// When it begins on the schools' clocks, such as 2026-03-27T17:58; now if not given.
    #[arg(long)]
    from: Option<String>,
    /// When the calendar's rules hold again.
    #[arg(long)]
    until: String,
    #[command(flatten)]
    why: WhyArgs,
}

#[derive(Debug, Args)]
struct WhomArgs {
    /// Whose admission.
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)))]
    role: String,
    /// A school's identifier in the roster; every school if not given.
    #[arg(long, value_parser = OrgId::parse)]
    school: Option<OrgId>,
}

#[derive(Debug, Args)]
pub(super) struct SuspendArgs {
    #[command(flatten)]
    whom: WhomArgs,
    /// When they may come back on the schools' clocks, such as 2026-03-27T17:58.
    #[arg(long)]
    until: String,
    #[command(flatten)]
    why: WhyArgs,
}

#[derive(Debug, Args)]
pub(super) struct NoticeArgs {
    /// What to tell, at most 500 characters.
    #[arg(required_unless_present = "clear", conflicts_with = "clear")]
    text: Option<String>,
    /// Its language, such as fr.
    #[arg(long)]
    lang: Option<String>,
    /// Tell nothing any more.
    #[arg(long)]
    clear: bool,
    #[command(flatten)]
    why: WhyArgs,
}

#[derive(Debug, Args)]
pub(super) struct KickArgs {
    /// The account's identifier in the roster.
    #[arg(value_parser = AccountId::parse)]
    account: AccountId,
    /// For how long it gets no other connection, such as 30m; ten minutes if not given.
    #[arg(long = "for", value_parser = seconds, conflicts_with = "lift")]
    for_seconds: Option<u32>,
    /// Let it come back now.
    #[arg(long)]
    lift: bool,
    #[command(flatten)]
    why: WhyArgs,
}

/// A length of time in seconds.
fn seconds(text: &str) -> Result<u32, String> {
    let length: Option<jiff::SignedDuration> = text.parse().ok();
    let seconds = length.and_then(|length| u32::try_from(length.as_secs()).ok());
    seconds.ok_or_else(|| "a length of time, such as 90s, 30m or 2h".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct PostingArgs {
    /// Whether nobody posts there, or whoever has the right to.
    #[arg(value_parser = PossibleValuesParser::new(["stop", "allow"]))]
    verdict: String,
    /// A class's identifier in the roster.
    #[arg(long, value_parser = ClassId::parse, required_unless_present = "school", conflicts_with = "school")]
    class: Option<ClassId>,
    /// A school's identifier in the roster: all its channels.
    #[arg(long, value_parser = OrgId::parse)]
    school: Option<OrgId>,
    #[command(flatten)]
    why: WhyArgs,
}

#[derive(Debug, Args)]
pub(super) struct CalendarArgs {
    #[command(subcommand)]
    errand: CalendarErrand,
}

#[derive(Debug, Subcommand)]
enum CalendarErrand {
    /// Read the calendar's files again, and put them in force.
    Reload {
        #[command(flatten)]
        why: WhyArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct WebhookArgs {
    #[command(subcommand)]
    errand: WebhookErrand,
}

#[derive(Debug, Subcommand)]
enum WebhookErrand {
    /// Call it again now; it goes on where it was.
    Resume {
        /// What the configuration calls it.
        name: String,
        #[command(flatten)]
        why: WhyArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct LinkArgs {
    /// Whether the two have nothing to do with each other, or what the roster says.
    #[arg(value_parser = PossibleValuesParser::new(["cut", "restore"]))]
    verdict: String,
    /// The adult's identifier in the roster.
    #[arg(long, value_parser = AccountId::parse)]
    guardian: AccountId,
    /// The student's identifier in the roster.
    #[arg(long, value_parser = AccountId::parse)]
    child: AccountId,
    #[command(flatten)]
    why: WhyArgs,
}

#[derive(Debug, Args)]
pub(super) struct DrainArgs {
    #[command(flatten)]
    why: WhyArgs,
}

/// `preau ops window`.
pub(super) fn window(
    desk: &Desk,
    args: &WindowArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let (span, verdict) = match &args.errand {
        WindowErrand::List => return list(desk, is_json, out),
        WindowErrand::Withdraw { number, why } => {
            return order(desk, &format!("windows/{number}/withdraw"), why, json!({}), is_json, out);
        }
        WindowErrand::Open(span) => (span, "open"),
        WindowErrand::Close(span) => (span, "closed"),
    };
    let SpanArgs { whom, from, until, why } = span;
    let body =
        json!({ "role": whom.role, "school": whom.school, "from": from, "until": until, "verdict": verdict });
    order(desk, "windows", why, body, is_json, out)
}

/// `preau ops suspend`.
pub(super) fn suspend(
    desk: &Desk,
    args: &SuspendArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let SuspendArgs { whom, until, why } = args;
    let body = json!({ "role": whom.role, "school": whom.school, "until": until });
    order(desk, "suspend", why, body, is_json, out)
}

/// `preau ops notice`.
pub(super) fn notice(
    desk: &Desk,
    args: &NoticeArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    order(desk, "notice", &args.why, json!({ "text": args.text, "lang": args.lang }), is_json, out)
}

/// `preau ops kick`.
pub(super) fn kick(
    desk: &Desk,
    args: &KickArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let KickArgs { account, for_seconds, lift, why } = args;
    if *lift {
        return order(desk, "kick/lift", why, json!({ "account": account }), is_json, out);
    }
    order(desk, "kick", why, json!({ "account": account, "for_seconds": for_seconds }), is_json, out)
}

/// `preau ops posting`.
pub(super) fn posting(
    desk: &Desk,
    args: &PostingArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let place = match (&args.class, &args.school) {
        (Some(class), _) => json!({ "class": class }),
        (None, school) => json!({ "school": school }),
    };
    order(desk, "posting", &args.why, json!({ "verdict": args.verdict, "place": place }), is_json, out)
}

/// `preau ops link`.
pub(super) fn link(
    desk: &Desk,
    args: &LinkArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let LinkArgs { verdict, guardian, child, why } = args;
    order(
        desk,
        "links",
        why,
        json!({ "guardian": guardian, "child": child, "verdict": verdict }),
        is_json,
        out,
    )
}

/// `preau ops drain`.
pub(super) fn drain(
    desk: &Desk,
    args: &DrainArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    order(desk, "drain", &args.why, json!({}), is_json, out)
}

/// `preau ops calendar`.
pub(super) fn calendar(
    desk: &Desk,
    args: &CalendarArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let CalendarErrand::Reload { why } = &args.errand;
    order(desk, "calendar/reload", why, json!({}), is_json, out)
}

/// `preau ops webhook`.
pub(super) fn webhook(
    desk: &Desk,
    args: &WebhookArgs,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    let WebhookErrand::Resume { name, why } = &args.errand;
    order(desk, "webhooks/resume", why, json!({ "endpoint": name }), is_json, out)
}

fn order(
    desk: &Desk,
    path: &str,
    WhyArgs { why, dry_run }: &WhyArgs,
    mut body: Value,
    is_json: bool,
    out: &mut dyn Write,
) -> Result<(), DeskError> {
    body["why"] = json!(why);
    let change = desk.order(path, *dry_run, &body)?;
    if is_json {
        return Ok(writeln!(out, "{change}")?);
    }
    let done = if *dry_run { "Nothing was changed." } else { "Done." };
    writeln!(out, "{done} Audit entry {}.", number(&change["entry"]))?;
    if let Some(window) = change["trial"]["number"].as_u64().filter(|_| !dry_run) {
        writeln!(out, "Window {window}: `preau ops window withdraw {window}` takes it back.")?;
    }
    if let Some(days) = change["trial"]["days_changed"].as_u64() {
        let end = change["after"]["ends_clock"]
            .as_str()
            .map_or(String::new(), |end| format!(" The files end {end}."));
        writeln!(out, "Of the next 400 days, {days} are of another kind than before.{end}")?;
    }
    if change["trial"]["linked"] == false {
        writeln!(out, "The roster in force does not link the two; what is cut holds for later ones too.")?;
    }
    if let Some(waiting) = change["trial"]["waiting"].as_u64() {
        writeln!(out, "It was {}; events that wait for it: {waiting}.", text(&change["before"]["state"]))?;
    }
    if let Some(connections) = change["trial"]["connections"].as_u64() {
        let verb = if *dry_run { "would end" } else { "end" };
        writeln!(out, "{connections} connections {verb}.")?;
    }
    Ok(())
}

fn list(desk: &Desk, is_json: bool, out: &mut dyn Write) -> Result<(), DeskError> {
    let windows = desk.get("/v1/operator/windows")?;
    if is_json {
        return Ok(writeln!(out, "{windows}")?);
    }
    let mut table = table(["number", "role", "school", "verdict", "from", "until", "who", "why"]);
    for window in windows.as_array().into_iter().flatten() {
        let school = window["scope"]["school"].as_str().unwrap_or("every school");
        table.add_row([
            text(&window["number"]),
            text(&window["scope"]["role"]),
            school.to_owned(),
            text(&window["verdict"]),
            text(&window["from_clock"]),
            text(&window["until_clock"]),
            text(&window["who"]),
            text(&window["why"]),
        ]);
    }
    Ok(writeln!(out, "{table}")?)
}
