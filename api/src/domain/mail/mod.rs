//! Mail to the owners of accounts: a queue, and who works it off.
//!
//! - A mail is a row, written in the transaction of what it speaks of: which text, for whom, from where it was asked. Its
//!   words and the token in it are made when it is sent, and kept nowhere.
//! - Each process sends what is due, one after the other. A mail is taken for some minutes and belongs to nobody else
//!   meanwhile; who takes it again later gives it the same Message-ID. Failures are tried again after growing pauses, for
//!   a day; what the other end refuses for good is dropped.
//! - Without a mail server nothing is sent, and `stoa mail` shows an operator what would be.
//! - Whoever asks for a mail to an address learns nothing of whether it is anybody's: that is looked up afterwards, here.
//! - It goes to the address as the account has it, never as somebody typed it, and says nothing that a stranger chose. But
//!   for invitations: those go to the address that was invited, whoever's it is, a few in a day, and say not even of whom.

pub mod compose;
pub mod post;
pub mod rows;
pub mod worker;
