//! `preau demo`: a hub with a made-up lycée, whose clock may be set.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::{fail, outcome};
use crate::app::{self, Addresses, DemoPlan, Plan, rosters};
use crate::base::clock::DemoClock;
use crate::base::{AccountId, SchoolTime};
use crate::calendar::Preset;
use crate::config::{Config, LogLevel, LoginConfig, files};
use crate::http::demo::civil;
use crate::roster::{DEMO, Spec, generate};

/// Run a hub with a made-up lycée, to look around.
///
/// The lycée is the same each time and is made on the first run. Logging in needs no password: never show a demo to
/// the world.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to serve; `PREAU_ADDR` or 127.0.0.1:8080 if not given. Port 0 takes a free one.
    #[arg(long)]
    addr: Option<SocketAddr>,
    /// Where the demo's data lies.
    #[arg(long, default_value = "var/demo")]
    data: PathBuf,
    /// What time it is at school, such as 2026-03-27T17:58; the machine's if not given.
    #[arg(long)]
    school_time: Option<String>,
    /// How many school seconds pass in one second: 1 to 3600.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(DemoClock::SPEED_MAX)))]
    speed: u32,
}

/// The holidays of the school years around the demo's: its file is put beside the data, where it can be changed.
const HOLIDAYS: &str = include_str!("../../config/zone-a.ics");

/// Where links in its classes may lead to.
const LINK_HOSTS: [&str; 3] = ["education.gouv.fr", "eduscol.education.fr", "wikipedia.org"];

/// Whom to try, with a line on each for the screen. The page offers them too, and has words of its own.
const TO_TRY: [(&str, &str); 6] = [
    (DEMO.teacher, "teaches 2A"),
    (DEMO.student, "a pupil of 2A"),
    (DEMO.guardian, "that pupil's parent"),
    (DEMO.neighbour, "a pupil of 1A"),
    (DEMO.staff, "the head of the school"),
    (DEMO.operator, "runs the hub"),
];

/// How many of them the screen names.
const ON_SCREEN: usize = 3;

