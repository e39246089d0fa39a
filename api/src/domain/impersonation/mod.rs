//! Working as somebody else for a while, to see what they see.
//!
//! - It is a session of the other person's, with who works in it: short, without a refresh token, never extended.
//! - Open to whoever holds `users:act_as` and has shown their second factor, in a session of their own, as somebody who may
//!   do no more than they.
//! - What may be done in it is what both may, and only reading of that unless it was begun for more. Nothing that concerns
//!   the account itself is open to it: `Principal::in_session` refuses it, and what is private to the owner stays so.
//! - It is looked up anew with every request. It ends with its time, by either of the two, when the one who works loses the
//!   permission, and when either account is shut.
//! - The owner is told at the beginning and sees it among their sessions. Every audit row of it names both.

pub mod mutation;
pub(crate) mod policy;
