//! Each mistake names its key and what is allowed.

use figment::providers::{Format as _, Toml};
use figment::{Figment, Jail};

use super::*;

pub(super) fn mistakes(toml: &str) -> Vec<String> {
    match Config::default().read(None, |figment: Figment| figment.merge(Toml::string(toml))) {
        Err(ConfigError::Mistakes(mistakes)) => mistakes,
        other => panic!("{toml} gave {other:?}"),
    }
}

#[test]
fn the_documented_file_says_the_defaults() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/preau.toml");
    assert_eq!(Config::load_file(&file), Ok(Config::default()));
    let text = std::fs::read_to_string(&file).unwrap();
    let written: toml_keys::Keys = toml_keys::of(&Figment::from(Toml::string(&text)));
    let defaults = toml_keys::of(&Figment::from(Serialized::defaults(Config::default())));
    assert_eq!(written, defaults, "a key is missing from the documentation");
}

/// The keys of a figment, sections joined by a dot.
mod toml_keys {
    use std::collections::BTreeSet;

    use figment::Figment;
    use figment::value::{Dict, Value};

    pub(super) type Keys = BTreeSet<String>;

    pub(super) fn of(figment: &Figment) -> Keys {
        let mut keys = Keys::new();
        collect("", &figment.extract::<Dict>().unwrap(), &mut keys);
        keys
    }

    fn collect(prefix: &str, dict: &Dict, keys: &mut Keys) {
        for (key, value) in dict {
            match value {
                Value::Dict(_, inner) => collect(&format!("{prefix}{key}."), inner, keys),
                _ => {
                    keys.insert(format!("{prefix}{key}"));
                }
            }
        }
    }
}

#[test]
fn an_unknown_key_is_named_with_the_known_ones() {
    let found = mistakes("adr = \"127.0.0.1:1\"");
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("adr is not a key; here the keys are addr, operator_addr, data_dir"),
        "{found:?}"
    );
    let found = mistakes("[hub]\nshard = 2");
    assert_eq!(
        found,
        [
            "hub.shard is not a key; here the keys are shards, engine, drain_grace_seconds, drain_window_seconds"
        ]
    );
}

#[test]
fn a_value_of_the_wrong_form_is_named_with_what_is_allowed() {
    assert!(mistakes("addr = \"here\"")[0].starts_with("addr"), "{:?}", mistakes("addr = \"here\""));
    assert_eq!(mistakes("[hub]\nshards = \"two\""), ["hub.shards must be a whole number"]);
    assert_eq!(
        mistakes("[log]\nlevel = \"loud\""),
        ["log.level must be one of error, warn, info, debug, trace"]
    );
    assert_eq!(mistakes("[log]\nformat = \"xml\""), ["log.format must be one of human, json"]);
    assert_eq!(mistakes("[hub]\nengine = \"steam\""), ["hub.engine must be one of readiness, tasks"]);
}

#[test]
fn every_range_is_kept_and_all_mistakes_are_told_at_once() {
    let found = mistakes(
        r#"
        zone = "Europe/Lyon"
        data_dir = ""
        roster = ""
        allowed_origins = ["https://a.fr", "https://a.fr/path"]
        [identity]
        issuer = ""
        audience = ""
        leeway_seconds = 301
        [hub]
        shards = 65
        [limits]
        messages_per_second = 0
        publishes_per_second = 1001
        queue_pool_mib = 0
        [retention]
        post_hours = 0
        announcement_days = 3651
        assignment_days = 0
        "#,
    );
    assert_eq!(
        found,
        [
            "identity.issuer must be a text that is not empty",
            "identity.audience must be a text that is not empty",
            "identity.leeway_seconds must be 0 to 300",
            "hub.shards must be 0 to 64",
            "limits.messages_per_second must be 1 to 1000",
            "limits.publishes_per_second must be 1 to 1000",
            "limits.queue_pool_mib must be 1 to 65536",
            "retention.post_hours must be 1 to 87600",
            "retention.announcement_days must be 1 to 3650",
            "retention.assignment_days must be 1 to 3650",
            "data_dir must be a text that is not empty",
            "roster must be a text that is not empty",
            "zone must be an IANA time zone such as Europe/Paris",
            "allowed_origins must be a list of scheme://host or scheme://host:port, without a path",
        ]
    );
}

