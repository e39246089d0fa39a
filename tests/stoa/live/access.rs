//! Who may hear, asked at the beginning and with every event.

use std::time::Duration;

use harness::{Heard, Person, Socket, World};
use serde_json::{Value, json};

use super::{EVENTS, append, beginning, conversation, event, follow, share};

/// Code and close of a subscription's end: an `error` frame, or how the socket was closed.
async fn end(socket: &mut Socket) -> String {
    match socket.hear().await {
        Heard::Closed(code) => code.to_string(),
        Heard::Message(message) => {
            assert_eq!(message["type"], "error", "{message:#}");
            let errors = message["payload"].as_array().unwrap();
            assert_eq!(errors.len(), 1, "{message:#}");
            assert!(errors[0]["extensions"]["requestId"].as_str().unwrap().starts_with("req_"), "{message:#}");
            errors[0]["extensions"]["code"].as_str().unwrap().to_owned()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_hears_what_they_hear_of_nothing() {
    let world = World::empty().await;
    let here = world.listen().await;
    let (owner, stranger) = (world.member("owner").await, world.member("stranger").await);
    let talk = conversation(&owner).await;
    append(&owner, &talk, "Orchid").await;
    let none = "conv_01h455vb4pex5vsknk084sn02q";
    let mut refusals = Vec::new();
    for id in [talk.as_str(), none] {
        let mut socket = Socket::open(here.address, stranger.token.as_deref()).await;
        socket.subscribe("1", EVENTS, json!({ "id": id, "after": beginning(id) })).await;
        let mut refusal = socket.hear().await.message();
        refusal["payload"][0]["extensions"].as_object_mut().unwrap().remove("requestId").unwrap();
        refusals.push(refusal);
    }
    assert_eq!(refusals[0], refusals[1]);
    assert_eq!(refusals[0]["payload"][0]["extensions"]["code"], "NOT_FOUND");

    let mut socket = Socket::open(here.address, None).await;
    follow(&mut socket, &talk).await;
    assert_eq!(end(&mut socket).await, "UNAUTHENTICATED");
    let mut socket = Socket::open(here.address, owner.token.as_deref()).await;
    let other = conversation(&owner).await;
    for (id, after) in
        [("x", Value::Null), (&talk, json!("x")), (&talk, json!(beginning(&other))), (none, json!(beginning(&talk)))]
    {
        socket.subscribe("1", EVENTS, json!({ "id": id, "after": after })).await;
        assert_eq!(end(&mut socket).await, "INVALID", "{id} {after}");
    }
}

/// Opens a conversation of `owner` to `guest`, who follows it and has heard the first message.
async fn guest_of(owner: &Person<'_>, guest: &Person<'_>, address: std::net::SocketAddr) -> (Socket, String, String) {
    let talk = conversation(owner).await;
    let share = share(owner, &talk, guest).await;
    append(owner, &talk, "welcome").await;
    let mut socket = Socket::open(address, guest.token.as_deref()).await;
    follow(&mut socket, &talk).await;
    event(&socket.hear().await.message());
    (socket, talk, share)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_ends_the_stream_at_once() {
    let one = World::empty().await;
    let other = one.another_process().await;
    let there = other.listen().await;
    let owner = one.member("owner").await;
    let admin = one.admin("admin").await;

    // A share.
    let guest = one.member("first").await;
    let (mut socket, _, share) = guest_of(&owner, &guest, there.address).await;
    let revoke = "mutation($id: ID!) { revokeShare(input: { shareId: $id }) { userErrors { code } } }";
    owner.run(revoke, json!({ "id": share })).await.field("revokeShare");
    assert_eq!(end(&mut socket).await, "NOT_FOUND");
    // The socket goes on.
    socket.subscribe("2", "{ viewer { username } }", json!({})).await;
    assert_eq!(socket.hear().await.message()["payload"]["data"]["viewer"]["username"], "first");

    // The permission, with the role.
    let guest = one.member("second").await;
    let (mut socket, ..) = guest_of(&owner, &guest, there.address).await;
    let roles = admin.run("{ roles { nodes { id name } } }", json!({})).await;
    let nodes = roles.data()["roles"]["nodes"].as_array().unwrap().clone();
    let role = nodes.iter().find(|role| role["name"] == "subscriber").unwrap()["id"].clone();
    let remove = "mutation($input: RemoveRoleInput!) { removeRole(input: $input) { userErrors { code message } } }";
    let input = json!({ "userId": guest.id, "roleId": role });
    admin.run(remove, json!({ "input": input })).await.field("removeRole");
    assert_eq!(end(&mut socket).await, "FORBIDDEN");

    // The session, by signing out elsewhere.
    let guest = one.member("third").await;
    let (mut socket, ..) = guest_of(&owner, &guest, there.address).await;
    guest.run("mutation { signOut(input: {}) { userErrors { code } } }", json!({})).await.field("signOut");
    assert_eq!(end(&mut socket).await, "4401");

    // The account, behind the service's back: at the next event.
    let guest = one.member("fourth").await;
    let (mut socket, talk, _) = guest_of(&owner, &guest, there.address).await;
    one.db_run("update users set state = 'suspended' where username = 'fourth'").await;
    append(&owner, &talk, "not for the suspended").await;
    assert_eq!(end(&mut socket).await, "4401");

    // The conversation, into the trash.
    let guest = one.member("fifth").await;
    let (mut socket, talk, _) = guest_of(&owner, &guest, there.address).await;
    let delete = "mutation($id: ID!) { deleteConversation(input: { conversationId: $id }) { userErrors { code } } }";
    owner.run(delete, json!({ "id": talk })).await.field("deleteConversation");
    assert_eq!(end(&mut socket).await, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_after_the_share_is_gone() {
    let world = World::empty().await;
    let here = world.listen().await;
    let (owner, guest) = (world.member("owner").await, world.member("guest").await);
    let (mut socket, talk, _) = guest_of(&owner, &guest, here.address).await;
    // Behind the service's back, so that no bell rings before the events do.
    world.db_run("delete from shares").await;
    for _ in 0..10 {
        append(&owner, &talk, "Orchid").await;
    }
    assert_eq!(end(&mut socket).await, "NOT_FOUND");
    assert_eq!(socket.hear_within(Duration::from_millis(200)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_ends_with_the_session() {
    let world = World::empty().await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    let mut stream = owner.follow(EVENTS, json!({ "id": talk, "after": beginning(&talk) })).await;
    append(&owner, &talk, "first").await;
    event(&stream.result().await);
    owner.run("mutation { signOut(input: {}) { userErrors { code } } }", json!({})).await.field("signOut");
    let result = stream.result().await;
    assert_eq!(result["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{result:#}");
    assert_eq!(stream.next().await.unwrap().0, "complete");
    assert_eq!(stream.next().await, None);
}
