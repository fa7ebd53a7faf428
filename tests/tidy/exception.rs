//! What the rules let pass, and why.

use super::finding::{Finding, Rule};

/// One permitted breach. It covers every finding with this rule, path and name.
pub(crate) struct Exception {
    pub(crate) rule: Rule,
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    /// Why the breach is better than the mending.
    pub(crate) reason: &'static str,
}

/// The list. It is short, and should stay so.
pub(crate) const EXCEPTIONS: &[Exception] = &[];

/// The complaints that remain: findings without an exception, exceptions without a finding or a reason.
pub(crate) fn judge(rule: Rule, exceptions: &[Exception], findings: Vec<Finding>) -> Vec<String> {
    let covers = |e: &Exception, f: &Finding| !f.hard && e.path == f.path && e.name == f.name;
    let ours: Vec<&Exception> = exceptions.iter().filter(|e| e.rule == rule).collect();
    let unused = ours
        .iter()
        .filter(|e| !findings.iter().any(|f| covers(e, f)))
        .map(|e| format!("  {}: the exception for `{}` is not needed", e.path, e.name));
    let unreasoned = ours
        .iter()
        .filter(|e| e.reason.is_empty())
        .map(|e| format!("  {}: the exception for `{}` gives no reason", e.path, e.name));
    let mut complaints: Vec<String> = unused.chain(unreasoned).collect();
    let open = |f: &Finding| !ours.iter().any(|e| covers(e, f));
    complaints.extend(findings.into_iter().filter(open).map(|f| f.to_string()));
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[Exception] =
        &[Exception { rule: Rule::Size, path: "src/a.rs", name: "a.rs", reason: "it is a table" }];

    #[test]
    fn an_exception_covers_its_place_alone() {
        let covered = Finding::new("src/a.rs", 1, "a.rs", "is long");
        let other = Finding::new("src/b.rs", 1, "b.rs", "is long");
        assert_eq!(judge(Rule::Size, ONE, vec![covered.clone(), other]), ["  src/b.rs:1: `b.rs` is long"]);
        assert_eq!(judge(Rule::Header, ONE, vec![covered]).len(), 1);
    }

    #[test]
    fn an_exception_yields_to_a_hard_limit_and_must_be_needed_and_reasoned() {
        let mut hard = Finding::new("src/a.rs", 1, "a.rs", "is too long");
        hard.hard = true;
        assert_eq!(judge(Rule::Size, ONE, vec![hard]).len(), 2);
        assert_eq!(
            judge(Rule::Size, ONE, Vec::new()),
            ["  src/a.rs: the exception for `a.rs` is not needed"]
        );
        let unreasoned = [Exception { reason: "", ..ONE[0] }];
        let covered = Finding::new("src/a.rs", 1, "a.rs", "is long");
        assert_eq!(
            judge(Rule::Size, &unreasoned, vec![covered]),
            ["  src/a.rs: the exception for `a.rs` gives no reason"]
        );
    }
}