#[test]
#[expect(clippy::result_large_err, reason = "the error is figment's own")]
fn the_environment_wins_over_the_file() {
    Jail::expect_with(|jail| {
        jail.create_file("hub.toml", "addr = \"127.0.0.1:1\"\n[hub]\nshards = 2")?;
        jail.set_env("PREAU_ADDR", "127.0.0.1:9");
        jail.set_env("PREAU_LIMITS__MESSAGES_PER_SECOND", "7");
        jail.set_env("PREAU_ALLOWED_ORIGINS", "[\"https://a.fr\"]");
        jail.set_env("PREAU_KILL_ROUNDS", "200");
        let config = Config::load(Some(Path::new("hub.toml"))).unwrap();
        assert_eq!((config.addr.port(), config.shards(8)), (9, 2));
        assert_eq!(config.rates().messages_per_second, 7);
        assert_eq!(config.allowed_origins, ["https://a.fr"]);
        jail.set_env("PREAU_HUB__SHARD", "7");
        let wrong = Config::load(None).unwrap_err().to_string();
        assert!(wrong.contains("hub.shard is not a key"), "{wrong}");
        Ok(())
    });
}

#[test]
fn a_file_that_is_not_there_or_not_toml_says_so() {
    let missing = Config::load_file(Path::new("/nowhere/preau.toml"));
    assert!(matches!(missing, Err(ConfigError::File { .. })), "{missing:?}");
    assert_eq!(mistakes("= 1").len(), 1);
}

#[test]
fn no_number_of_shards_means_one_per_cpu() {
    let config = Config::default();
    assert_eq!((config.shards(1), config.shards(8), config.shards(1_000)), (1, 8, 64));
}

#[test]
fn the_calendar_is_set_from_presets_down_to_one_school() {
    let text = r#"
        [calendar]
        presets = ["good-practice", "national"]
        windows = [{ roles = ["guardian"], days = ["school"], open = ["18:00-24:00", "22:00-06:00"] }]
        [[calendar.schools]]
        id = "s1"
        zone = "Indian/Reunion"
        extra_days = ["2026-05-16"]
        closures = [{ from = "2026-06-11", why = "works" }]
    "#;
    let config = Config::default().read(None, |figment: Figment| figment.merge(Toml::string(text))).unwrap();
    assert_eq!(config.calendar.windows[0].open.len(), 2);
    assert_eq!(config.calendar.windows[0].weekdays, crate::calendar::Week::WHOLE);
    assert_eq!(config.calendar.schools[0].closures[0].last(), jiff::civil::date(2026, 6, 11));
    assert!(config.calendar.schools[0].files.is_none());
}

#[test]
fn mistakes_about_mail_are_named_with_what_is_allowed() {
    let on =
        "[mail]\nhost = \"relay.test\"\nfrom = \"ecole@preau.test\"\npublic_url = \"https://preau.test\"\n";
    let right = Config::default().read(None, |figment: Figment| figment.merge(Toml::string(on)));
    assert!(right.is_ok_and(|config| config.mail.is_on()) && !Config::default().mail.is_on());
    let found = mistakes(
        r#"
        [mail]
        host = "relay.test"
        port = 0
        tls = "none"
        user = "hub"
        from = "nobody"
        name = "a\nb"
        public_url = "https://preau.test/path"
        hours = ["18:00-20:30"]
        per_second = 0
        connections = 33
        retry_seconds = 3601
        "#,
    );
    assert_eq!(
        found,
        [
            "mail.hours must be a list of one span or more within 07:00-20:00",
            "mail.per_second must be 1 to 1000",
            "mail.connections must be 1 to 32",
            "mail.retry_seconds must be 1 to 3600",
            "mail.port must be 1 to 65535",
            "mail.from must be an e-mail address",
            "mail.name must be a text without control characters",
            "mail.public_url must be https://host or http://host:port, without a path",
            "mail.password_file must be given if `user` is, and else not",
            "mail.tls must be starttls or tls where a password goes to another machine",
        ]
    );
    assert_eq!(mistakes("[mail]\ntls = \"ssl\""), ["mail.tls must be one of none, starttls, tls"]);
    assert_eq!(mistakes("[mail]\nhours = []").len(), 1);
}

