//! Passwords that are known from breaches. The list is `api/assets/passwords/breached.txt`, sorted by bytes, in lower case;
//! it is Django's, whose licence lies beside it.

use std::sync::LazyLock;

static LIST: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("../../../assets/passwords/breached.txt").lines().collect());

/// Whether the password, as it is or in lower case, is on the list.
pub fn is_breached(password: &str) -> bool {
    let is_listed = |word: &str| LIST.binary_search(&word).is_ok();
    is_listed(password) || is_listed(&password.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_in_any_case_and_nothing_else_is() {
        assert!(LIST.len() > 19_000, "{}", LIST.len());
        assert!(LIST.is_sorted(), "looking up halves the list");
        for word in LIST.iter() {
            assert!(is_breached(word), "{word}");
            assert!(is_breached(&word.to_uppercase()), "{word}");
            assert!(!is_breached(&format!("{word} and a heron")), "{word}");
        }
        assert!(!is_breached("") && !is_breached("seven green herons"));
    }
}
