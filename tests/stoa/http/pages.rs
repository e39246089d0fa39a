//! The pages and their files.

use super::*;

fn between<'t>(text: &'t str, begin: &str, end: &str) -> Option<&'t str> {
    let rest = &text[text.find(begin)? + begin.len()..];
    rest.find(end).map(|at| &rest[..at])
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_is_here_and_trusts_nobody_else() {
    let world = World::empty().await;
    let mut nonces = Vec::new();
    let mut page = String::new();
    for _ in 0..2 {
        let answer = world.send(get("/graphiql")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&answer, "cache-control"), "no-store", "the page carries a nonce");
        let policy = header(&answer, "content-security-policy").to_owned();
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.split("; ").any(|one| one == part), "{part} in {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
        let nonce = between(&policy, "'nonce-", "'").unwrap().to_owned();
        page = String::from_utf8(answer.bytes).unwrap();
        assert!(nonce.len() >= 22 && page.contains(&format!("nonce=\"{nonce}\"")));
        assert!(!page.contains("{{"), "nothing is left to fill in");
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
    assert!(!page.contains("ines"), "who lives in the demo is the demo's");
    // Whatever the page loads is here, by version.
    let links: Vec<&str> = ["src=\"", "href=\""]
        .iter()
        .flat_map(|mark| page.split(mark).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .filter(|link| !link.starts_with("data:") && *link != "/graphql")
        .collect();
    assert!(links.len() >= 2, "{links:?}");
    for link in links {
        let answer = world.send(get(link)).await;
        assert_eq!(answer.status, 200, "{link}");
        assert!(link.contains("?v="), "{link}");
        assert_eq!(header(&answer, "cache-control"), "public, max-age=31536000, immutable", "{link}");
        let version = link.split("?v=").nth(1).unwrap();
        assert!(header(&answer, "etag").contains(version), "{link} is not the version that is served");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_knows_the_demo() {
    let demo = World::demo().await;
    let page = String::from_utf8(demo.send(get("/graphiql")).await.bytes).unwrap();
    for person in stoa::demo::PEOPLE {
        assert!(page.contains(person.username) && page.contains(person.display_name), "{}", person.username);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_cached_by_content() {
    let world = World::empty().await;
    for (path, media) in [
        ("/graphiql/app.js", "text/javascript; charset=utf-8"),
        ("/graphiql/app.css", "text/css; charset=utf-8"),
        ("/graphiql/codicon.ttf", "font/ttf"),
        ("/graphiql/LICENSES.txt", "text/plain; charset=utf-8"),
        ("/landing.css", "text/css; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
    ] {
        let answer = world.send(get(path)).await;
        assert_eq!((answer.status.as_u16(), header(&answer, "content-type")), (200, media), "{path}");
        assert_eq!(header(&answer, "cache-control"), "no-cache", "{path}");
        assert!(!answer.bytes.is_empty() && answer.headers.contains_key("content-security-policy"), "{path}");
        let tag = header(&answer, "etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "{tag}");
        for (known, status) in [(tag.clone(), 304), (format!("\"x\", {tag}"), 304), ("\"x\"".to_owned(), 200)] {
            let mut request = get(path);
            request.headers_mut().insert("if-none-match", known.parse().unwrap());
            let again = world.send(request).await;
            assert_eq!(again.status.as_u16(), status, "{path} {known}");
            assert_eq!(header(&again, "etag"), tag);
            assert_eq!(again.bytes.is_empty(), status == 304, "{path} {known}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_landing_page_shows_the_way() {
    let world = World::empty().await;
    let page = String::from_utf8(world.send(get("/")).await.bytes).unwrap();
    for link in ["/graphiql", "/graphql", "/landing.css"] {
        assert!(page.contains(&format!("\"{link}")) || page.contains(link), "{link}");
    }
    assert!(!page.contains("src=\"http") && !page.contains("<script"), "nothing from elsewhere");
}
