//! Who sits at the machine, by the name that the environment gives.

use crate::base::AccountId;

/// Where systems keep it.
const NAMES: [&str; 3] = ["USER", "LOGNAME", "USERNAME"];

/// The name of the machine's user, if it can stand in an audit log.
pub fn user() -> Option<AccountId> {
    // What is no text is no name either.
    named(
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
}

fn named(variables: impl Iterator<Item = (String, String)>) -> Option<AccountId> {
    let variables: Vec<(String, String)> =
        variables.filter(|(name, _)| NAMES.contains(&name.as_str())).collect();
    let of = |name: &&str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    NAMES.iter().filter_map(of).find_map(|value| AccountId::parse(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_that_is_one_counts() {
        let of = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            named(pairs).map(|who| who.to_string())
        };
        assert_eq!(of(&[("LOGNAME", "eve"), ("USER", "ada")]), Some("ada".into()));
        assert_eq!(of(&[("USER", "ada lovelace"), ("LOGNAME", "ada")]), Some("ada".into()));
        assert_eq!(of(&[("HOME", "ada")]), None);
    }
}
