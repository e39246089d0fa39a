pub fn is_person(_username: &str) -> bool { false }
