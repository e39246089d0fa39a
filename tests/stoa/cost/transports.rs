//! What stays open pays from the same budget as everything else.

use harness::Socket;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn event_streams_pay_from_the_same_budget() {
    let world = world(20, 1).await;
    let ines = world.member("ines").await;
    let ask = async |query: &str| {
        let request = Request::post("/graphql").header("accept", "text/event-stream");
        let answer = ines.send(request.body(Body::from(json!({ "query": query }).to_string())).unwrap()).await;
        String::from_utf8(answer.bytes).unwrap()
    };
    assert!(ask("{ viewer { id } }").await.contains("\"remaining\":19"));
    for _ in 0..19 {
        ines.run("{ viewer { id } }", json!({})).await.data();
    }
    let query = ask("{ viewer { id } }").await;
    let id = format!("conv_{}", "0".repeat(26));
    let events = ask(&format!("subscription {{ conversationEvents(conversationId: \"{id}\") {{ cursor }} }}")).await;
    for text in [query, events] {
        assert!(text.contains("\"COST_EXCEEDED\"") && text.contains("\"retryAfter\":1"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_pay_from_the_same_budget() {
    let world = world(20, 1).await;
    let here = world.listen().await;
    let ines = world.member("ines").await;
    let mut socket = Socket::open(here.address, ines.token.as_deref()).await;
    let mut ask = async |query: &str| {
        socket.subscribe("1", query, json!({})).await;
        let message = socket.hear().await.message();
        if message["type"] == "next" {
            assert_eq!(socket.hear().await.message()["type"], "complete");
        }
        message
    };
    let answer = ask("{ viewer { id } }").await;
    let told = json!({ "requested": 1, "actual": 1, "remaining": 19, "restoreRate": 1, "capacity": 20 });
    assert_eq!(answer["payload"]["extensions"]["cost"], told, "{answer:#}");
    // What is spent here is spent everywhere, and the other way round.
    assert_eq!(cost(&ines.run("{ viewer { id } }", json!({})).await), (1, 1, 18));
    for left in (0..18).rev() {
        assert_eq!(ask("{ viewer { id } }").await["payload"]["extensions"]["cost"]["remaining"], left);
    }
    let id = format!("conv_{}", "0".repeat(26));
    let events = format!("subscription {{ conversationEvents(conversationId: \"{id}\") {{ cursor }} }}");
    for query in ["{ viewer { id } }", events.as_str()] {
        let refused = ask(query).await;
        assert_eq!(refused["type"], "error", "{refused:#}");
        let extensions = &refused["payload"][0]["extensions"];
        assert_eq!((&extensions["code"], &extensions["retryAfter"]), (&json!("COST_EXCEEDED"), &json!(1)));
    }
    wait_of(&ines.run("{ viewer { id } }", json!({})).await);
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(ask("{ viewer { id } }").await["type"], "next", "waiting as long as told is enough");
}
