//! Ids of the demo world: the same at every load, so that documents can name them.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The UUIDv7 of the thing that `path` names (e.g. `message/garden/3`) and that was made at `at`.
pub fn id<T: From<Uuid>>(path: &str, at: DateTime<Utc>) -> T {
    let digest = Sha256::digest(path.as_bytes());
    let mut tail = [0; 10];
    tail.copy_from_slice(&digest[..10]);
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::world::FIRST_DAY;

    fn at(path: &str, millis: i64) -> Uuid {
        id(path, FIRST_DAY + chrono::TimeDelta::milliseconds(millis))
    }

    #[test]
    fn the_same_path_has_the_same_id_and_the_time_leads() {
        assert_eq!(at("message/garden/3", 0), at("message/garden/3", 0));
        assert_ne!(at("message/garden/3", 0), at("message/garden/4", 0));
        assert!(at("message/garden/3", 0) < at("message/garden/3", 1));
        assert!(at("message/garden/4", 0) < at("message/garden/3", 1));
        assert_eq!(at("message/garden/3", 0).get_version_num(), 7);
    }
}
