//! The rows of the mutations.

pub mod advisors;
mod conversations;
mod credentials;
mod people;
mod roles;
pub mod teams;
pub mod tools;
mod ways_in;

use uuid::Uuid;

use super::cases::Case;

/// The id of what is made for a cell.
const THING: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

pub fn changes() -> Vec<Case> {
    let all = [
        conversations::conversations(),
        roles::roles(),
        teams::teams(),
        tools::tools(),
        advisors::advisors(),
        people::people(),
        ways_in::ways_in(),
        credentials::credentials(),
    ];
    all.into_iter().flatten().collect()
}
