//! `preau ops`: an operator watches and runs a hub on this machine, over its own listener.

mod audit;
pub(super) mod desk;
mod explain;
mod limits;
mod orders;
mod picture;
mod status;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::base::AccountId;
use crate::config;
use desk::{Desk, DeskError};

/// Watch and run a hub: its seats, its limits, who comes in.
///
/// The hub's data folder says where it listens and holds the secret that opens it: whoever may read that folder is an
/// operator. What is changed takes effect at once and is written into the audit log, with who and why.
#[derive(Debug, Args)]
pub struct OpsArgs {
    #[command(flatten)]
    hub: HubArgs,
    /// The answer as JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    errand: Errand,
}

/// Which hub is meant, and who asks.
#[derive(Debug, Args)]
pub(super) struct HubArgs {
    /// The hub's data folder.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// The hub's configuration file, if it names another data folder.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Who asks, for the audit log; the name of the machine's user if not given.
    #[arg(long = "as", global = true, value_parser = AccountId::parse)]
    who: Option<AccountId>,
}

impl HubArgs {
    /// The configuration file, if one is named.
    pub(super) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    fn who(&self) -> Option<AccountId> {
        self.who.clone().or_else(config::user)
    }
}

/// Why something is changed.
#[derive(Debug, Args)]
struct WhyArgs {
    /// The reason, for the audit log.
    #[arg(long)]
    why: String,
    /// Only say what would happen. This too is written into the audit log.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
enum Errand {
    /// How the hub stands: seats, who waits, load, what is decided.
    Status {
        /// Show it anew each second, until interrupted.
        #[arg(long)]
        watch: bool,
    },
    /// Why an account gets in, or does not: its hours, its seats, the load.
    Explain(explain::ExplainArgs),
    /// Which limits hold; with --set, change them.
    Limits(limits::LimitsArgs),
    /// What is decided about windows: list, open or close one for a time, withdraw.
    Window(orders::WindowArgs),
    /// Send a role away now, until a time.
    Suspend(orders::SuspendArgs),
    /// Tell everybody something, those included who can't get in.
    Notice(orders::NoticeArgs),
    /// End an account's connections and keep it out for a while; with --lift, let it come back.
    Kick(orders::KickArgs),
    /// Cut the link between a guardian and a student at once, or restore it.
    Link(orders::LinkArgs),
    /// Stop posting in a class or a school at once, or allow it again.
    Posting(orders::PostingArgs),
    /// Read the calendar's files again.
    Calendar(orders::CalendarArgs),
    /// Call an endpoint of webhooks again that is parked, gone or left alone for a while.
    Webhook(orders::WebhookArgs),
    /// End the hub as SIGTERM does: everybody is told when to come back.
    Drain(orders::DrainArgs),
    /// Who changed what, and why.
    Audit(audit::AuditArgs),
}

/// Runs the command. A screen has colours if `is_terminal`.
///
/// # Errors
/// See `DeskError`; each says what to do.
pub fn run(args: &OpsArgs, out: &mut dyn Write, is_terminal: bool) -> Result<(), DeskError> {
    let desk = Desk::find(&args.hub)?;
    let json = args.json;
    match &args.errand {
        Errand::Status { watch } => status::run(&desk, json, *watch, is_terminal, out),
        Errand::Explain(args) => explain::run(&desk, args, json, out),
        Errand::Limits(args) => limits::run(&desk, args, json, out),
        Errand::Window(args) => orders::window(&desk, args, json, out),
        Errand::Suspend(args) => orders::suspend(&desk, args, json, out),
        Errand::Notice(args) => orders::notice(&desk, args, json, out),
        Errand::Kick(args) => orders::kick(&desk, args, json, out),
        Errand::Link(args) => orders::link(&desk, args, json, out),
        Errand::Posting(args) => orders::posting(&desk, args, json, out),
        Errand::Calendar(args) => orders::calendar(&desk, args, json, out),
        Errand::Webhook(args) => orders::webhook(&desk, args, json, out),
        Errand::Drain(args) => orders::drain(&desk, args, json, out),
        Errand::Audit(args) => audit::run(&desk, args, json, out),
    }
}