/// Runs the command.
///
/// # Errors
/// Those of the two writers.
pub fn run(args: &DemoArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<ExitCode> {
    let plan = match plan(args) {
        Ok(plan) => plan,
        Err(why) => return fail(err, &why),
    };
    if let Err(why) = make_lycee(&plan.config.roster).and_then(|()| make_holidays(&holidays(&args.data))) {
        return fail(err, &why);
    }
    app::log::start(plan.config.log);
    let mut told = Ok(());
    let ended = app::run(plan, |addresses| told = welcome(out, addresses, &args.data));
    told?;
    outcome(ended, err)
}

fn plan(args: &DemoArgs) -> Result<Plan, String> {
    let mut defaults = Config::default();
    // The screen stays readable; PREAU_LOG__LEVEL=info shows connections come and go.
    defaults.log.level = LogLevel::Warn;
    defaults.calendar.presets = vec![Preset::Parents8To18];
    defaults.calendar.files = vec![holidays(&args.data)];
    defaults.lessons.link_hosts = LINK_HOSTS.map(str::to_owned).to_vec();
    // A lycée's parents are few, and whoever looks on would rather not wait for five minutes.
    defaults.admission.suspension_seconds = 10;
    let mut config = defaults.overlaid(None).map_err(|error| error.to_string())?;
    config.addr = args.addr.unwrap_or(config.addr);
    config.roster = args.data.join("roster");
    config.data_dir.clone_from(&args.data);
    // Nobody balances a demo: Ctrl-C ends it at once.
    config.hub.drain_grace_seconds = 0;
    config.hub.drain_window_seconds = 0;
    // A demo logs everybody in, so only its own issuer counts.
    config.identity.jwks = PathBuf::new();
    config.login = LoginConfig::default();
    let school_time = match &args.school_time {
        None => None,
        Some(text) => Some(school_time(text, &config)?),
    };
    let accounts = TO_TRY.into_iter().filter_map(|(id, _)| AccountId::parse(id).ok());
    Ok(Plan {
        demo: Some(DemoPlan {
            clock: Arc::new(DemoClock::start(school_time, args.speed)),
            accounts: accounts.collect(),
        }),
        config,
    })
}

fn school_time(text: &str, config: &Config) -> Result<SchoolTime, String> {
    civil(text, &rosters::zone(config))
        .ok_or_else(|| "--school-time is a civil time such as 2026-03-27T17:58".to_owned())
}

/// Makes the lycée's files, if there are none. They appear whole: half a roster would be refused at the next start.
fn make_lycee(roster: &Path) -> Result<(), String> {
    if roster.exists() {
        return Ok(());
    }
    let told = |error: &dyn std::fmt::Display| format!("the demo's lycée can't be made: {error}");
    let aside = roster.with_extension("new");
    if aside.exists() {
        std::fs::remove_dir_all(&aside).map_err(|error| told(&error))?;
    }
    generate(Spec::demo(), &aside, &mut |_| {}).map_err(|error| told(&error))?;
    std::fs::rename(&aside, roster).map_err(|error| told(&error))
}

fn holidays(data: &Path) -> PathBuf {
    data.join("zone-a.ics")
}

/// Writes the file of holidays, if there is none.
fn make_holidays(path: &Path) -> Result<(), String> {
    if path.exists() {
        return Ok(());
    }
    files::replace(path, HOLIDAYS).map_err(|error| format!("the demo's calendar can't be written: {error}"))
}

fn welcome(out: &mut dyn Write, addresses: Addresses, data: &Path) -> io::Result<()> {
    let Addresses { public: address, operators } = addresses;
    writeln!(out)?;
    writeln!(out, "  préau is open:  http://{address}")?;
    writeln!(out)?;
    writeln!(out, "  Log in as")?;
    for (account, about) in TO_TRY.into_iter().take(ON_SCREEN) {
        writeln!(out, "    {account:<12} {about}")?;
    }
    writeln!(out)?;
    writeln!(out, "  Operators' dashboard:  http://{operators}")?;
    writeln!(out, "  Data:  {}  (remove the folder to begin anew)", data.display())?;
    writeln!(out, "  Stop:  Ctrl-C")?;
    writeln!(out)?;
    writeln!(out, "http://{address}")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_names_the_address_three_accounts_the_data_and_how_to_stop() {
        let mut screen = Vec::new();
        let [public, operators] = ["127.0.0.1:4321", "127.0.0.1:4322"].map(|text| text.parse().unwrap());
        welcome(&mut screen, Addresses { public, operators }, Path::new("var/demo")).unwrap();
        let screen = String::from_utf8(screen).unwrap();
        assert!(screen.lines().any(|line| line == "http://127.0.0.1:4321"));
        // Whoever reads the screen takes the first address for the hub's.
        assert!(screen.find("http://127.0.0.1:4321") < screen.find("http://127.0.0.1:4322"));
        for word in [DEMO.teacher, DEMO.student, DEMO.guardian, "http://127.0.0.1:4322", "var/demo", "Ctrl-C"]
        {
            assert!(screen.contains(word), "{word}");
        }
        assert!(TO_TRY.iter().skip(ON_SCREEN).all(|(account, _)| !screen.contains(account)), "{screen}");
    }

    #[test]
    fn the_demos_holidays_are_written_once_and_cover_its_years() {
        let folder = tempfile::tempdir().unwrap();
        let file = holidays(folder.path());
        make_holidays(&file).unwrap();
        let (read, report) = crate::calendar::read_holidays(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!((read.len(), report.errors), (13, 0));
        std::fs::write(&file, "changed").unwrap();
        make_holidays(&file).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "changed");
    }

    #[test]
    fn the_lycee_is_made_once_and_holds_those_to_try() {
        let folder = tempfile::tempdir().unwrap();
        let roster = folder.path().join("roster");
        make_lycee(&roster).unwrap();
        let made = std::fs::metadata(&roster).unwrap().modified().unwrap();
        make_lycee(&roster).unwrap();
        assert_eq!(std::fs::metadata(&roster).unwrap().modified().unwrap(), made);
        let day = jiff::civil::date(2026, 3, 27);
        let loaded = crate::roster::read(&roster, day, &mut |_| {}).unwrap();
        for (account, _) in TO_TRY {
            assert!(loaded.roster.account(account).is_some(), "{account}");
        }
    }
}
