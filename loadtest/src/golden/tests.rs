//! Samples of every drift, and the golden frames themselves.

use super::*;

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/protocol")
}

/// A copy of the golden frames in which one file reads otherwise, or is gone; what `check` says to it.
fn drifts(file: &str, text: Option<&str>) -> Vec<Drift> {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["", "client", "server"] {
        fs::create_dir_all(copy.path().join(folder)).unwrap();
        for entry in fs::read_dir(golden().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, copy.path().join(folder).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    match text {
        Some(text) => fs::write(copy.path().join(file), text).unwrap(),
        None => fs::remove_file(copy.path().join(file)).unwrap(),
    }
    check(copy.path()).unwrap_err()
}

#[test]
fn this_program_speaks_the_golden_wire() {
    let count = check(&golden()).unwrap();
    assert!(count >= ClientFrame::TYPES.len() + ServerFrame::TYPES.len(), "only {count} frames");
}

#[test]
fn a_field_that_is_new_renamed_or_gone_is_a_drift() {
    let new =
        drifts("server/pong.json", Some(r#"{"type":"pong","id":8,"server_time":1,"school_time":2,"x":3}"#));
    assert!(matches!(new.as_slice(), [Drift::Differs { .. }]), "{new:?}");
    let renamed =
        drifts("server/pong.json", Some(r#"{"type":"pong","id":8,"server_time":1,"class_time":2}"#));
    assert!(matches!(renamed.as_slice(), [Drift::Unknown { .. }]), "{renamed:?}");
    let gone = drifts("client/refresh.json", Some(r#"{"type":"refresh","id":8}"#));
    assert!(matches!(gone.as_slice(), [Drift::Unknown { .. }]), "{gone:?}");
}

#[test]
fn a_type_that_is_new_or_gone_is_a_drift() {
    let new = drifts("server/reaction.json", Some(r#"{"type":"reaction"}"#));
    assert!(matches!(new.as_slice(), [Drift::Unknown { .. }]), "{new:?}");
    let gone = drifts("server/behind.json", None);
    assert!(matches!(gone.as_slice(), [Drift::Missing { missing: "behind", .. }]), "{gone:?}");
}

#[test]
fn a_table_that_does_not_fit_is_a_drift() {
    let close = |number: u16, retry: &str, reason: &str| {
        let row = serde_json::json!([{"number": number, "code": "idle", "retry": retry, "reason": reason}]);
        drifts("close.json", Some(&row.to_string()))
    };
    let (table, ours) = (Retry::Never, Retry::AtOnce);
    assert_eq!(close(4200, "never", "{}"), [Drift::Retry { number: 4200, table, ours }]);
    let number = 4200;
    for reason in ["", r#"{"code":"other"}"#, r#"{"code":"idle","retry_ms":[1,2]}"#] {
        let reason = reason.to_owned();
        assert_eq!(close(number, "at_once", &reason), [Drift::Reason { number, reason }]);
    }
    let window = r#"{"code":"idle","retry_ms":[2,1]}"#;
    let reason = window.to_owned();
    assert_eq!(close(4101, "within", window), [Drift::Reason { number: 4101, reason }]);
    let codes = drifts("errors.json", Some(r#"["malformed"]"#));
    assert!(
        matches!(codes.as_slice(), [Drift::ErrorCode { code, .. }] if code == "rate_limited"),
        "{codes:?}"
    );
}

#[test]
fn what_cannot_be_read_is_told() {
    let broken = drifts("errors.json", Some("["));
    assert!(matches!(broken[0], Drift::Unreadable { .. }), "{broken:?}");
    let nowhere = check(Path::new("nowhere")).unwrap_err();
    assert!(nowhere.iter().any(|drift| matches!(drift, Drift::Unreadable { .. })), "{nowhere:?}");
}
