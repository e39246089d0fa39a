//! Mail by the program itself: what an operator reads, what is sent, and what the log never holds.

use harness::MailServer;

use super::*;

const REGISTER: &str =
    "mutation($input: RegisterInput!) { register(input: $input) { accessToken userErrors { code } } }";
const ASK: &str = "mutation { requestPasswordReset(input: { email: \"ines@people.test\" }) {
    requested userErrors { code } } }";

fn code(text: &str) -> String {
    let words = text.split_whitespace().flat_map(|word| word.split('#'));
    words.into_iter().find(|word| word.starts_with("stoa_pr_")).unwrap_or_else(|| panic!("no code: {text}")).to_owned()
}

fn register(service: &Service) {
    let input = json!({ "username": "ines", "email": "ines@people.test", "password": "correct horse" });
    service.run(None, REGISTER, json!({ "input": input }));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_the_operator_reads_the_mail() {
    let (place, world) = (Place::new("outbox"), World::empty().await);
    let mut command = place.command(&["serve", "--registration", "open"]);
    use_database(&mut command, &world).env("STOA_RESET_URL", "https://chat.example.org/reset#{token}");
    let service = Service::start(&place, command);
    register(&service);
    assert_eq!(service.run(None, ASK, json!({}))["requestPasswordReset"]["requested"], true);
    let list = || place.run_on(&world, &["mail", "list"]).ok();
    wait_until("it is known whose address it is", || list().contains("waiting"));
    let listed = list();
    let (id, rest) = listed.trim().split_once("  ").unwrap();
    assert!(rest.contains("password_reset_link") && rest.contains("ines@people.test"), "{listed}");
    let shown = place.run_on(&world, &["mail", "show", id]).ok();
    assert!(shown.contains("To: ines@people.test") && shown.contains("Subject: "), "{shown}");
    let token = code(&shown);
    let reset = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "token": token, "newPassword": "seven green herons" } });
    assert_eq!(service.run(None, reset, input)["resetPassword"]["userErrors"], json!([]));
    assert_eq!(world.number("select count(*) from audit_log where action = 'mail.show'").await, 1);
    let unknown = uuid::Uuid::nil().to_string();
    assert!(place.run_on(&world, &["mail", "show", &unknown]).refusal().contains("no such mail"));
    let log = fs::read_to_string(&service.log).unwrap();
    assert!(!log.contains(&token) && !log.contains("people.test"), "{log}");
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_sends_mail_by_itself_and_logs_no_word_of_it() {
    let (place, world, mut server) = (Place::new("mail"), World::empty().await, MailServer::start().await);
    let mut command = place.command(&["serve", "--registration", "open"]);
    use_database(&mut command, &world);
    command.env("STOA_SMTP_URL", format!("smtp://127.0.0.1:{}", server.port));
    let service = Service::start(&place, command);
    register(&service);
    service.run(None, ASK, json!({}));
    let mail = server.next().await;
    assert_eq!(mail["to"], json!(["ines@people.test"]));
    let token = code(mail["text"].as_str().unwrap());
    let sent = "select count(*) from mails where sent_at is not null";
    let written = async { while world.number(sent).await == 0 {} };
    tokio::time::timeout(PATIENCE, written).await.unwrap();
    let log = fs::read_to_string(&service.log).unwrap();
    assert!(!log.contains(&token) && !log.contains("people.test"), "{log}");
    service.stop();
}

#[test]
fn settings_of_mail_are_checked() {
    let place = Place::new("mail-settings");
    for (arguments, words) in [
        (&["--smtp-url", "hush://hush"][..], "STOA_SMTP_URL"),
        (&["--smtp-url", "smtp://a:hush@mail.example.org"], "in the clear"),
        (&["--smtp-url", "smtps://mail.example.org", "--smtp-ca-file", "nowhere.pem"], "nowhere.pem"),
        (&["--reset-url", "https://chat.example.org/"], "STOA_RESET_URL"),
        (&["--verify-url", "javascript:{token}"], "STOA_VERIFY_URL"),
        (&["--invitations-url", "javascript:hush"], "STOA_INVITATIONS_URL"),
        (&["--mail-from", "nobody"], "STOA_MAIL_FROM"),
    ] {
        let arguments: Vec<&str> = ["serve", "--listen", "127.0.0.1:0"].iter().chain(arguments).copied().collect();
        let said = place.run(&arguments).refusal();
        assert!(said.contains(words) && !said.contains("hush"), "{arguments:?}: {said}");
    }
}