#[test]
fn mistakes_about_webhooks_are_named_with_what_is_allowed() {
    let right = r#"
        [webhooks]
        endpoints = [
            { name = "workspace", url = "https://hooks.test/in", secret_file = "secret", kinds = ["lesson.started"] },
            { name = "here", url = "http://127.0.0.1:8000/", secret_file = "secret", schools = ["0690026D"] },
            { name = "inside", url = "https://10.0.0.7/", secret_file = "secret", private = true },
        ]
    "#;
    let config = Config::default().read(None, |figment: Figment| figment.merge(Toml::string(right))).unwrap();
    assert_eq!(config.webhooks.endpoints[0].kinds, [crate::base::HookKind::LessonStarted]);
    let form = "https://host/path, or http:// and an address of this machine, without a user or a fragment";
    let inside = "an address of the internet, or with `private = true` one of a private network";
    let found = mistakes(
        r#"
        [webhooks]
        retry_seconds = 0
        endpoints = [
            { name = "Work space", url = "http://hooks.test/in", secret_file = "" },
            { name = "a", url = "https://192.168.0.1/", secret_file = "b" },
            { name = "a", url = "https://hooks.test/", secret_file = "b" },
        ]
        "#,
    );
    assert_eq!(
        found,
        [
            "webhooks.retry_seconds must be 1 to 900".to_owned(),
            "webhooks.endpoints.0.name must be 1 to 32 of a-z, 0-9 and -".to_owned(),
            format!("webhooks.endpoints.0.url must be {form}"),
            "webhooks.endpoints.0.secret_file must be a file that holds `whsec_` and 24 to 64 bytes in base64".to_owned(),
            format!("webhooks.endpoints.1.url must be {inside}"),
            "webhooks.endpoints.2.name must be another than those before it".to_owned(),
        ]
    );
    let one = "{ name = \"a\", url = \"https://hooks.test/\", secret_file = \"b\" },";
    let many = mistakes(&format!("[webhooks]\nendpoints = [{}]", one.repeat(17)));
    assert_eq!(many[0], "webhooks.endpoints must be a list of at most 16 endpoints");
    let unknown = mistakes(
        "[webhooks]\nendpoints = [{ name = \"a\", url = \"https://hooks.test/\", secret_file = \"b\", kinds = [\"post\"] }]",
    );
    assert!(unknown[0].contains("kinds") && unknown[0].contains("announcement.published"), "{unknown:?}");
}

#[test]
fn mistakes_of_the_calendar_are_named_with_what_is_allowed() {
    let one = |line: &str| mistakes(&format!("[calendar]\n{line}")).remove(0);
    assert_eq!(
        one("presets = [\"parents\"]"),
        "calendar.presets.0 must be one of parents-8-18, good-practice, national"
    );
    assert_eq!(
        one("windows = [{ roles = [\"staff\"], days = [\"school\"], open = [\"8-9\"] }]"),
        "calendar.windows.0.open.0: a span such as \"08:00-18:00\" is expected, from 00:00 to 24:00; \
         \"22:00-06:00\" goes past midnight"
    );
    assert_eq!(
        one("deliveries = [{ day = [\"school\"], open = [] }]"),
        "calendar.deliveries.0.day is not a key; here the keys are days, weekdays, open"
    );
    let found = mistakes(
        r#"
        [calendar]
        presets = ["parents-8-18", "good-practice"]
        files = [""]
        school_week = []
        windows = [{ roles = [], days = [], open = [] }]
        deliveries = [{ days = ["school"], weekdays = [], open = [] }]
        [[calendar.schools]]
        id = "s1"
        zone = "Europe/Lyon"
        closures = [{ from = "2026-03-30", until = "2026-03-29", why = "" }]
        [[calendar.schools]]
        id = "s1"
        "#,
    );
    assert_eq!(
        found,
        [
            "calendar.presets must be a list with at most one of parents-8-18, good-practice",
            "calendar.files must be a list of paths that are not empty",
            "calendar.school_week must be a list of one day of the week or more",
            "calendar.windows.0.roles must be a list of one role or more",
            "calendar.windows.0.days must be a list of school, weekend, holiday",
            "calendar.deliveries.0.weekdays must be a list of one day of the week or more",
            "calendar.schools.0.zone must be an IANA time zone such as Europe/Paris",
            "calendar.schools.0.closures.0.until must be a date from 2026-03-30 on, within 400 days",
            "calendar.schools.0.closures.0.why must be a text that is not empty",
            "calendar.schools.1.id must be a school that is named once",
        ]
    );
}
